// The document `pitr.settings/v1`. Field by field in docs/formats/json.md.

import { settingsDocument } from '../../config/settings-document.ts';
import type { SettingsView } from '../commands/settings-check.ts';
import { type JsonValue, toJsonValue } from './json.ts';

export function settingsJson(view: SettingsView): { readonly [key: string]: JsonValue } {
  return {
    file: view.file,
    valid: view.settings !== undefined,
    problems: view.problems.map(({ severity, path, line, column, message, hint }) => ({
      severity,
      path,
      line,
      column,
      message,
      hint: hint ?? null,
    })),
    settings: view.settings === undefined ? null : toJsonValue(settingsDocument(view.settings)),
  };
}
