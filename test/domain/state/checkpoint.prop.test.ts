import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Checkpoint, slotOf, thinCheckpoints } from '../../../lib/domain/state/checkpoint.ts';
import { noon } from '../../support/state-builders.ts';

const minute = 60_000;
const hour = 60 * minute;
const parameters = { seed: 20261122, numRuns: 300 };
// Hours and days of a small world, so that entries meet in their slots.
const settings = { minutesForMs: 2 * hour, hoursForMs: 15 * hour };
const entries = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 12 * 60 * 2 }), fc.nat(3)).map(
    ([half, checkpointTs]): Checkpoint => ({
      shape: 'checkpoint/v1',
      cluster: 'shop',
      resolution: 'minute',
      atMs: noon - half * (minute / 2),
      checkpointTs: BigInt(checkpointTs),
      expiresMs: noon + hour,
    }),
  ),
  { maxLength: 200 },
);

test('thinning keeps at most one entry of a slot, loses no entry without a reason, and does not depend on the order', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const { kept, dropped } = thinCheckpoints(all, noon, settings);
      const slots = kept.map(({ atMs }) =>
        slotOf(noon - atMs < settings.minutesForMs ? 'minute' : 'hour', atMs),
      );
      const perKind = kept.map(({ atMs }, i) => `${noon - atMs < settings.minutesForMs} ${slots[i]}`);
      assert.equal(new Set(perKind).size, kept.length);
      assert.equal(kept.length + dropped.length, all.length);
      assert.deepEqual(thinCheckpoints([...all].reverse(), noon, settings).kept, kept);
    }),
    parameters,
  );
});

test('thinning every now and then ends where thinning once at the end does', () => {
  fc.assert(
    fc.property(entries, fc.array(fc.nat(10 * 60), { maxLength: 5 }), (all, minutes) => {
      let thinned: readonly Checkpoint[] = all;
      for (const later of [...minutes].sort((a, b) => a - b)) {
        thinned = thinCheckpoints(thinned, noon + later * minute, settings).kept;
      }
      const end = noon + 600 * minute;
      // Within the oldest hour the first goes before the others, so which one is left depends on when it was looked at.
      const whole = (entries: readonly Checkpoint[]): Checkpoint[] =>
        thinCheckpoints(entries, end, settings).kept.filter(
          ({ atMs }) => end - slotOf('hour', atMs) < settings.hoursForMs,
        );
      assert.deepEqual(whole(thinned), whole(all));
    }),
    parameters,
  );
});
