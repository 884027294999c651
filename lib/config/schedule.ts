// When snapshots are taken: the forms a person writes, what EventBridge Scheduler is told for each, how far apart the
// firings are and which of them a change to summer time leaves out. Reads no clock: it looks at fixed years.

import { type Cron, firesOnDay, readCron } from './cron.ts';
import { expected, type Reading } from './reading.ts';
import { clockJumps } from './zone.ts';

export type Schedule =
  /** Every so many days, counted from 1970-01-01 so that a new deployment keeps the rhythm, at a time of the zone's clock. */
  | { readonly kind: 'every'; readonly days: number; readonly hour: number; readonly minute: number }
  /** So long after each other, from the deployment on. */
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly cron: Cron };

const form = 'every 2 days at 00:00, cron(0 0 ? * SUN,WED *) or rate(12 hours)';
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const rateUnits = { day: dayMs, hour: hourMs, minute: minuteMs } as const;

/** For the JSON schema: roughly the language of {@link readSchedule}. */
export const schedulePattern =
  '^(every (day|\\d{1,3} days) at \\d{1,2}:\\d{2}|rate\\(\\d{1,6} (minute|hour|day)s?\\)|cron\\(.+\\))$';

/** `every day at 02:30`, `every 2 days at 00:00`, `rate(12 hours)`, or `cron(…)` with the six fields of AWS. */
export function readSchedule(text: string): Reading<Schedule> {
  const asked = text.trim().replace(/\s+/g, ' ');
  const cron = /^cron\((.*)\)$/i.exec(asked);
  if (cron !== null) return readCronSchedule(cron[1] ?? '');
  if (/^rate\(/i.test(asked)) return readRate(asked);
  if (/^every\b/i.test(asked)) return readEvery(asked);
  if (/^[\d*?,/LW#A-Z-]+( [\d*?,/LW#A-Z-]+){4,5}$/i.test(asked)) {
    const inside = readCron(asked);
    const hint = 'expected' in inside ? inside.hint : `write cron(${asked})`;
    return expected(form, hint ?? 'write the six fields of AWS between cron( and )');
  }
  return expected(form, /^at\(/.test(asked) ? 'at(…) fires once only' : undefined);
}

function readCronSchedule(fields: string): Reading<Schedule> {
  const cron = readCron(fields);
  if ('expected' in cron) return cron;
  if (gapsOf({ kind: 'cron', cron: cron.value }) === undefined) {
    return expected('a schedule that fires', `no day of the calendar fits cron(${cron.value.text})`);
  }
  return { value: { kind: 'cron', cron: cron.value } };
}

function readRate(text: string): Reading<Schedule> {
  const match = /^rate\((\d{1,6}) (minute|hour|day)s?\)$/i.exec(text);
  const count = Number(match?.[1] ?? '0');
  const unit = match?.[2]?.toLowerCase();
  if (count < 1 || (unit !== 'minute' && unit !== 'hour' && unit !== 'day')) {
    return expected('rate(12 hours), in minutes, hours or days');
  }
  return { value: { kind: 'rate', everyMs: count * rateUnits[unit] } };
}

function readEvery(text: string): Reading<Schedule> {
  const match = /^every (?:day|(\d{1,3}) days?) at (\d{1,2}):(\d{2})$/i.exec(text);
  const [days, hour, minute] = [match?.[1] ?? '1', match?.[2] ?? '-', match?.[3] ?? '-'].map(Number);
  if (
    days === undefined ||
    hour === undefined ||
    minute === undefined ||
    !(days >= 1 && hour <= 23 && minute <= 59)
  ) {
    return expected(
      'every 2 days at 00:00, or every day at 02:30',
      'the time of day is HH:MM, from 00:00 to 23:59',
    );
  }
  return { value: { kind: 'every', days, hour, minute } };
}

/** The text that {@link readSchedule} reads back to the same. */
export function formatSchedule(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'every':
      return `every ${schedule.days === 1 ? 'day' : `${schedule.days} days`} at ${clock(schedule)}`;
    case 'rate':
      return rateText(schedule.everyMs);
    case 'cron':
      return `cron(${schedule.cron.text})`;
    default: {
      const unknown: never = schedule;
      return unknown;
    }
  }
}

function clock({ hour, minute }: { readonly hour: number; readonly minute: number }): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

function rateText(everyMs: number): string {
  for (const [unit, length] of Object.entries(rateUnits)) {
    const count = everyMs / length;
    if (Number.isInteger(count)) return `rate(${count} ${unit}${count === 1 ? '' : 's'})`;
  }
  return `rate(${Math.ceil(everyMs / minuteMs)} minutes)`;
}

/**
 * What EventBridge Scheduler is given. AWS has no word for "every 2 days at 00:00" that outlives the end of a month, so it
 * fires daily and {@link isDue} tells which day counts.
 */
export function awsExpression(schedule: Schedule): string {
  if (schedule.kind === 'every') return `cron(${schedule.minute} ${schedule.hour} * * ? *)`;
  return formatSchedule(schedule);
}

/** Whether a firing on the day counts. `midnightMs`: its midnight as if the zone's clock were UTC, Unix ms. */
export function isDue(schedule: Schedule, midnightMs: number): boolean {
  if (schedule.kind === 'every') return Math.floor(midnightMs / dayMs) % schedule.days === 0;
  return schedule.kind === 'rate' || firesOnDay(schedule.cron, midnightMs);
}

export interface Gaps {
  readonly shortestMs: number;
  /** Infinity for a schedule that fires once. */
  readonly longestMs: number;
  /** The last year that a schedule with a year field names; undefined when it never ends. */
  readonly lastYear: number | undefined;
}

/** Eight years hold two leap days and every weekday of every date's month that matters. */
const watchedDays = 8 * 366;
const watchFromMs = Date.UTC(2024, 0, 1);

/** How far apart the firings are, by the zone's clock; undefined when there are none. */
export function gapsOf(schedule: Schedule): Gaps | undefined {
  if (schedule.kind === 'rate') {
    return { shortestMs: schedule.everyMs, longestMs: schedule.everyMs, lastYear: undefined };
  }
  if (schedule.kind === 'every') {
    return { shortestMs: schedule.days * dayMs, longestMs: schedule.days * dayMs, lastYear: undefined };
  }
  const years = schedule.cron.years;
  const fromMs = years === undefined ? watchFromMs : Date.UTC(years[0] ?? 1970, 0, 1);
  const days =
    years === undefined
      ? watchedDays
      : Math.ceil(((years.at(-1) ?? 1970) - (years[0] ?? 1970) + 1) * 365.25 + 1);
  const minutes = minutesOfDay(schedule.cron);
  let [shortestMs, longestMs, lastMs, firings] = [Number.POSITIVE_INFINITY, 0, 0, 0];
  for (let day = 0; day < days; day += 1) {
    const midnightMs = fromMs + day * dayMs;
    if (!firesOnDay(schedule.cron, midnightMs)) continue;
    for (const minute of minutes) {
      const atMs = midnightMs + minute * minuteMs;
      if (firings > 0) {
        shortestMs = Math.min(shortestMs, atMs - lastMs);
        longestMs = Math.max(longestMs, atMs - lastMs);
      }
      lastMs = atMs;
      firings += 1;
    }
  }
  if (firings === 0) return undefined;
  return {
    shortestMs,
    longestMs: firings === 1 ? Number.POSITIVE_INFINITY : longestMs,
    lastYear: years?.at(-1),
  };
}

function minutesOfDay(cron: Cron): readonly number[] {
  return cron.hours.flatMap((hour) => cron.minutes.map((minute) => hour * 60 + minute));
}

const jumpsFromMs = Date.UTC(2027, 0, 1);
const jumpsToMs = Date.UTC(2033, 0, 1);

/**
 * The first firing that a change to summer time leaves out, as `2027-03-28 02:30`, of the years 2027 to 2032; undefined when
 * there is none. AWS skips a firing at a minute that the clock does not show.
 */
export function skippedFiring(schedule: Schedule, zone: string): string | undefined {
  if (schedule.kind === 'rate') return undefined;
  const minutes =
    schedule.kind === 'every' ? [schedule.hour * 60 + schedule.minute] : minutesOfDay(schedule.cron);
  const fires = new Set(minutes);
  for (const jump of clockJumps(zone, jumpsFromMs, jumpsToMs)) {
    for (let localMs = jump.fromLocalMs; localMs < jump.toLocalMs; localMs += minuteMs) {
      const midnightMs = Math.floor(localMs / dayMs) * dayMs;
      if (fires.has((localMs - midnightMs) / minuteMs) && isDue(schedule, midnightMs)) {
        return new Date(localMs).toISOString().slice(0, 16).replace('T', ' ');
      }
    }
  }
  return undefined;
}
