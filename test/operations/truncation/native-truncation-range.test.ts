// A native truncation in ranges: each meta lies in one of them, all of them fit into a flow's data, and whoever cuts them in whatever order,
// at once and twice, leaves the bucket that one process leaves.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runNativeTruncation } from '../../../lib/operations/truncation/native-truncation.ts';
import { planNativeTruncation } from '../../../lib/operations/truncation/native-truncation-plan.ts';
import { cutRange, rangesOf } from '../../../lib/operations/truncation/native-truncation-range.ts';
import { openCut } from '../../../lib/operations/truncation/native-truncation-work.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { modelBackup } from '../../support/model-backup.ts';
import { contentsOf, logFolder, truncationDeps } from '../../support/truncation-stage.ts';

const allow = async () => {};

async function copyOf(contents: ReadonlyMap<string, string>): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  for (const [key, hex] of contents) await store.put(key, Buffer.from(hex, 'hex'));
  return store;
}

/** As a flagged meta is called. */
function entriesOf(count: number): readonly { readonly key: string }[] {
  const hex = (value: number) => value.toString(16).padStart(16, '0');
  return Array.from({ length: count }, (_, index) => ({
    key: `${logFolder}v1/backupmeta/${hex(index)}${hex(7)}-d${hex(index)}l${hex(index)}u${hex(index)}p${hex(0)}.meta`,
  }));
}

describe('the ranges of a cut', () => {
  const plan = (count: number) => {
    const entries = entriesOf(count);
    const isEmpty = (_: unknown, index: number) => index % 3 === 0;
    return {
      toOpen: entries.filter((entry, index) => !isEmpty(entry, index)),
      empty: entries.filter(isEmpty),
    } as unknown as Parameters<typeof rangesOf>[0];
  };

  for (const count of [0, 1, 999, 1000, 1001, 200_000, 300_001]) {
    test(`of ${count} metas hold each of them once, and fit into a flow's data`, () => {
      const ranges = rangesOf(plan(count), logFolder);
      assert.ok(ranges.length <= 200);
      assert.equal(ranges.length === 0, count === 0);
      assert.ok(JSON.stringify(ranges).length < 64 * 1024, `${JSON.stringify(ranges).length} bytes`);
      const names = entriesOf(count).map(({ key }) => key.slice(`${logFolder}v1/backupmeta/`.length));
      let at = 0;
      for (const { from, to } of ranges) {
        assert.equal(from, names[at]);
        at = names.indexOf(to, at) + 1;
        assert.ok(at > 0, to);
      }
      assert.equal(at, count);
    });
  }
});

describe('a cut in ranges', () => {
  let objects = 0;
  let parts = 0;

  for (const seed of Array.from({ length: 24 }, (_, index) => 8100 + index)) {
    test(`seed ${seed}: in any order, at once and twice, it leaves what one process leaves`, async () => {
      const random = new SeededRandom(seed);
      const { store, snapshots, log } = await modelBackup(
        seed,
        { steps: 60 },
        { flushes: 60, duplicatePercent: 1 },
      );
      const { backupTs } = random.chance(60) ? snapshots[2] : random.pick(snapshots);
      const untilTs = backupTs > log.endTs ? log.endTs : backupTs;
      const whole = await contentsOf(store);
      const report = await runNativeTruncation(truncationDeps(store), untilTs);
      const expected = await contentsOf(store);

      const split = await copyOf(whole);
      const deps = truncationDeps(split, { pageMetas: random.pick([1, 3, 256]) });
      const { plan } = await openCut(deps, allow, untilTs);
      const ranges = rangesOf(plan, logFolder, random.pick([1, 2, 5]));
      const twice = [...ranges, ...ranges.filter(() => random.chance(30))];
      const order = twice
        .map((range) => ({ range, lot: random.between(0, 1_000_000) }))
        .sort((a, b) => a.lot - b.lot);
      const all = order.map(({ range }) =>
        cutRange(deps, allow, { ...range, untilTs, shiftTs: plan.shiftTs }),
      );
      await Promise.all(all);
      assert.deepEqual(await contentsOf(split), expected);
      objects += report.objects;
      parts += ranges.length;
    });
  }

  test('had something to cut, in many parts', () => {
    assert.ok(objects > 100, `${objects} objects`);
    assert.ok(parts > 100, `${parts} parts`);
  });

  test('asks its guard before the first listing and before each page, and stops where it says so', async () => {
    const { store, snapshots, log } = await modelBackup(
      8100,
      { steps: 60 },
      { flushes: 60, duplicatePercent: 1 },
    );
    const { backupTs } = snapshots[2];
    const untilTs = backupTs > log.endTs ? log.endTs : backupTs;
    const deps = truncationDeps(store, { pageMetas: 1 });
    const plan = await planNativeTruncation(deps, untilTs);
    const [range] = rangesOf(plan, logFolder);
    assert.ok(range !== undefined && plan.toOpen.length > 3);
    const before = await contentsOf(store);
    let asked = 0;
    const refuseAt = (nth: number) => async () => {
      asked += 1;
      if (asked === nth) throw new Error('not any more');
    };
    const cut = { ...range, untilTs, shiftTs: plan.shiftTs };
    await assert.rejects(cutRange(deps, refuseAt(1), cut), /not any more/);
    asked = 0;
    await assert.rejects(cutRange(deps, refuseAt(2), cut), /not any more/);
    assert.deepEqual(await contentsOf(store), before, 'nothing goes before the guard was asked');
    asked = 0;
    await cutRange(deps, refuseAt(0), cut);
    // More are opened than the plan says: what it knew by opening, a range does not know.
    assert.ok(asked > plan.toOpen.length, `${asked} for ${plan.toOpen.length}`);
  });
});
