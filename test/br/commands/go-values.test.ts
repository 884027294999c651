import assert from 'node:assert/strict';
import test from 'node:test';
import { parseGoDuration, parseHumanSize, parseLogTime } from '../../../lib/br/commands/go-values.ts';

test('durations of Go are milliseconds', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['1h12m0s', 4_320_000],
    ['24h0m0s', 86_400_000],
    ['5.005045017s', 5005.045017],
    ['164.765448ms', 164.765448],
    ['1.5µs', 0.0015],
    ['-1ns', -1e-6],
    ['0s', 0],
    ['', undefined],
    ['5', undefined],
    ['five minutes', undefined],
    ['1h ago', undefined],
  ];
  for (const [text, ms] of cases) assert.equal(parseGoDuration(text), ms, text);
});

test('human sizes are bytes in decimal units, and what is no number is none', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['563.6kB', 563_600],
    ['33.97MB', 33_970_000],
    ['0B', 0],
    ['93.16B/s', 93],
    ['6.497MB/s', 6_497_000],
    ['1GiB', 1_073_741_824],
    ['NaNB/s', undefined],
    ['? p/s', undefined],
    ['12', undefined],
  ];
  for (const [text, bytes] of cases) assert.equal(parseHumanSize(text), bytes, text);
});

test('the time of a log line is an instant, whatever its zone', () => {
  const utc = Date.UTC(2026, 10, 22, 4, 24, 38, 110);
  assert.equal(parseLogTime('2026/11/22 04:24:38.110 +00:00'), utc);
  assert.equal(parseLogTime('2026/11/22 12:24:38.110 +08:00'), utc);
  assert.equal(parseLogTime('2026-11-22T04:24:38Z'), undefined);
});
