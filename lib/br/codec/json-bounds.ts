// Answers: whether the bytes that a value of binary JSON asks for are there, and where a sized one ends (CODEC §5).
// It must not look at what the bytes mean.

import { rowDamaged } from './row-damage.ts';

/** Refuses, with ROW_DAMAGED, `count` bytes at `at` that go beyond `end`. */
export function need(at: number, count: number, end: number): void {
  if (at + count > end) throw tooShort(at, count, end);
}

function tooShort(at: number, count: number, end: number): Error {
  return rowDamaged(`JSON value at offset ${at}`, `${count} bytes`, `${Math.max(0, end - at)}`);
}

/** Checked once, so that no byte is looked for beyond the buffer afterwards: everything else stays below `end`. */
export function needBuffer(src: Uint8Array, end: number): void {
  if (end > src.length) throw rowDamaged('JSON value', `an end at ${end}`, `a buffer of ${src.length} bytes`);
}

/** Offset after the uvarint length at `at`. */
export function lengthEnd(src: Uint8Array, at: number, end: number): number {
  for (let i = 0; i < 5; i++) {
    need(at + i, 1, end);
    if (src[at + i] < 0x80) return at + i + 1;
  }
  throw rowDamaged('length of a JSON string', 'at most 5 bytes', 'more');
}

/** Offset after the bytes from `from` on whose uvarint length is src[at, from). */
export function sizedEnd(src: Uint8Array, at: number, from: number, end: number): number {
  let length = 0;
  for (let i = from - 1; i >= at; i--) length = length * 0x80 + (src[i] & 0x7f);
  need(from, length, end);
  return from + length;
}

/** The u16 at `at`. */
export function littleHalf(src: Uint8Array, at: number): number {
  return src[at] | (src[at + 1] << 8);
}
