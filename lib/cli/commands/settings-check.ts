// `pitr settings check`: every mistake in a settings file, each at its place, or what the file comes to with all defaults.
// Reads that one file and nothing else: no cluster, no bucket, no AWS.

import { checkSettings, type SettingsCheck } from '../../config/settings.ts';
import { type CommandContext, printReport } from '../command-context.ts';
import { settingsJson } from '../render/settings-json.ts';
import { settingsText } from '../render/settings-text.ts';
import { readSettingsText, usualSettingsFile } from '../settings-file.ts';

/** Gives the exit code: 2 when the file has errors, 0 also with warnings. Errors: INVALID_INPUT without the file, LOCAL_IO. */
export async function run(context: CommandContext): Promise<number> {
  const file = context.words[0] ?? usualSettingsFile;
  const hint =
    file === usualSettingsFile
      ? 'copy pitr.example.yaml to pitr.yaml, or name the file: pitr settings check FILE'
      : 'check the path';
  const check = checkSettings(await readSettingsText(context.host, file, hint));
  const view: SettingsView = { file, ...check };
  await printReport(
    context,
    'pitr.settings/v1',
    () => settingsJson(view),
    (page) => settingsText(view, page),
  );
  return check.settings === undefined ? 2 : 0;
}

/** What both forms of the report show. */
export interface SettingsView extends SettingsCheck {
  /** As the person named it. */
  readonly file: string;
}
