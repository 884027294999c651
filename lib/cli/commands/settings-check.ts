// `pitr settings check`: every mistake in a settings file, each at its place, or what the file comes to with all defaults.
// Reads that one file and nothing else: no cluster, no bucket, no AWS.

import { checkSettings, type SettingsCheck } from '../../config/settings.ts';
import { PitrError } from '../../domain/errors.ts';
import { type CommandContext, printReport } from '../command-context.ts';
import { settingsJson } from '../render/settings-json.ts';
import { settingsText } from '../render/settings-text.ts';

/** The file, when none is named. */
const usualFile = 'pitr.yaml';

/** Gives the exit code: 2 when the file has errors, 0 also with warnings. Errors: INVALID_INPUT without the file, LOCAL_IO. */
export async function run(context: CommandContext): Promise<number> {
  const file = context.words[0] ?? usualFile;
  const check = checkSettings(await readText(context, file));
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

async function readText(context: CommandContext, file: string): Promise<string> {
  const bytes = await context.host.readFile(file);
  if (bytes === undefined) {
    const hint =
      file === usualFile
        ? 'copy pitr.example.yaml to pitr.yaml, or name the file: pitr settings check FILE'
        : 'check the path';
    throw new PitrError('INVALID_INPUT', `${file} is not there, expected a settings file`, { hint });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new PitrError('INVALID_INPUT', `${file} is not UTF-8, expected a text in YAML`, {
      hint: 'is this the right file?',
    });
  }
}
