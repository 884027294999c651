// What a key of an object store may look like, and the order keys are listed in. The rules are the same for every
// adapter, so that a backup that can be read from S3 can be read from a copy of it in a folder. Must not touch storage.

import { PitrError } from '../domain/errors.ts';

/** S3's limit, bytes of UTF-8. */
const longestKeyBytes = 1024;

/**
 * Throws unless the key is relative, not empty, with no empty, `.` or `..` part, no NUL and no backslash. Keys come out of
 * metadata, which is a stranger's bytes: one that points out of the backup is OBJECT_UNRECOGNIZED, never followed.
 */
export function checkKey(key: string): void {
  if (key.length === 0 || key.endsWith('/')) throw badKey(key, 'a name at its end');
  checkPrefix(key);
}

/** As checkKey, for the beginning of a key: may be empty and may end with `/` or in the middle of a name. */
export function checkPrefix(prefix: string): void {
  if (/[\0\\]/.test(prefix)) throw badKey(prefix, 'no NUL and no backslash');
  if (prefix.length * 3 > longestKeyBytes && new TextEncoder().encode(prefix).length > longestKeyBytes) {
    throw badKey(`${prefix.slice(0, 64)}…`, `at most ${longestKeyBytes} bytes`);
  }
  if (!/(^|\/)(\.{0,2})(\/|$)/.test(prefix)) return;
  const parts = prefix.split('/');
  const last = parts.length - 1;
  parts.forEach((part, index) => {
    const empty = part === '' && index !== last;
    if (empty || part === '.' || part === '..') throw badKey(prefix, 'parts that are not empty, "." or ".."');
  });
}

function badKey(key: string, expected: string): PitrError {
  return new PitrError(
    'OBJECT_UNRECOGNIZED',
    `object key ${JSON.stringify(key)} is refused: expected ${expected}`,
    {
      hint: 'a key is relative to the storage URL; when metadata of a backup names this key, the metadata is damaged',
      details: { key, expected },
    },
  );
}

/**
 * Order of keys as S3 lists them: by the bytes of their UTF-8. Differs from JavaScript's own order only where one of the
 * first differing code units is half of a surrogate pair.
 */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return orderOfUnit(left) - orderOfUnit(right);
  }
  return a.length - b.length;
}

/** Code points above U+FFFF are written as surrogates (0xD800…), but in UTF-8 they come after U+E000…U+FFFF. */
function orderOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
