import assert from 'node:assert/strict';
import test from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import {
  compareTs,
  describeTs,
  formatTs,
  isPlausibleTs,
  isTs,
  logicalOfTs,
  MAX_TS,
  MAX_TS_MS,
  maxTs,
  minTs,
  msOfTs,
  PLAUSIBLE_TS,
  tsFromMs,
} from '../../lib/domain/ts.ts';

const T1 = 470632756295237638n;

function refuses(run: () => unknown): void {
  assert.throws(run, (error: unknown) => error instanceof PitrError && error.code === 'INVALID_INPUT');
}

test('a TSO is its clock in milliseconds and a counter', () => {
  assert.equal(msOfTs(T1), Date.UTC(2026, 10, 22, 4, 24, 48, 553));
  assert.equal(logicalOfTs(T1), 6);
  assert.equal(tsFromMs(msOfTs(T1), 6), T1);
  assert.equal(tsFromMs(BigInt(msOfTs(T1)), 6n), T1);
  assert.equal(tsFromMs(msOfTs(T1)), T1 - 6n);
});

test('a TSO is written as its clock in UTC, and with its counter when asked', () => {
  assert.equal(formatTs(T1), '2026-11-22T04:24:48.553Z');
  assert.equal(formatTs(T1, { logical: true }), '2026-11-22T04:24:48.553Z +6');
  assert.equal(formatTs(T1 - 6n, { logical: true }), '2026-11-22T04:24:48.553Z');
  assert.equal(describeTs(T1), '470632756295237638 (2026-11-22T04:24:48.553Z)');
});

test('every u64 is a TSO and can be written, and nothing beyond is', () => {
  assert.equal(isTs(0n), true);
  assert.equal(isTs(MAX_TS), true);
  assert.equal(isTs(-1n), false);
  assert.equal(isTs(MAX_TS + 1n), false);
  assert.equal(formatTs(0n), '1970-01-01T00:00:00.000Z');
  assert.equal(formatTs(MAX_TS), '4199-11-24T01:22:57.663Z');
  refuses(() => formatTs(-1n));
  refuses(() => formatTs(MAX_TS + 1n));
});

test('a time or counter that does not fit a TSO is refused', () => {
  assert.equal(tsFromMs(MAX_TS_MS, 262143), MAX_TS);
  assert.equal(tsFromMs(0, 0), 0n);
  refuses(() => tsFromMs(-1));
  refuses(() => tsFromMs(MAX_TS_MS + 1n));
  refuses(() => tsFromMs(0, 262144));
  refuses(() => tsFromMs(0, -1));
  refuses(() => tsFromMs(0.5));
  refuses(() => tsFromMs(Number.NaN));
});

test('a plausible TSO lies in 2010 to 2099', () => {
  assert.equal(formatTs(PLAUSIBLE_TS.from), '2010-01-01T00:00:00.000Z');
  assert.equal(formatTs(PLAUSIBLE_TS.before), '2100-01-01T00:00:00.000Z');
  assert.equal(isPlausibleTs(PLAUSIBLE_TS.from), true);
  assert.equal(isPlausibleTs(PLAUSIBLE_TS.from - 1n), false);
  assert.equal(isPlausibleTs(PLAUSIBLE_TS.before - 1n), true);
  assert.equal(isPlausibleTs(PLAUSIBLE_TS.before), false);
});

test('TSOs compare as the numbers they are', () => {
  assert.deepEqual([compareTs(1n, 2n), compareTs(2n, 2n), compareTs(3n, 2n)], [-1, 0, 1]);
  assert.deepEqual([minTs(1n, 2n), minTs(2n, 1n), maxTs(1n, 2n), maxTs(2n, 1n)], [1n, 1n, 2n, 2n]);
});
