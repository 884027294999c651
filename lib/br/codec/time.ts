// Answers: packed dates and times and durations as text, as microseconds, and back (CODEC §3.3, §11). No zone enters:
// a TIMESTAMP is stored in UTC and shown in UTC. It must not repair dates: what MySQL allows (2020-00-00) is kept.

import { rowDamaged } from './row-damage.ts';

const nanosPerSecond = 1_000_000_000;
/** 838:59:59.999999 in nanoseconds, the largest TIME; below 2^53, so plain numbers are exact. */
const maxDurationNanos = (838 * 3600 + 59 * 60 + 59) * nanosPerSecond + 999_999_000;
const maxYear = 9999;

const yearOf = (hi: number): number => Math.floor((hi >>> 14) / 13);
const monthOf = (hi: number): number => (hi >>> 14) % 13;
const dayOf = (hi: number): number => (hi >>> 9) & 31;
const hourOf = (hi: number): number => (hi >>> 4) & 31;
const minuteOf = (lo: number, hi: number): number => ((hi & 15) << 2) | (lo >>> 30);
const secondOf = (lo: number): number => (lo >>> 24) & 63;
const microOf = (lo: number): number => lo & 0xffffff;

/** Whether the two halves of a packed time are one that TiDB writes: year ≤ 9999, 24:60:60 and a million not reached. */
export function isPackedTime(lo: number, hi: number): boolean {
  return (
    yearOf(hi) <= maxYear &&
    hourOf(hi) < 24 &&
    minuteOf(lo, hi) < 60 &&
    secondOf(lo) < 60 &&
    microOf(lo) < 1_000_000
  );
}

/** Whether the two halves of an i64 of nanoseconds are in the range of TIME. */
export function isDuration(lo: number, hi: number): boolean {
  return Math.abs((hi | 0) * 0x1_0000_0000 + (lo >>> 0)) <= maxDurationNanos;
}

const pad2 = (n: number): string => (n < 10 ? `0${n}` : String(n));
const pad4 = (n: number): string => (n < 1000 ? String(n).padStart(4, '0') : String(n));

/** `.` and the first `fsp` of six digits; nothing for fsp 0. */
function fractionText(micros: number, fsp: number): string {
  if (fsp <= 0) return '';
  const digits = String(micros).padStart(6, '0');
  return `.${fsp < 6 ? digits.slice(0, fsp) : digits}`;
}

/** `YYYY-MM-DD`. */
export function packedDateText(hi: number): string {
  return `${pad4(yearOf(hi))}-${pad2(monthOf(hi))}-${pad2(dayOf(hi))}`;
}

/** `YYYY-MM-DD hh:mm:ss[.f]` with `fsp` digits. */
export function packedTimeText(lo: number, hi: number, fsp: number): string {
  const clock = `${pad2(hourOf(hi))}:${pad2(minuteOf(lo, hi))}:${pad2(secondOf(lo))}`;
  return `${packedDateText(hi)} ${clock}${fractionText(microOf(lo), fsp)}`;
}

/** `[-]hh:mm:ss[.f]` of an i64 of nanoseconds in two halves; hours have at least two digits. */
export function durationText(lo: number, hi: number, fsp: number): string {
  const nanos = (hi | 0) * 0x1_0000_0000 + (lo >>> 0);
  const size = Math.abs(nanos);
  const seconds = Math.floor(size / nanosPerSecond);
  const micros = Math.floor((size % nanosPerSecond) / 1000);
  const clock = `${pad2(Math.floor(seconds / 3600))}:${pad2(Math.floor(seconds / 60) % 60)}:${pad2(seconds % 60)}`;
  return `${nanos < 0 ? '-' : ''}${clock}${fractionText(micros, fsp)}`;
}

/** Days since 1970-01-01, or undefined when it is no day of a calendar (0000-00-00, 2020-02-31, any day of year 0). */
export function packedUnixDays(hi: number): number | undefined {
  const year = yearOf(hi);
  const month = monthOf(hi);
  const day = dayOf(hi);
  if (year === 0 || month === 0 || day === 0 || day > daysInMonth(year, month)) return undefined;
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Writes the microseconds since 1970-01-01 00:00:00 as an i64, low word first, to out[at] and out[at + 1]; false, and
 * nothing written, for what packedUnixDays refuses. Without BigInt: every row with a time can pass here.
 */
export function writeUnixMicros(lo: number, hi: number, out: Int32Array, at: number): boolean {
  const days = packedUnixDays(hi);
  if (days === undefined) return false;
  const seconds = days * 86_400 + hourOf(hi) * 3600 + minuteOf(lo, hi) * 60 + secondOf(lo);
  // 1,000,000 = 15,625 × 64: the first product is exact in a double, the second is a shift across the words.
  const part = seconds * 15_625;
  const high = Math.floor(part / 2 ** 26);
  const low = (part - high * 2 ** 26) * 64 + microOf(lo);
  out[at] = low;
  out[at + 1] = high + Math.floor(low / 2 ** 32);
  return true;
}

/**
 * The packed u64 of `YYYY-MM-DD` or `YYYY-MM-DD hh:mm:ss[.f]` (CODEC §3.3). More than six digits of fraction are cut.
 * Errors: ROW_DAMAGED for any other text.
 */
export function packTime(text: string): bigint {
  const parts = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d*))?)?$/.exec(
    text.trim(),
  );
  const fields = (parts ?? []).slice(1, 7).map((part) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  if (parts === null || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59) {
    throw rowDamaged('text of a time', 'YYYY-MM-DD hh:mm:ss', JSON.stringify(text.slice(0, 40)));
  }
  const micro = Number((parts[7] ?? '').slice(0, 6).padEnd(6, '0'));
  const date = (BigInt(year * 13 + month) << 5n) | BigInt(day);
  const clock = (BigInt(hour) << 12n) | BigInt(minute << 6) | BigInt(second);
  return (((date << 17n) | clock) << 24n) | BigInt(micro);
}

/** Nanoseconds of `[-]hh:mm:ss[.f]`. Errors: ROW_DAMAGED for any other text or a TIME out of range. */
export function durationNanos(text: string): bigint {
  const parts = /^(-?)(\d{1,3}):(\d{1,2}):(\d{1,2})(?:\.(\d*))?$/.exec(text.trim());
  const [hours = 0, minutes = 0, seconds = 0] = (parts ?? []).slice(2, 5).map(Number);
  if (parts === null || hours > 838 || minutes > 59 || seconds > 59) {
    throw rowDamaged('text of a TIME', 'hh:mm:ss up to 838:59:59', JSON.stringify(text.slice(0, 40)));
  }
  const micros = Number((parts[5] ?? '').slice(0, 6).padEnd(6, '0'));
  const nanos = BigInt(hours * 3600 + minutes * 60 + seconds) * 1_000_000_000n + BigInt(micros) * 1000n;
  return parts[1] === '-' ? -nanos : nanos;
}
