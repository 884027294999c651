// Answers: the text of the values of binary JSON that fill eight bytes: integers, doubles and core times (CODEC §5).
// It must not print a digit that jsonDoubleText or a bigint would print otherwise: it only gets there sooner.

import type { ByteSink } from './byte-sink.ts';
import { jsonDoubleText } from './float-text.ts';
import { rowDamaged } from './row-damage.ts';

const word = 0x1_0000_0000;
const shortFraction = 2 ** 31;
const longestFraction = 6;
const doubleView = new DataView(new ArrayBuffer(8));

/** The i64 of two little-endian words. What a double holds exactly goes without a bigint. */
export function appendI64(lo: number, hi: number, sink: ByteSink): void {
  if (hi === lo >> 31) {
    sink.integer32(lo);
    return;
  }
  // -2^53 itself is left to the bigint: integer() takes safe integers only.
  if (hi >= -0x200000 && hi < 0x200000 && (hi !== -0x200000 || lo !== 0))
    sink.integer(hi * word + (lo >>> 0));
  else sink.ascii(String((BigInt(hi) << 32n) | BigInt(lo >>> 0)));
}

/** The u64 of two little-endian words, each taken as i32. */
export function appendU64(lo: number, hi: number, sink: ByteSink): void {
  if (hi >= 0 && hi < 0x200000) sink.integer(hi * word + (lo >>> 0));
  else sink.ascii(String((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)));
}

/** The double whose bits are in two little-endian words. Errors: ROW_DAMAGED for infinity and NaN, which no JSON has. */
export function appendDouble(lo: number, hi: number, sink: ByteSink): void {
  doubleView.setInt32(0, lo, true);
  doubleView.setInt32(4, hi, true);
  const value = doubleView.getFloat64(0, true);
  if (!Number.isFinite(value)) throw rowDamaged('JSON number', 'a finite double', String(value));
  if (!appendShortDouble(value, hi < 0, sink)) sink.ascii(jsonDoubleText(value));
}

/**
 * Prints a double that is a fraction of few digits, and says whether it was one. When digits / power is the double,
 * these digits are the shortest: two decimals of at most 15 digits are never the same double.
 */
function appendShortDouble(value: number, isNegative: boolean, sink: ByteSink): boolean {
  const size = Math.abs(value);
  let power = 10;
  for (let places = 1; places <= longestFraction; places++, power *= 10) {
    const digits = Math.round(size * power);
    if (digits >= shortFraction) return false;
    if (digits / power !== size) continue;
    const fraction = digits % power;
    if (isNegative) sink.byte(0x2d);
    sink.integer((digits - fraction) / power);
    sink.byte(0x2e);
    sink.integer(fraction, places);
    return true;
  }
  return false;
}

/** A core time (its bits differ from a row's packed time), quoted: the date alone or with a clock of six digits. */
export function appendCoreTime(lo: number, hi: number, dateOnly: boolean, sink: ByteSink): void {
  sink.byte(0x22);
  sink.integer32(hi >>> 18, 4);
  sink.byte(0x2d);
  sink.integer32((hi >>> 14) & 15, 2);
  sink.byte(0x2d);
  sink.integer32((hi >>> 9) & 31, 2);
  if (!dateOnly) {
    sink.byte(0x20);
    sink.integer32((hi >>> 4) & 31, 2);
    sink.byte(0x3a);
    sink.integer32(((hi & 15) << 2) | (lo >>> 30), 2);
    sink.byte(0x3a);
    sink.integer32((lo >>> 24) & 63, 2);
    sink.byte(0x2e);
    sink.integer32((lo >>> 4) & 0xfffff, 6);
  }
  sink.byte(0x22);
}
