import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { PitrError } from '../../lib/domain/errors.ts';
import { type MomentContext, parseMoment } from '../../lib/domain/moment.ts';
import { formatTs, PLAUSIBLE_TS, tsFromMs } from '../../lib/domain/ts.ts';

const CLOCK_MS = Date.UTC(2026, 10, 22, 4, 24, 48, 553);
const LATEST = tsFromMs(CLOCK_MS, 7);
const context = { latest: LATEST };

function refusal(text: string, asked: MomentContext = context): PitrError {
  try {
    parseMoment(text, asked);
  } catch (error) {
    if (error instanceof PitrError) return error;
    throw error;
  }
  assert.fail(`${text} was accepted`);
}

test('a number of the size of a TSO is that TSO, exactly', () => {
  const moment = parseMoment(' 470632756295237638 ', context);
  assert.deepEqual(moment, { ts: 470632756295237638n, text: '470632756295237638', kind: 'tso', notes: [] });
  assert.equal(parseMoment(`${PLAUSIBLE_TS.before - 1n}`, context).ts, PLAUSIBLE_TS.before - 1n);
  assert.equal(refusal(`${PLAUSIBLE_TS.before}`).code, 'INVALID_INPUT');
  assert.equal(refusal(`${PLAUSIBLE_TS.from - 1n}`).code, 'INVALID_INPUT');
});

test('a unix time in seconds, milliseconds, microseconds or nanoseconds is refused, and the hint has its TSO', () => {
  const seconds = `${Math.floor(CLOCK_MS / 1000)}`;
  for (const text of [seconds, `${CLOCK_MS}`, `${CLOCK_MS}000`, `${CLOCK_MS}000000`]) {
    const error = refusal(text);
    const ms = text === seconds ? CLOCK_MS - 553 : CLOCK_MS;
    assert.equal(error.code, 'INVALID_INPUT');
    assert.match(error.message, /looks like a unix time/);
    assert.ok(error.hint?.includes(new Date(ms).toISOString()), text);
    assert.ok(error.hint?.includes(`${tsFromMs(ms)}`), text);
  }
});

test('other numbers are refused without a guess, however long', () => {
  for (const text of ['0', '1', '20261122', '12345678901234567', '9'.repeat(20), '9'.repeat(5000)]) {
    assert.match(refusal(text).message, /is not a TSO/);
  }
});

test('a date-time with its zone is the first tick of its millisecond, as br converts it', () => {
  for (const text of [
    '2026-11-22T04:24:48.553Z',
    '2026-11-22t04:24:48.553z',
    '2026-11-22T12:24:48.553+08:00',
    '2026-11-22T12:24:48.553+0800',
    '2026-11-22 12:24:48.553+08:00',
    '2026-11-22 12:24:48.553 +08:00',
    '2026-11-22 12:24:48.553 +0800',
    '2026-11-21 18:54:48.553-09:30',
    '2026-11-22 18:24:48.553+14:00',
    '2026-11-22 04:24:48.553UTC',
    '2026-11-22 04:24:48.553 utc',
    '2026-11-22 04:24:48.553-00:00',
  ]) {
    const moment = parseMoment(text, context);
    assert.equal(moment.ts, tsFromMs(CLOCK_MS), text);
    assert.equal(moment.kind, 'clock');
    assert.deepEqual(moment.notes, []);
  }
});

test('a fraction may have one to nine digits; what a TSO cannot tell is floored and said', () => {
  const at = (text: string) => parseMoment(`2026-11-22 04:24:48${text}Z`, context);
  assert.equal(at('').ts, tsFromMs(CLOCK_MS - 553));
  assert.equal(at('.5').ts, tsFromMs(CLOCK_MS - 53));
  assert.equal(at('.55').ts, tsFromMs(CLOCK_MS - 3));
  assert.equal(at('.553000').ts, tsFromMs(CLOCK_MS));
  assert.deepEqual(at('.553000').notes, []);
  assert.equal(at('.553999999').ts, tsFromMs(CLOCK_MS));
  assert.match(at('.553999999').notes[0] ?? '', /\.553999999 was taken as \.553/);
  assert.equal(refusal('2026-11-22 04:24:48.5530000001Z').code, 'INVALID_INPUT');
  assert.equal(refusal('2026-11-22 04:24:48.Z').code, 'INVALID_INPUT');
});

test('a date-time without a zone is refused with the reason and the same text in two zones', () => {
  for (const text of ['2026-11-22 04:24:48', '2026-11-22T04:24:48.553']) {
    const error = refusal(text);
    assert.equal(error.code, 'MOMENT_WITHOUT_ZONE');
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /other data/);
    assert.ok(error.hint?.includes(`${text}Z`));
    assert.ok(error.hint?.includes(`${text}+08:00`));
  }
});

test('days and times that do not exist are refused', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['2026-13-01 00:00:00Z', /month 13/],
    ['2026-00-01 00:00:00Z', /month 0/],
    ['2026-04-31 00:00:00Z', /day 31/],
    ['2026-06-31 00:00:00Z', /day 31/],
    ['2026-09-31 00:00:00Z', /day 31/],
    ['2026-11-31 00:00:00Z', /day 31/],
    ['2026-12-32 00:00:00Z', /day 32/],
    ['2026-11-00 00:00:00Z', /day 0/],
    ['2026-02-29 00:00:00Z', /expected 01 to 28/],
    ['2024-02-30 00:00:00Z', /expected 01 to 29/],
    ['2100-02-29 00:00:00Z', /expected 01 to 28/],
    ['2026-11-22 24:00:00Z', /hour 24/],
    ['2026-11-22 04:60:00Z', /minute 60/],
    ['2026-11-22 04:00:60Z', /second 60/],
    ['2026-11-22 04:00:00+14:01', /zone \+14:01/],
    ['2026-11-22 04:00:00+08:60', /zone \+08:60/],
    ['2026-11-22 04:00:00-15:00', /zone -15:00/],
    ['2009-12-31 23:59:59Z', /outside the years/],
    ['2100-01-01 00:00:00Z', /outside the years/],
    ['1969-12-31 23:59:59Z', /outside the years/],
  ];
  for (const [text, message] of cases) {
    const error = refusal(text);
    assert.equal(error.code, 'INVALID_INPUT', text);
    assert.match(error.message, message);
  }
  assert.equal(formatTs(parseMoment('2024-02-29 23:59:59Z', context).ts), '2024-02-29T23:59:59.000Z');
  assert.equal(formatTs(parseMoment('2026-12-31 23:59:59Z', context).ts), '2026-12-31T23:59:59.000Z');
});

test('a day alone, missing seconds and names of zones are refused with what to write', () => {
  assert.match(refusal('2026-11-22').hint ?? '', /2026-11-22 00:00:00Z/);
  assert.match(refusal('2026-11-22 04:24Z').message, /no seconds/);
  assert.match(refusal('2026-11-22 04:24').message, /no seconds/);
  assert.match(refusal('2026-11-22 04:24:48 CST').message, /zone/);
  assert.match(refusal('2026-11-22 04:24:48 Asia/Shanghai').message, /zone/);
  assert.match(refusal('2026-11-22 04:24:48+08').message, /zone/);
});

test('latest is the newest restorable moment', () => {
  assert.deepEqual(parseMoment('latest', context), { ts: LATEST, text: 'latest', kind: 'latest', notes: [] });
  assert.equal(parseMoment('LATEST', context).ts, LATEST);
});

test('a duration counts back from latest, to the first tick of that millisecond', () => {
  const back = (text: string) => CLOCK_MS - Number(parseMoment(text, context).ts >> 18n);
  assert.equal(parseMoment('-90m', context).ts, tsFromMs(CLOCK_MS - 90 * 60_000));
  assert.equal(parseMoment('-90m', context).kind, 'relative');
  assert.equal(back('-2h30m'), 9_000_000);
  assert.equal(back('-1d'), 86_400_000);
  assert.equal(back('-1D2H3M4S'), 86_400_000 + 2 * 3_600_000 + 3 * 60_000 + 4000);
  for (const text of ['-', '-1', '-1.5h', '-m', '-30m2h', '-1h1h', '--1h', '-1w', '-1h ago', '-99999999d']) {
    assert.equal(refusal(text).code, 'INVALID_INPUT', text);
  }
  assert.match(refusal('-99999d').message, /before 1970/);
  assert.equal(parseMoment('-1s', { latest: tsFromMs(1000, 5) }).ts, 0n);
  assert.equal(refusal('-1s', { latest: tsFromMs(999) }).code, 'INVALID_INPUT');
});

test('latest and durations are refused while nothing is restorable', () => {
  for (const text of ['latest', '-90m']) {
    const error = refusal(text, { latest: undefined });
    assert.equal(error.code, 'BASE_MISSING');
    assert.equal(error.exitCode, 3);
  }
  assert.equal(parseMoment('2026-11-22T04:24:48Z', { latest: undefined }).kind, 'clock');
});

test('a moment after now is noted, one at now is not', () => {
  const text = '2026-11-22T04:24:48.553Z';
  assert.match(parseMoment(text, { ...context, nowMs: CLOCK_MS - 1 }).notes[0] ?? '', /future/);
  assert.deepEqual(parseMoment(text, { ...context, nowMs: CLOCK_MS }).notes, []);
});

test('a text of no known form is refused with the forms', () => {
  assert.equal(refusal(' ').message, 'the moment is empty');
  for (const text of ['', ' ', 'now', 'yesterday', '22.11.2026', '2026/11/22', '0x68805FF83E40001', '+90m']) {
    const error = refusal(text);
    assert.equal(error.code, 'INVALID_INPUT', text);
    assert.match(error.hint ?? '', /TSO/);
  }
});

test('whatever is typed is either a plausible moment or an error of ours', () => {
  const piece = fc.constantFrom(
    '2026',
    '-',
    '11',
    '22',
    'T',
    ' ',
    '04',
    ':',
    '.',
    '5',
    'Z',
    '+08:00',
    'd',
    'm',
    'é',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 16 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (typed) => {
      try {
        assert.ok(parseMoment(typed, context).ts >= 0n);
      } catch (error) {
        assert.ok(error instanceof PitrError);
      }
    }),
    { seed: 7, numRuns: 3000 },
  );
});

test('every millisecond written in any offset reads back', () => {
  const from = Number(PLAUSIBLE_TS.from >> 18n) + 86_400_000;
  const to = Number(PLAUSIBLE_TS.before >> 18n) - 86_400_000;
  fc.assert(
    fc.property(fc.integer({ min: from, max: to }), fc.integer({ min: -840, max: 840 }), (ms, offset) => {
      const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1).replace('T', ' ');
      const two = (value: number) => `${value}`.padStart(2, '0');
      const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
      assert.equal(parseMoment(local + zone, context).ts, tsFromMs(ms));
    }),
    { seed: 8, numRuns: 1000 },
  );
});
