import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { firesOnDay, readCron } from '../../lib/config/cron.ts';
import type { Reading } from '../../lib/config/reading.ts';
import {
  awsExpression,
  formatSchedule,
  gapsOf,
  isDue,
  readSchedule,
  type Schedule,
  skippedFiring,
} from '../../lib/config/schedule.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

function mustRead<T>(reading: Reading<T>): T {
  if ('value' in reading) return reading.value;
  throw new Error(`refused: expected ${reading.expected}; ${reading.hint}`);
}

const schedule = (text: string): Schedule => mustRead(readSchedule(text));

/** The days of a month of 2027 on which the cron fires; 2027-01-01 is a Friday. */
function daysOf(cron: string, month: number, year = 2027): readonly number[] {
  const read = mustRead(readCron(cron));
  const days: number[] = [];
  for (let ms = Date.UTC(year, month - 1, 1); new Date(ms).getUTCMonth() === month - 1; ms += dayMs) {
    if (firesOnDay(read, ms)) days.push(new Date(ms).getUTCDate());
  }
  return days;
}

describe('the cron of EventBridge Scheduler', () => {
  const cases: readonly (readonly [title: string, cron: string, month: number, days: readonly number[]])[] = [
    ['single days, lists, ranges and steps', '0 0 1,10-12,20/5 * ? *', 1, [1, 10, 11, 12, 20, 25, 30]],
    ['a step from the first on for *', '0 0 */10 * ? *', 1, [1, 11, 21, 31]],
    ['L as the last day, in a short month', '0 0 L * ? *', 2, [28]],
    ['1 and SUN as Sunday', '0 0 ? * 1,SUN *', 1, [3, 10, 17, 24, 31]],
    [
      'a range of weekday names',
      '0 0 ? * MON-FRI *',
      2,
      [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 22, 23, 24, 25, 26],
    ],
    ['6L as the last Friday', '0 0 ? * 6L *', 1, [29]],
    ['FRIL as the last Friday', '0 0 ? * fril *', 1, [29]],
    ['L in the week as Saturday', '0 0 ? * L *', 1, [2, 9, 16, 23, 30]],
    ['2#1 as the first Monday', '0 0 ? * 2#1 *', 1, [4]],
    ['MON#5 only where there is a fifth', '0 0 ? * MON#5 *', 1, []],
    ['MON#5 where there is one', '0 0 ? * MON#5 *', 3, [29]],
    ['15W on a working day as itself', '0 0 15W * ? *', 1, [15]],
    ['16W on a Saturday as the Friday before', '0 0 16W * ? *', 1, [15]],
    ['17W on a Sunday as the Monday after', '0 0 17W * ? *', 1, [18]],
    ['1W on a Saturday as the Monday, for it stays in the month', '0 0 1W * ? *', 5, [3]],
    ['31W on a Sunday as the Friday, for it stays in the month', '0 0 31W * ? *', 1, [29]],
    ['31W not at all in a month of 30 days', '0 0 31W * ? *', 4, []],
    ['names of months', '0 0 1 jan,MAR-MAY ? *', 4, [1]],
    ['no day outside the months', '0 0 1 JAN ? *', 2, []],
    ['no day outside the years', '0 0 1 * ? 2028-2030', 1, []],
  ];
  for (const [title, cron, month, days] of cases) {
    test(`reads ${title}`, () => assert.deepEqual(daysOf(cron, month), days));
  }

  test('February 29 is there in leap years only', () => {
    assert.deepEqual(daysOf('0 0 29 2 ? *', 2), []);
    assert.deepEqual(daysOf('0 0 29 2 ? *', 2, 2028), [29]);
  });

  const refused: readonly (readonly [cron: string, says: RegExp])[] = [
    ['0 0 * * *', /six fields, not five; .*write cron\(0 0 \* \* \? \*\)/],
    ['30 2 * * 1-5', /write cron\(30 2 \? \* MON-FRI \*\)/],
    ['30 2 1 * 1', /takes either a day of the month or a day of the week/],
    ['', /six fields, not none/],
    ['0 0 0 * * ? *', /six fields, not 7/],
    ['0 0 * * * *', /a \? for day-of-month or for day-of-week/],
    ['0 0 ? * ? *', /both are \?/],
    ['60 0 * * ? *', /0-59 in the minutes field, not "60"/],
    ['0 24 * * ? *', /0-23 in the hours field/],
    ['0 22-2 * * ? *', /a range that goes up.*write 22-23,0-2/],
    ['0 0 ? * FRI-MON *', /write FRI-SAT,SUN-MON/],
    ['0 0 32 * ? *', /1-31 in the day of month field/],
    ['0 0 0W * ? *', /a day from 1 to 31 before W/],
    ['0 0 LW * ? *', /alone in the day-of-month field/],
    ['0 0 L-3 * ? *', /no lists and no offsets/],
    ['0 0 1,L * ? *', /no lists and no offsets/],
    ['0 0 ? * 0 *', /Sunday is 1 for AWS/],
    ['0 0 ? * 8 *', /1-7 or SUN-SAT in the day of week field/],
    ['0 0 ? * 2#6 *', /1 to 5 after #/],
    ['0 0 ? * 2#1,3#1 *', /AWS takes no lists there/],
    ['0 0 ? * 2/2 *', /no steps \(\/\)/],
    ['0 0 1 13 ? *', /1-12 or JAN-DEC in the month field/],
    ['0 0 1 * ? 1969', /1970-2199 in the year field/],
    ['0 0/0 1 * ? *', /0-23 in the hours field/],
    ['? 0 1 * ? *', /\? stands only for the day of month or of week/],
    ['0 0 1,,2 * ? *', /not ""/],
  ];
  for (const [cron, says] of refused) {
    test(`refuses "${cron}" and says why`, () => {
      const reading = readCron(cron);
      assert.ok('expected' in reading);
      assert.match(`${reading.expected}; ${reading.hint}`, says);
    });
  }
});

describe('a schedule', () => {
  const forms: readonly (readonly [text: string, formatted: string, aws: string])[] = [
    ['every 2 days at 00:00', 'every 2 days at 00:00', 'cron(0 0 * * ? *)'],
    ['Every day  at 9:05', 'every day at 09:05', 'cron(5 9 * * ? *)'],
    ['every 1 day at 23:59', 'every day at 23:59', 'cron(59 23 * * ? *)'],
    ['rate(1 hour)', 'rate(1 hour)', 'rate(1 hour)'],
    ['rate(24 hours)', 'rate(1 day)', 'rate(1 day)'],
    ['RATE(90 minutes)', 'rate(90 minutes)', 'rate(90 minutes)'],
    ['cron(0  3 ? * sun,wed *)', 'cron(0 3 ? * SUN,WED *)', 'cron(0 3 ? * SUN,WED *)'],
  ];
  for (const [text, formatted, aws] of forms) {
    test(`"${text}" is "${formatted}", and "${aws}" for AWS`, () => {
      assert.equal(formatSchedule(schedule(text)), formatted);
      assert.equal(awsExpression(schedule(text)), aws);
      assert.deepEqual(schedule(formatted), schedule(text));
    });
  }

  for (const text of [
    '',
    'daily',
    'every',
    'every 0 days at 00:00',
    'every 2 days at 24:00',
    'every 2 days',
    'rate(0 hours)',
    'rate(1 week)',
    'rate(1.5 hours)',
    'at(2027-01-01T00:00:00)',
    'cron(0 0 30 2 ? *)',
    'cron(0 0 31 4,6,9,11 ? *)',
  ]) {
    test(`"${text}" is refused`, () => assert.ok('expected' in readSchedule(text)));
  }

  test('every two days goes on over the end of a month, unlike the 1/2 of a cron', () => {
    const every = schedule('every 2 days at 00:00');
    const due: number[] = [];
    for (let day = 0; day < 40; day += 1) {
      if (isDue(every, Date.UTC(2027, 0, 20) + day * dayMs)) due.push(day);
    }
    assert.equal(due.length, 20);
    for (const [index, day] of due.entries()) if (index > 0) assert.equal(day - (due[index - 1] ?? 0), 2);
    assert.equal(gapsOf(schedule('cron(0 0 1/2 * ? *)'))?.shortestMs, dayMs);
  });

  const gaps: readonly (readonly [text: string, shortestMs: number, longestMs: number])[] = [
    ['every 2 days at 00:00', 2 * dayMs, 2 * dayMs],
    ['rate(12 hours)', 12 * hourMs, 12 * hourMs],
    ['cron(0 0,6 * * ? *)', 6 * hourMs, 18 * hourMs],
    ['cron(0 0 ? * SUN,WED *)', 3 * dayMs, 4 * dayMs],
    ['cron(0 0 1 * ? *)', 28 * dayMs, 31 * dayMs],
    ['cron(0 0 L * ? *)', 28 * dayMs, 31 * dayMs],
    ['cron(0 0 29 2 ? *)', 1461 * dayMs, 1461 * dayMs],
    ['cron(0 12 1 1 ? 2027-2029)', 365 * dayMs, 366 * dayMs],
    ['cron(0 12 1 1 ? 2027)', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ];
  for (const [text, shortestMs, longestMs] of gaps) {
    test(`"${text}" is ${shortestMs / hourMs} to ${longestMs / hourMs} hours apart`, () => {
      const found = gapsOf(schedule(text));
      assert.deepEqual([found?.shortestMs, found?.longestMs], [shortestMs, longestMs]);
    });
  }

  const skipped: readonly (readonly [text: string, zone: string, first: string | undefined])[] = [
    ['every day at 02:30', 'Europe/Berlin', '2027-03-28 02:30'],
    ['every day at 02:00', 'Europe/Berlin', '2027-03-28 02:00'],
    ['every day at 03:00', 'Europe/Berlin', undefined],
    ['every day at 01:59', 'Europe/Berlin', undefined],
    ['every day at 02:30', 'America/New_York', '2027-03-14 02:30'],
    ['every day at 02:30', 'Asia/Shanghai', undefined],
    ['every day at 02:30', 'UTC', undefined],
    ['rate(12 hours)', 'Europe/Berlin', undefined],
    // 2027-03-28 is day 20905 since 1970, 2028-03-26 day 21269, 2029-03-25 day 21633: odd all; 2030-03-31 is 22004.
    ['every 2 days at 02:30', 'Europe/Berlin', '2030-03-31 02:30'],
    ['cron(30 2 ? * MON-SAT *)', 'Europe/Berlin', undefined],
    ['cron(0/30 * ? * SUN *)', 'Europe/Berlin', '2027-03-28 02:00'],
  ];
  for (const [text, zone, first] of skipped) {
    test(`"${text}" in ${zone} ${first === undefined ? 'always fires' : `leaves ${first} out`}`, () => {
      assert.equal(skippedFiring(schedule(text), zone), first);
    });
  }
});
