// A settings file as text, or the sentence that says why there is none. Must not read what stands in it
// (lib/config/settings.ts does).

import { PitrError } from '../domain/errors.ts';
import type { CliHost } from './host.ts';

/** The file, when none is named. */
export const usualSettingsFile = 'pitr.yaml';

/** hint: what to do when it is not there. Errors: INVALID_INPUT without the file or for bytes that are no text, LOCAL_IO. */
export async function readSettingsText(host: CliHost, file: string, hint: string): Promise<string> {
  const bytes = await host.readFile(file);
  if (bytes === undefined) {
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
