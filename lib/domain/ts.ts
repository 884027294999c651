// A TSO: the u64 by which TiDB orders commits. Upper 46 bits are Unix milliseconds, lower 18 a counter within
// the millisecond. Values in, values out: reads no clock, and knows nothing of what is restorable.

import { PitrError } from './errors.ts';

const LOGICAL_BITS = 18n;
const LOGICAL_MASK = (1n << LOGICAL_BITS) - 1n;

/** Largest u64, so also the largest TSO. */
export const MAX_TS = (1n << 64n) - 1n;
/** Largest physical part, Unix ms. */
export const MAX_TS_MS = MAX_TS >> LOGICAL_BITS;

/**
 * A TSO a person can mean: its clock lies in 2010–2099. A Unix time in seconds, milliseconds, microseconds or
 * nanoseconds of our century never falls into this range, so that it cannot be mistaken for one.
 */
export const PLAUSIBLE_TS = { from: tsFromMs(Date.UTC(2010, 0, 1)), before: tsFromMs(Date.UTC(2100, 0, 1)) };

/** Whether the value fits a u64. */
export function isTs(value: bigint): boolean {
  return value >= 0n && value <= MAX_TS;
}

/** Whether the value fits a u64 and its clock lies in {@link PLAUSIBLE_TS}. */
export function isPlausibleTs(value: bigint): boolean {
  return value >= PLAUSIBLE_TS.from && value < PLAUSIBLE_TS.before;
}

/**
 * The TSO of a Unix time in ms and a counter (0 … 2^18−1). Without a counter it is 0, as br converts a date-time
 * (FACTS §1.7). Throws INVALID_INPUT outside the range of a TSO, or for a fraction of a millisecond.
 */
export function tsFromMs(ms: number | bigint, logical: number | bigint = 0n): bigint {
  const physical = wholeNumber(ms, 'a time in milliseconds');
  const counter = wholeNumber(logical, 'the logical part of a TSO');
  if (physical < 0n || physical > MAX_TS_MS) {
    throw new PitrError(
      'INVALID_INPUT',
      `the time ${physical} ms does not fit a TSO, expected 0 to ${MAX_TS_MS}`,
    );
  }
  if (counter < 0n || counter > LOGICAL_MASK) {
    throw new PitrError(
      'INVALID_INPUT',
      `the logical part ${counter} does not fit a TSO, expected 0 to ${LOGICAL_MASK}`,
    );
  }
  return (physical << LOGICAL_BITS) | counter;
}

function wholeNumber(value: number | bigint, what: string): bigint {
  if (typeof value === 'bigint') return value;
  if (!Number.isSafeInteger(value)) {
    throw new PitrError('INVALID_INPUT', `${value} is not ${what}, expected a whole number`);
  }
  return BigInt(value);
}

/** The clock of a TSO, Unix ms. Exact: 46 bits fit a number. */
export function msOfTs(ts: bigint): number {
  return Number(ts >> LOGICAL_BITS);
}

/** The counter of a TSO within its millisecond, 0 … 2^18−1. */
export function logicalOfTs(ts: bigint): number {
  return Number(ts & LOGICAL_MASK);
}

/**
 * The clock of a TSO in UTC, `2026-11-22T04:24:48.553Z`. With `logical`, the counter follows when it is not 0:
 * `2026-11-22T04:24:48.553Z +7`. Throws INVALID_INPUT for a value that is no u64.
 */
export function formatTs(ts: bigint, options: { readonly logical?: boolean } = {}): string {
  if (!isTs(ts)) throw new PitrError('INVALID_INPUT', `${ts} is not a TSO, expected 0 to ${MAX_TS}`);
  const clock = new Date(msOfTs(ts)).toISOString();
  const logical = logicalOfTs(ts);
  return options.logical === true && logical !== 0 ? `${clock} +${logical}` : clock;
}

/** Both forms for a sentence: `462518395502231553 (2026-11-22T04:24:48.553Z)`. */
export function describeTs(ts: bigint): string {
  return `${ts} (${formatTs(ts)})`;
}

/** For sorting, ascending. */
export function compareTs(a: bigint, b: bigint): -1 | 0 | 1 {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

export function minTs(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function maxTs(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
