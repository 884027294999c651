// Where the stack's settings come from: a file, or what would stand in it. Every mistake is told with its place, as
// `pitr settings check` does. Must not know AWS.

import { readFileSync } from 'node:fs';
import { checkSettings, parseSettings } from '../config/settings.ts';
import type { SettingsProblem } from '../config/settings-problem.ts';
import type { Settings } from '../config/settings-types.ts';
import { PitrError } from '../domain/errors.ts';

/** The content of `pitr.yaml` as an object: docs/settings.md has its fields. */
export interface SettingsDocument {
  readonly version: 1;
  readonly clusters: readonly Readonly<Record<string, unknown>>[];
}

export type SettingsProps =
  /** Path of `pitr.yaml`, from the working folder. */
  | { readonly settingsFile: string; readonly settings?: undefined }
  | { readonly settings: SettingsDocument; readonly settingsFile?: undefined };

export interface ReadSettings {
  readonly settings: Settings;
  readonly warnings: readonly SettingsProblem[];
}

/** Errors: INVALID_INPUT when there is no such file, and with the first mistake of what stands in it. */
export function readSettings(props: SettingsProps): ReadSettings {
  const name = props.settingsFile ?? 'settings';
  const text = props.settings === undefined ? textOf(props.settingsFile) : JSON.stringify(props.settings);
  const settings = parseSettings(text, name);
  const { problems } = checkSettings(text);
  return { settings, warnings: problems.filter(({ severity }) => severity === 'warning') };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PitrError('INVALID_INPUT', `${file} cannot be read, expected the settings of your clusters`, {
      hint: 'copy pitr.example.yaml to pitr.yaml and change what differs, or name another file: cdk deploy -c settings=FILE',
      cause,
    });
  }
}
