// The keys that people give for `--crypter.*` and `--log.crypter.*` backups, and AES-CTR at any offset (FACTS §3.1,
// §4.1). It never says by itself that a key is right: CTR has no check, so callers compare sha256 or parse and ask
// here for the error that names the object and the option.
import { createDecipheriv } from 'node:crypto';
import { PitrError } from '../domain/errors.ts';

export type CipherMethod = 'aes128-ctr' | 'aes192-ctr' | 'aes256-ctr';

/** A data key with the method that its length says. */
export interface CipherKey {
  readonly method: CipherMethod;
  readonly key: Uint8Array;
}

/** Which of the two keys: the snapshots' or the log's; each has its own option. */
export type KeyUse = 'snapshot' | 'log';

/** The keys that were given, if any. */
export interface BackupKeys {
  readonly snapshot?: CipherKey | undefined;
  readonly log?: CipherKey | undefined;
}

const optionOf: Readonly<Record<KeyUse, string>> = { snapshot: '--key-file', log: '--log-key-file' };
const methodOfLength: Readonly<Record<number, CipherMethod>> = {
  16: 'aes128-ctr',
  24: 'aes192-ctr',
  32: 'aes256-ctr',
};
const blockBytes = 16;

/**
 * A key from a text or the bytes of a key file: hex of 16, 24 or 32 bytes (white space around it is fine), or a
 * file of exactly 16, 24 or 32 raw bytes. 32 bytes that are all hex digits are hex of 16 bytes, as br reads them.
 * Errors: INVALID_INPUT, which never shows the key itself.
 */
export function parseKey(input: string | Uint8Array): CipherKey {
  const text = typeof input === 'string' ? input : Buffer.from(input).toString('latin1');
  const hex = text.trim();
  if (/^[0-9a-fA-F]+$/.test(hex) && hex.length % 2 === 0) {
    const key = keyOf(Uint8Array.from(Buffer.from(hex, 'hex')));
    if (key !== undefined) return key;
  }
  const raw = typeof input === 'string' ? undefined : keyOf(Uint8Array.from(input));
  if (raw !== undefined) return raw;
  throw new PitrError(
    'INVALID_INPUT',
    `the key has ${text.length} characters, expected hex of 16, 24 or 32 bytes (32, 48 or 64 digits)`,
    { hint: 'give the key that was passed to br as --crypter.key or --log.crypter.key' },
  );
}

function keyOf(bytes: Uint8Array): CipherKey | undefined {
  const method = methodOfLength[bytes.length];
  return method === undefined ? undefined : { method, key: bytes };
}

/**
 * Decrypts bytes that stand at `offset` of the encrypted object. CTR is its own inverse: this encrypts as well.
 * `iv` is the counter block of offset 0, a 128-bit big-endian number (16 bytes). Errors: INTERNAL for another length.
 */
export function decryptAt(key: CipherKey, iv: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  if (iv.length !== blockBytes) throw new PitrError('INTERNAL', `an iv has ${iv.length} bytes, expected 16`);
  const skipped = offset % blockBytes;
  const algorithm = key.method.replace('aes', 'aes-');
  const cipher = createDecipheriv(algorithm, key.key, counterAt(iv, (offset - skipped) / blockBytes));
  if (skipped > 0) cipher.update(new Uint8Array(skipped));
  return cipher.update(bytes);
}

/** The counter block `blocks` blocks after `iv`, wrapping at 2^128 as the cipher itself does. */
function counterAt(iv: Uint8Array, blocks: number): Uint8Array {
  const counter = Uint8Array.from(iv);
  let carry = blocks;
  for (let at = blockBytes - 1; at >= 0 && carry > 0; at -= 1) {
    const sum = (counter[at] ?? 0) + (carry % 256);
    counter[at] = sum & 0xff;
    carry = Math.floor(carry / 256) + (sum >> 8);
  }
  return counter;
}

/** An encrypted object and no key: names the object and the option that gives one. */
export function missingKey(object: string, use: KeyUse): PitrError {
  return new PitrError('KEY_MISSING', `${object} is encrypted and no key was given`, {
    hint: `give the key with ${optionOf[use]}`,
    details: { object, option: optionOf[use] },
  });
}

/** A key that does not open the object: names the object, the option and how it was seen. */
export function wrongKey(object: string, use: KeyUse, found: string): PitrError {
  return new PitrError('KEY_WRONG', `the key does not open ${object}: ${found}`, {
    hint: `check the key given with ${optionOf[use]}; with the right key this error means that the object is damaged`,
    details: { object, option: optionOf[use], found },
  });
}
