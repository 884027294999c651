// The keys of encrypted backups, from options or the environment: hexadecimal text or raw bytes, 16, 24 or 32 of
// them (AES-128, -192, -256). Must never put a key into a message, and never take one from the arguments.

import { PitrError } from '../domain/errors.ts';
import type { CliHost } from './host.ts';

export interface BackupKeys {
  /** Key of the snapshots, undefined when none was given. */
  readonly snapshot: Uint8Array | undefined;
  /** Key of the log backup; br lets it differ from the snapshots' key. */
  readonly log: Uint8Array | undefined;
}

export interface KeyOptions {
  readonly keyFile?: string;
  readonly logKeyFile?: string;
}

const expected = '16, 24 or 32 bytes, as hexadecimal text or raw';

/**
 * An option wins over the environment, a file named there (PITR_KEY_FILE, PITR_LOG_KEY_FILE) over hexadecimal text
 * (PITR_KEY, PITR_LOG_KEY). Where only the snapshots' key is given it is tried for the log, too: br's users mostly
 * have one.
 * Errors: INVALID_INPUT for what is no key, LOCAL_IO for a file that cannot be read.
 */
export async function readKeys(options: KeyOptions, host: CliHost): Promise<BackupKeys> {
  const snapshot = await readKey(host, 'PITR_KEY', '--key-file', options.keyFile);
  const log = await readKey(host, 'PITR_LOG_KEY', '--log-key-file', options.logKeyFile);
  return { snapshot, log: log ?? snapshot };
}

async function readKey(
  host: CliHost,
  variable: string,
  option: string,
  file: string | undefined,
): Promise<Uint8Array | undefined> {
  if (file !== undefined) return readKeyFile(host, option, file);
  const fileVariable = `${variable}_FILE`;
  const named = host.env[fileVariable];
  if (named !== undefined && named !== '') return readKeyFile(host, fileVariable, named);
  const text = host.env[variable];
  if (text === undefined || text === '') return undefined;
  const key = keyFromHex(text);
  if (key !== undefined) return key;
  throw new PitrError(
    'INVALID_INPUT',
    `${variable} holds ${text.trim().length} characters that are no key, expected 32, 48 or 64 hexadecimal digits`,
    {
      hint: 'put the key into a file and name it with --key-file, so that it is in no list of processes or history',
      details: { source: variable, expected },
    },
  );
}

async function readKeyFile(host: CliHost, source: string, path: string): Promise<Uint8Array> {
  const bytes = await host.readFile(path);
  if (bytes === undefined) {
    throw new PitrError(
      'INVALID_INPUT',
      `${source} names ${path}, which is not there, expected a file with a key`,
      {
        hint: 'check the path; the file holds the key as hexadecimal text, as br takes it',
        details: { source, path, expected },
      },
    );
  }
  // Text first: 32 hexadecimal digits are also 32 bytes, and br writes and reads keys as text.
  const key = bytes.length <= 256 ? keyFromHex(Buffer.from(bytes).toString('latin1')) : undefined;
  if (key !== undefined) return key;
  if (bytes.length === 16 || bytes.length === 24 || bytes.length === 32) return bytes;
  throw new PitrError(
    'INVALID_INPUT',
    `${path} holds ${bytes.length} bytes that are no key, expected ${expected}`,
    {
      hint: 'a key file holds nothing but the key: 32, 48 or 64 hexadecimal digits, a line break at the end is fine',
      details: { source, path, expected },
    },
  );
}

function keyFromHex(text: string): Uint8Array | undefined {
  const digits = text.trim();
  if (!/^[0-9a-fA-F]+$/.test(digits)) return undefined;
  return digits.length === 32 || digits.length === 48 || digits.length === 64
    ? new Uint8Array(Buffer.from(digits, 'hex'))
    : undefined;
}
