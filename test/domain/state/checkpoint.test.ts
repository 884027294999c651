import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Checkpoint,
  checkpointsOf,
  slotOf,
  thinCheckpoints,
} from '../../../lib/domain/state/checkpoint.ts';
import { noon } from '../../support/state-builders.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const settings = { minutesForMs: day, hoursForMs: 7 * day };

function seen(atMs: number, checkpointTs = 1n): Checkpoint {
  const [entry] = checkpointsOf({ cluster: 'shop', atMs, checkpointTs }, settings);
  assert.ok(entry);
  return entry;
}

test('an observation adds one entry for a day and one for the retention', () => {
  const entries = checkpointsOf({ cluster: 'shop', atMs: noon, checkpointTs: 9n }, settings);
  assert.deepEqual(
    entries.map(({ resolution, expiresMs }) => [resolution, expiresMs - noon]),
    [
      ['minute', day],
      ['hour', 7 * day],
    ],
  );
});

test('a retention that is shorter than a day does not take the hours before the minutes', () => {
  const entries = checkpointsOf(
    { cluster: 'shop', atMs: noon, checkpointTs: 9n },
    { minutesForMs: day, hoursForMs: hour },
  );
  assert.deepEqual(
    entries.map(({ expiresMs }) => expiresMs - noon),
    [day, day],
  );
});

test('a slot is the minute or hour that a time lies in', () => {
  assert.equal(slotOf('minute', noon + 59_999), noon);
  assert.equal(slotOf('hour', noon + hour - 1), noon);
  assert.equal(slotOf('hour', noon + hour), noon + hour);
});

test('a week of minutes thins to a minute each for a day and an hour each for the rest', () => {
  const entries: Checkpoint[] = [];
  for (let at = noon - 8 * day; at <= noon; at += minute) entries.push(seen(at));
  const { kept, dropped } = thinCheckpoints(entries, noon, settings);
  // Ages of 0 to 1439 minutes; then the hours of six days, begun ones at both ends.
  assert.equal(kept.filter(({ atMs }) => noon - atMs < day).length, 1440);
  assert.equal(kept.filter(({ atMs }) => noon - atMs >= day).length, 6 * 24 + 1);
  assert.ok(kept.every(({ atMs }) => noon - atMs < day || atMs % hour === 0 || noon - atMs > 7 * day - hour));
  assert.equal(kept.length + dropped.length, entries.length);
  assert.equal(dropped.filter(({ why }) => why === 'too old').length, day / minute + 1);
});

test('the first of a minute is kept, and every other is dropped with the reason', () => {
  const { kept, dropped } = thinCheckpoints(
    [seen(noon + 30_000), seen(noon + 1), seen(noon + 59_999)],
    noon + minute,
    settings,
  );
  assert.deepEqual(
    kept.map(({ atMs }) => atMs - noon),
    [1],
  );
  assert.deepEqual(
    dropped.map(({ entry, why }) => [entry.atMs - noon, why]),
    [
      [30_000, 'not the first of its slot'],
      [59_999, 'not the first of its slot'],
    ],
  );
});

test('the entry of the hour and of the minute of one observation count once', () => {
  const entries = checkpointsOf({ cluster: 'shop', atMs: noon, checkpointTs: 9n }, settings);
  assert.equal(thinCheckpoints(entries, noon, settings).kept.length, 1);
});

test('of two entries of one time the lower checkpoint is believed', () => {
  for (const entries of [
    [seen(noon, 5n), seen(noon, 4n)],
    [seen(noon, 4n), seen(noon, 5n)],
  ]) {
    assert.deepEqual(
      thinCheckpoints(entries, noon, settings).kept.map(({ checkpointTs }) => checkpointTs),
      [4n],
    );
  }
});

test('an entry from the future is not shown, and an age equal to the limit is too old', () => {
  const { kept, dropped } = thinCheckpoints(
    [seen(noon + 1), seen(noon - 7 * day), seen(noon - 7 * day + 1)],
    noon,
    settings,
  );
  assert.deepEqual(
    kept.map(({ atMs }) => atMs - noon),
    [1 - 7 * day],
  );
  assert.deepEqual(dropped.map(({ why }) => why).sort(), ['in the future', 'too old']);
});
