// What a person typed → the moment they mean, as a TSO. A moment T means: everything committed at or before T.
// Refuses whatever could mean two things. Reads no clock, and does not ask whether the moment is restorable.

import { parseClock } from './clock.ts';
import { PitrError } from './errors.ts';
import { errorCodeOfGap, type Gap } from './gap.ts';
import { describeTs, isPlausibleTs, msOfTs, tsFromMs } from './ts.ts';

export interface Moment {
  /** Everything with commit_ts ≤ it is in, everything after is not. */
  readonly ts: bigint;
  /** As it was asked for. */
  readonly text: string;
  readonly kind: 'tso' | 'clock' | 'latest' | 'relative';
  /** What the person should know about the reading, such as a floored fraction. */
  readonly notes: readonly string[];
}

export interface MomentContext {
  /** The newest restorable moment (`latest(window)`); undefined when there is none, or it is not known yet. */
  readonly latest: bigint | undefined;
  /** Why there is no restorable moment, for the error of a text that needs one. */
  readonly whyNone?: Gap | undefined;
  /** Unix ms; when given, a moment after it is noted as lying in the future. */
  readonly nowMs?: number;
}

const FORMS =
  'give a TSO, 2026-11-22T04:24:48Z, "2026-11-22 12:24:48.553+08:00", latest, or -90m (90 minutes before latest)';

/**
 * The moment that a text means:
 * - all digits: a TSO, of a plausible year (a Unix time is refused);
 * - RFC 3339, or `YYYY-MM-DD HH:MM:SS[.fraction]` with `Z`, `UTC`, `+08:00` or `+0800`: the first tick of that
 *   millisecond (logical 0), exactly as br converts a date-time (FACTS §1.7). What was committed later within the
 *   same millisecond is not in;
 * - `latest`: the newest restorable moment;
 * - `-1d2h30m10s`, any part of it: that long before latest, with logical 0.
 *
 * Throws MOMENT_WITHOUT_ZONE for a date-time without a zone; for `latest` and `-90m` when nothing is restorable the
 * error of `whyNone`, BASE_MISSING without it; INVALID_INPUT for anything else.
 */
export function parseMoment(text: string, context: MomentContext): Moment {
  const asked = text.trim();
  const moment = readMoment(asked, context);
  if (context.nowMs !== undefined && msOfTs(moment.ts) > context.nowMs) {
    return { ...moment, notes: [...moment.notes, `${describeTs(moment.ts)} lies in the future`] };
  }
  return moment;
}

function readMoment(text: string, context: MomentContext): Moment {
  if (/^\d+$/.test(text)) return { ts: parseTso(text), text, kind: 'tso', notes: [] };
  if (text.toLowerCase() === 'latest') {
    return { ts: latestOf(text, context), text, kind: 'latest', notes: [] };
  }
  if (text.startsWith('-')) {
    const beforeMs = parseDuration(text);
    const ms = BigInt(msOfTs(latestOf(text, context))) - beforeMs;
    if (ms < 0n) throw invalid(`${text} before latest lies before 1970`, FORMS);
    return { ts: tsFromMs(ms), text, kind: 'relative', notes: [] };
  }
  if (/^\d{4}-\d/.test(text)) {
    const clock = parseClock(text);
    return { ts: clockTs(text, clock.ms), text, kind: 'clock', notes: clock.notes };
  }
  if (text === '') throw invalid('the moment is empty', FORMS);
  throw invalid(`the moment "${text}" is not understood`, FORMS);
}

/** Parses an all-digit TSO; refuses Unix times by their size. Throws INVALID_INPUT. */
export function parseTso(text: string): bigint {
  // No u64 has more digits; a longer text is not worth a big number.
  const value = text.length <= 20 ? BigInt(text) : undefined;
  if (value !== undefined && isPlausibleTs(value)) return value;
  const unixMs = value === undefined ? undefined : unixTimeMs(text.length, value);
  if (unixMs !== undefined) {
    const iso = new Date(unixMs).toISOString();
    throw invalid(
      `${text} looks like a unix time, expected a TSO (18 digits)`,
      `write the time as ${iso}, or as the TSO ${tsFromMs(unixMs)}`,
    );
  }
  throw invalid(`${text} is not a TSO, expected one of the years 2010 to 2099 (18 or 19 digits)`, FORMS);
}

/** Unix ms of a number in s, ms, µs or ns, told by its digits; undefined when it is none of our century. */
function unixTimeMs(digits: number, value: bigint): number | undefined {
  switch (digits) {
    case 9:
    case 10:
      return Number(value * 1000n);
    case 12:
    case 13:
      return Number(value);
    case 16:
      return Number(value / 1000n);
    case 19:
      return Number(value / 1_000_000n);
    default:
      return undefined;
  }
}

function clockTs(text: string, ms: number): bigint {
  const ts = ms < 0 ? undefined : tsFromMs(ms);
  if (ts === undefined || !isPlausibleTs(ts)) {
    throw invalid(`${text} lies outside the years 2010 to 2099`, 'check the year');
  }
  return ts;
}

const UNITS_MS = { d: 86_400_000n, h: 3_600_000n, m: 60_000n, s: 1000n } as const;

/** `-1d2h30m10s` → ms. Units in this order, each at most once. */
function parseDuration(text: string): bigint {
  const match = /^-(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/i.exec(text);
  if (match === null || text.length === 1) {
    throw invalid(
      `"${text}" is not a time before latest`,
      'write -90m, -2h30m, -1d or -45s: whole numbers with d, h, m, s in this order',
    );
  }
  const [, days, hours, minutes, seconds] = match;
  return (
    BigInt(days ?? 0) * UNITS_MS.d +
    BigInt(hours ?? 0) * UNITS_MS.h +
    BigInt(minutes ?? 0) * UNITS_MS.m +
    BigInt(seconds ?? 0) * UNITS_MS.s
  );
}

function latestOf(text: string, context: MomentContext): bigint {
  if (context.latest !== undefined) return context.latest;
  const { whyNone } = context;
  const reason = whyNone === undefined ? '' : `: ${whyNone.reason}`;
  throw new PitrError(
    whyNone === undefined ? 'BASE_MISSING' : errorCodeOfGap(whyNone),
    `"${text}" needs a restorable moment, and the backup has none${reason}`,
    {
      hint: 'look at pitr snapshots: at least one snapshot has to be complete',
      ...(whyNone === undefined ? {} : { details: { gap: whyNone.code, ...objectOf(whyNone) } }),
    },
  );
}

function objectOf({ object }: Gap): { readonly object?: string } {
  return object === undefined ? {} : { object };
}

function invalid(message: string, hint: string): PitrError {
  return new PitrError('INVALID_INPUT', message, { hint });
}
