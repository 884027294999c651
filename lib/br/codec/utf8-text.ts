// Answers: bytes of a text column as a string that loses nothing, also when they are not valid UTF-8 (CODEC §10).
// It must not replace or drop a byte.

import { hexByte } from './row-damage.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const shortText = 16;

/** Length (1 to 4) of the UTF-8 character that begins at `at`, or 0 when the bytes there are not UTF-8. */
export function utf8CharLength(src: Uint8Array, at: number, end: number): number {
  const first = src[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  const second = src[at + 1] as number;
  if (second < 0x80 || second > 0xbf) return 0;
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  for (let i = 2; i < length; i++) {
    const byte = src[at + i] as number;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}

/**
 * src[start, end) as text. Valid UTF-8 comes back as it is. In anything else, which latin1 columns and old versions may
 * hold, each byte that is not part of a character becomes the four characters `\xNN` (lower-case hex), so that the
 * bytes can be found again by a person; a backslash of the text itself is left alone.
 */
export function utf8Text(src: Uint8Array, start: number, end: number): string {
  if (end - start <= shortText) {
    let text = '';
    let at = start;
    while (at < end && (src[at] as number) < 0x80) text += String.fromCharCode(src[at++] as number);
    if (at === end) return text;
  }
  try {
    return strict.decode(src.subarray(start, end));
  } catch {
    return escapedText(src, start, end);
  }
}

/** Whether every byte of src[start, end) belongs to a UTF-8 character. */
export function isUtf8(src: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const length = utf8CharLength(src, at, end);
    if (length === 0) return false;
    at += length;
  }
  return true;
}

function escapedText(src: Uint8Array, start: number, end: number): string {
  let text = '';
  let from = start;
  let at = start;
  while (at < end) {
    const length = utf8CharLength(src, at, end);
    if (length > 0) {
      at += length;
      continue;
    }
    text += `${strict.decode(src.subarray(from, at))}\\x${hexByte(src[at] as number)}`;
    at++;
    from = at;
  }
  return text + strict.decode(src.subarray(from, at));
}

const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => hexByte(byte));

/** src[start, end) as lower-case hex text without prefix. */
export function hexText(src: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += hexPairs[src[at] as number] as string;
  return text;
}
