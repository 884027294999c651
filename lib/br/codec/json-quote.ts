// Answers: UTF-8 bytes as a quoted JSON string with the escapes TiDB uses (CODEC §5).
// It must not be used for text columns: a byte that is not UTF-8 is lost here, as TiDB loses it.

import { utf8CharLength } from './utf8-text.ts';

const shortEscapes: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** src[start, end) as a JSON string the way TiDB escapes it (CODEC §5); a byte that is not UTF-8 becomes `\ufffd`. */
export function quotedText(src: Uint8Array, start: number, end: number): string {
  let text = '"';
  let from = start;
  let at = start;
  while (at < end) {
    const byte = src[at] as number;
    const length = byte < 0x80 ? 1 : utf8CharLength(src, at, end);
    const escaped = escapeAt(src, at, length);
    if (escaped !== undefined) {
      text += plainText(src, from, at) + escaped;
      from = at + Math.max(1, length);
    }
    at += Math.max(1, length);
  }
  return `${text}${plainText(src, from, at)}"`;
}

function plainText(src: Uint8Array, from: number, to: number): string {
  if (to - from > 16) return decoder.decode(src.subarray(from, to));
  let text = '';
  for (let at = from; at < to; at++) {
    const byte = src[at] as number;
    if (byte >= 0x80) return decoder.decode(src.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
}

function escapeAt(src: Uint8Array, at: number, length: number): string | undefined {
  const byte = src[at] as number;
  if (length === 0) return '\\ufffd';
  if (length === 1) {
    if (byte >= 0x20 && byte !== 34 && byte !== 92) return undefined;
    return shortEscapes[byte] ?? `\\u00${byte.toString(16).padStart(2, '0')}`;
  }
  const isSeparator = byte === 0xe2 && src[at + 1] === 0x80 && ((src[at + 2] as number) | 1) === 0xa9;
  return isSeparator ? `\\u202${(src[at + 2] as number) === 0xa8 ? 8 : 9}` : undefined;
}
