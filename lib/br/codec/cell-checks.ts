// Answers: whether the cell that was appended last holds a value that a server writes (CODEC §3.2, §3.3).
// It must not repair: a time of day of 24 hours, or a BIT with too many bits, is an error.

import type { ColumnVector } from './row-batch.ts';
import { rowDamaged } from './row-damage.ts';
import { isDuration, isPackedTime } from './time.ts';

export function checkTime(into: ColumnVector): void {
  const at = 2 * (into.length - 1);
  const lo = into.words[at] as number;
  const hi = into.words[at + 1] as number;
  if (!isPackedTime(lo, hi)) {
    throw rowDamaged('packed time', 'a year up to 9999 and a time of day', wordsHex(lo, hi));
  }
}

export function checkDuration(into: ColumnVector): void {
  const at = 2 * (into.length - 1);
  const lo = into.words[at] as number;
  const hi = into.words[at + 1] as number;
  if (!isDuration(lo, hi)) throw rowDamaged('TIME', 'at most 838:59:59 in nanoseconds', wordsHex(lo, hi));
}

/** A BIT number with more bits than its column would lose some when it is shown. */
export function checkBits(bits: number, into: ColumnVector): void {
  if (bits >= 64) return;
  const at = 2 * (into.length - 1);
  const lo = into.words[at] as number;
  const hi = into.words[at + 1] as number;
  const tooLarge = bits >= 32 ? hi >>> (bits - 32) !== 0 : hi !== 0 || lo >>> bits !== 0;
  if (tooLarge) throw rowDamaged('BIT number', `at most ${bits} bits`, wordsHex(lo, hi));
}

function wordsHex(lo: number, hi: number): string {
  return `0x${(hi >>> 0).toString(16).padStart(8, '0')}${(lo >>> 0).toString(16).padStart(8, '0')}`;
}

export function checkVector(src: Uint8Array, start: number, end: number): void {
  const count = end - start < 4 ? -1 : littleWord(src, start) >>> 0;
  if (count < 0 || 4 + 4 * count !== end - start)
    throw rowDamaged('vector', `${4 + 4 * Math.max(0, count)} bytes`, String(end - start));
}

/** Little-endian u32 or i32, without bounds check. */
export function littleWord(src: Uint8Array, at: number): number {
  return (
    (src[at] as number) |
    ((src[at + 1] as number) << 8) |
    ((src[at + 2] as number) << 16) |
    ((src[at + 3] as number) << 24)
  );
}
