// The firings of schedules against what their fields say, minute by minute of the zone's clock, over years and changes of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isDue, readSchedule, type Schedule } from '../../lib/config/schedule.ts';
import { offsetsOf } from '../../lib/config/zone.ts';
import { firingsOf, newestFiring } from '../../lib/local/firings.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const seed = 20_261_122;

// One hour at 1, 2 or 3 o'clock, half an hour, at midnight, in the south, none, and with the summer's time as negative.
const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Beirut',
  'Africa/Cairo',
  'Europe/Dublin',
  'Asia/Shanghai',
  'UTC',
];

/** The moments at which the zone's clock shows a local time, given as if it were UTC: none, one or two. */
function momentsOf(offsetAt: (ms: number) => number, localMs: number): number[] {
  const offsets = new Set([offsetAt(localMs - dayMs), offsetAt(localMs), offsetAt(localMs + dayMs)]);
  return [...offsets]
    .map((offset) => localMs - offset)
    .filter((ms) => ms + offsetAt(ms) === localMs)
    .sort((a, b) => a - b);
}

/** By the fields alone: each due day, each minute of it that the clock shows, the first time that it does. */
function expectedFirings(schedule: Schedule, zone: string, fromMs: number, toMs: number): number[] {
  if (schedule.kind === 'rate') throw new Error('a rate has no fields');
  const offsetAt = offsetsOf(zone);
  const [hours, minutes] =
    schedule.kind === 'every'
      ? [[schedule.hour], [schedule.minute]]
      : [schedule.cron.hours, schedule.cron.minutes];
  const found: number[] = [];
  const firstDay = Math.floor(fromMs / dayMs) * dayMs - 2 * dayMs;
  for (let midnightMs = firstDay; midnightMs < toMs + 2 * dayMs; midnightMs += dayMs) {
    if (!isDue(schedule, midnightMs)) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const [first] = momentsOf(offsetAt, midnightMs + (hour * 60 + minute) * minuteMs);
        if (first !== undefined && first > fromMs && first <= toMs) found.push(first);
      }
    }
  }
  return found.sort((a, b) => a - b);
}

function foundFirings(schedule: Schedule, zone: string, fromMs: number, toMs: number): number[] {
  const next = firingsOf(schedule, zone, 0);
  const found: number[] = [];
  for (let at = next(fromMs); at !== undefined && at <= toMs; at = next(at)) found.push(at);
  return found;
}

const assertAsExpected = (schedule: Schedule, zone: string, fromMs: number, toMs: number): void => {
  const texts = (list: readonly number[]) => list.map((ms) => new Date(ms).toISOString());
  assert.deepEqual(
    texts(foundFirings(schedule, zone, fromMs, toMs)),
    texts(expectedFirings(schedule, zone, fromMs, toMs)),
  );
};

function mustRead(text: string): Schedule {
  const reading = readSchedule(text);
  if ('value' in reading) return reading.value;
  throw new Error(`${text}: expected ${reading.expected}`);
}

function daysBeforeChanges(zone: string): number[] {
  const offsetAt = offsetsOf(zone);
  const found: number[] = [];
  for (let ms = Date.UTC(2024, 0, 1); ms < Date.UTC(2031, 0, 1); ms += dayMs) {
    if (offsetAt(ms) !== offsetAt(ms + dayMs)) found.push(ms - dayMs);
  }
  return found;
}

const few = (most: number, least = 0) =>
  fc
    .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 3 })
    .map((list) => list.join(','));
const nearTheChange = fc.integer({ min: 0, max: 4 }).map(String);
const weekday = fc.constantFrom('SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', '1', '4', '7');
const days = fc.oneof(
  fc.tuple(
    fc.oneof(
      fc.constant('*'),
      few(31, 1),
      fc.constant('L'),
      fc.constant('1/7'),
      fc.integer({ min: 1, max: 28 }).map((day) => `${day}W`),
    ),
    fc.constant('?'),
  ),
  fc.tuple(
    fc.constant('?'),
    fc.oneof(
      weekday,
      fc.constantFrom('MON-FRI', 'L', '2,SAT', '*'),
      weekday.map((day) => `${day}L`),
      fc.tuple(weekday, fc.integer({ min: 1, max: 5 })).map(([day, nth]) => `${day}#${nth}`),
    ),
  ),
);
const crons = fc
  .record({
    minute: fc.oneof(few(59), fc.constantFrom('0', '30', '0/30', '15')),
    hour: fc.oneof(nearTheChange, nearTheChange, few(23), fc.constantFrom('*', '0-3', '1-5/2')),
    days,
    month: fc.oneof(fc.constant('*'), few(12, 1), fc.constantFrom('MAR,OCT', 'JAN-JUN', '2')),
    year: fc.constantFrom('*', '*', '2026', '2025-2028', '2024/2'),
  })
  .map(
    ({ minute, hour, days: [day, week], month, year }) =>
      `cron(${minute} ${hour} ${day} ${month} ${week} ${year})`,
  )
  // Some have no day at all, or too many lists: those are no schedules.
  .filter((text) => 'value' in readSchedule(text));
const everys = fc
  .tuple(fc.integer({ min: 1, max: 40 }), nearTheChange, fc.integer({ min: 0, max: 59 }))
  .map(([count, hour, minute]) => `every ${count} days at ${hour}:${String(minute).padStart(2, '0')}`);
const moments = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2029, 0, 1) });

describe('the firings of a schedule', () => {
  test('are what its fields say, over any 400 days of any zone', () => {
    fc.assert(
      fc.property(fc.oneof(crons, everys), fc.constantFrom(...zones), moments, (text, zone, fromMs) => {
        assertAsExpected(mustRead(text), zone, fromMs, fromMs + 400 * dayMs);
      }),
      { seed, numRuns: 100 },
    );
  });

  for (const zone of zones) {
    test(`are what the fields say around every change of ${zone}, from 2024 to 2030`, () => {
      for (const dayBeforeMs of daysBeforeChanges(zone)) {
        for (const text of ['cron(0/30 * * * ? *)', 'cron(5 0-3 ? * SUN,MON *)', 'cron(0 0,1,2 * * ? *)']) {
          assertAsExpected(mustRead(text), zone, dayBeforeMs, dayBeforeMs + 3 * dayMs);
        }
        for (let hour = 0; hour < 4; hour += 1) {
          assertAsExpected(mustRead(`every day at ${hour}:30`), zone, dayBeforeMs, dayBeforeMs + 3 * dayMs);
          assertAsExpected(mustRead(`cron(0 ${hour} * * ? *)`), zone, dayBeforeMs, dayBeforeMs + 3 * dayMs);
        }
      }
    });
  }

  test('around the changes are looked at where there are changes', () => {
    assert.deepEqual(
      zones.map((zone) => daysBeforeChanges(zone).length),
      [14, 14, 14, 14, 14, 14, 14, 0, 0],
    );
  });

  test('are the same wherever the counting begins', () => {
    fc.assert(
      fc.property(fc.oneof(crons, everys), fc.constantFrom(...zones), moments, (text, zone, fromMs) => {
        const next = firingsOf(mustRead(text), zone, 0);
        const first = next(fromMs);
        if (first === undefined) return;
        assert.equal(next(Math.floor((fromMs + first) / 2)), first);
        assert.equal(next(first - 1), first);
        assert.ok((next(first) ?? Number.POSITIVE_INFINITY) > first);
      }),
      { seed, numRuns: 100 },
    );
  });

  test('looked for backwards give the newest', () => {
    fc.assert(
      fc.property(
        fc.oneof(crons, everys, fc.constantFrom('rate(1 minute)', 'rate(7 hours)', 'rate(3 days)')),
        fc.constantFrom(...zones),
        moments,
        fc.integer({ min: 0, max: 40 * dayMs }),
        (text, zone, fromMs, longMs) => {
          const next = firingsOf(mustRead(text), zone, 12_345);
          let newest: number | undefined;
          for (let at = next(fromMs); at !== undefined && at <= fromMs + longMs; at = next(at)) newest = at;
          assert.equal(newestFiring(next, fromMs, fromMs + longMs), newest);
        },
      ),
      { seed, numRuns: 60 },
    );
  });
});
