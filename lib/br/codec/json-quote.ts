// Answers: UTF-8 bytes as a quoted JSON string with the escapes TiDB uses (CODEC §5).
// It must not be used for text columns: a byte that is not UTF-8 is lost here, as TiDB loses it.

import type { ByteSink } from './byte-sink.ts';
import { hexByte } from './row-damage.ts';
import { utf8CharLength } from './utf8-text.ts';

const quote = 0x22;
const backslash = 0x5c;
const badByte = '\\ufffd';
const shortEscapes: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  [quote]: '\\"',
  [backslash]: '\\\\',
};

/** Per ASCII byte what is printed for it, undefined for itself. */
const escapes: readonly (string | undefined)[] = Array.from({ length: 0x80 }, (_, byte) =>
  byte < 0x20 ? (shortEscapes[byte] ?? `\\u00${hexByte(byte)}`) : shortEscapes[byte],
);

/** 1 for the bytes that are printed as they are whatever stands around them. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < 0x80 && escapes[byte] === undefined),
);

/** src[start, end) as a JSON string the way TiDB escapes it (CODEC §5); a byte that is not UTF-8 becomes `\ufffd`. */
export function appendQuoted(src: Uint8Array, start: number, end: number, sink: ByteSink): void {
  sink.reserve(end - start + 2);
  const { bytes } = sink;
  let to = sink.length;
  bytes[to++] = quote;
  let at = start;
  for (; at < end; at++) {
    const byte = src[at];
    if (isPlain[byte] === 0) break;
    bytes[to++] = byte;
  }
  sink.length = to;
  if (at < end) appendRuns(src, at, end, sink);
  sink.byte(quote);
}

/** The same from the first byte on that is not plain, without quotes: runs between escapes are copied at once. */
function appendRuns(src: Uint8Array, start: number, end: number, sink: ByteSink): void {
  let from = start;
  let at = start;
  while (at < end) {
    const byte = src[at];
    if (isPlain[byte] === 1) {
      at++;
      continue;
    }
    const length = byte < 0x80 ? 1 : utf8CharLength(src, at, end);
    const escaped = byte < 0x80 ? escapes[byte] : length === 0 ? badByte : separatorEscape(src, at, length);
    if (escaped !== undefined) {
      sink.copy(src, from, at);
      sink.ascii(escaped);
      from = at + Math.max(1, length);
    }
    at += Math.max(1, length);
  }
  sink.copy(src, from, at);
}

/** U+2028 and U+2029 end a line in JavaScript; they are the only characters beyond ASCII that are escaped. */
function separatorEscape(src: Uint8Array, at: number, length: number): string | undefined {
  if (length !== 3 || src[at] !== 0xe2 || src[at + 1] !== 0x80) return undefined;
  return src[at + 2] === 0xa8 ? '\\u2028' : src[at + 2] === 0xa9 ? '\\u2029' : undefined;
}
