import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { chooseBase } from '../../lib/domain/base.ts';
import type { CatalogFacts, LogFacts, SnapshotFacts, SnapshotState } from '../../lib/domain/facts.ts';
import type { TsInterval } from '../../lib/domain/intervals.ts';
import { computeWindow, earliest, latest } from '../../lib/domain/window.ts';
import { blockedIds, byValue, waysTo } from './brute-force.ts';
import { blocklist, catalog, extBackup, log, snapshot } from './builders.ts';

const LAST = 11;
const TIMELINE: readonly bigint[] = Array.from({ length: LAST + 3 }, (_, i) => BigInt(i));
const RUNS = { seed: 20261122, numRuns: 1500 };

const at = fc.integer({ min: 1, max: LAST });

function snapshots(clusterId: fc.Arbitrary<bigint>): fc.Arbitrary<SnapshotFacts[]> {
  const state: fc.Arbitrary<SnapshotState> = fc.oneof(
    { weight: 7, arbitrary: fc.constant<SnapshotState>({ kind: 'complete' }) },
    { weight: 1, arbitrary: fc.constant<SnapshotState>({ kind: 'unreadable', reason: 'encrypted' }) },
    { weight: 1, arbitrary: fc.constant<SnapshotState>({ kind: 'damaged', object: 'o', problem: 'p' }) },
    {
      weight: 1,
      arbitrary: at.map((ts): SnapshotState => {
        return { kind: 'unfinished', resumable: true, lockExpiresMs: undefined, backupTs: BigInt(ts) };
      }),
    },
  );
  const one = fc.record({ ts: at, start: fc.option(at, { nil: 0 }), state, clusterId });
  return fc
    .array(one, { maxLength: 4 })
    .map((list) =>
      list.map(({ ts, start, state, clusterId }, i) =>
        snapshot(`s${i}`, state.kind === 'unfinished' ? 0 : ts, { startTs: BigInt(start), state, clusterId }),
      ),
    );
}

function logs(clusterId: fc.Arbitrary<bigint>): fc.Arbitrary<LogFacts[]> {
  const one = fc.record({
    start: at,
    cut: fc.option(at, { nil: 0 }),
    max: fc.option(at, { nil: undefined, freq: 8 }),
    blocks: fc.array(fc.tuple(at, at), { maxLength: 2 }),
    exts: fc.array(fc.tuple(fc.integer({ min: 0, max: LAST }), fc.boolean()), { maxLength: 1 }),
    damaged: fc.boolean().chain((a) => (a ? fc.boolean() : fc.constant(false))),
    clusterId,
  });
  return fc.array(one, { maxLength: 3 }).map((list) =>
    list.map(({ start, cut, max, blocks, exts, damaged, clusterId }, i) => {
      return log(`log${i}`, Math.max(start, cut), max, {
        startTs: BigInt(start),
        blocklists: blocks.map(([a, b], j) =>
          blocklist(Math.min(a, b), Math.max(a, b), [BigInt(10 * i + j)]),
        ),
        extBackups: exts.map(([ts, finished]) =>
          extBackup(ts, finished || ts === 0 ? ts > 0 : false, [BigInt(100 + i)]),
        ),
        clusterId,
        ...(damaged && start % 2 === 0 ? { problem: { object: 'o', problem: 'p' } } : {}),
      });
    }),
  );
}

function bucket(clusterId: fc.Arbitrary<bigint>): fc.Arbitrary<CatalogFacts> {
  return fc.tuple(snapshots(clusterId), logs(clusterId)).map(([some, more]) => catalog(some, more));
}

const oneCluster = bucket(fc.constant(1n));
const anyCluster = bucket(
  fc.oneof({ weight: 6, arbitrary: fc.constant(1n) }, { weight: 1, arbitrary: fc.constantFrom(0n, 2n) }),
);

function inside(intervals: readonly TsInterval[], ts: bigint): boolean {
  return intervals.some((one) => one.from <= ts && ts <= one.to);
}

test('a moment is in the window exactly when some sequence of snapshots and some log reach it', () => {
  fc.assert(
    fc.property(anyCluster, (facts) => {
      const window = computeWindow(facts);
      for (const ts of TIMELINE)
        assert.equal(inside(window.merged, ts), waysTo(facts, ts).length > 0, `${ts}`);
      const restorable = TIMELINE.filter((ts) => waysTo(facts, ts).length > 0);
      assert.equal(earliest(window), restorable[0]);
      assert.equal(latest(window), restorable.at(-1));
    }),
    RUNS,
  );
});

test('every interval of the window is one way, and every base that reaches a moment has one', () => {
  fc.assert(
    fc.property(anyCluster, (facts) => {
      const { intervals } = computeWindow(facts);
      for (const ts of TIMELINE) {
        const shown = intervals.filter((one) => one.from.ts <= ts && ts <= one.to.ts).map((one) => one.base);
        const expected = waysTo(facts, ts).map((way) => way.snapshots.at(-1)!.name);
        assert.deepEqual([...new Set(shown)].sort(), [...new Set(expected)].sort(), `${ts}`);
      }
    }),
    RUNS,
  );
});

test('a base is chosen exactly for the moments of the window, and it is the newest that reaches them', () => {
  fc.assert(
    fc.property(anyCluster, (facts) => {
      for (const ts of TIMELINE) {
        const ways = waysTo(facts, ts);
        const clusters = new Set(ways.flatMap((way) => [...way.clusters]));
        const choice = chooseBase(facts, ts);
        assert.equal(choice.kind, ways.length > 0 && clusters.size <= 1 ? 'choice' : 'refusal', `${ts}`);
        if (choice.kind === 'refusal') continue;
        assert.equal(
          choice.chain.endTs,
          ways
            .map((way) => way.endTs)
            .sort(byValue)
            .at(-1),
        );
        assert.ok(
          ways.some(
            (way) =>
              way.log === choice.log &&
              way.snapshots.length === choice.chain.snapshots.length &&
              way.snapshots.every((one, i) => one === choice.chain.snapshots[i]),
          ),
          'the choice is one of the ways',
        );
        assert.equal(choice.log === undefined, choice.chain.endTs === ts);
      }
    }),
    RUNS,
  );
});

test('a refusal names the nearest moments that can be restored, and none where there is none', () => {
  fc.assert(
    fc.property(oneCluster, (facts) => {
      const restorable = TIMELINE.filter((ts) => waysTo(facts, ts).length > 0);
      for (const ts of TIMELINE) {
        const choice = chooseBase(facts, ts);
        if (choice.kind === 'choice') continue;
        const before = restorable.filter((one) => one < ts).at(-1);
        const after = restorable.find((one) => one > ts);
        assert.deepEqual(choice.error.details.nearest, {
          ...(before === undefined ? {} : { before }),
          ...(after === undefined ? {} : { after }),
        });
      }
    }),
    RUNS,
  );
});

test('a named base serves exactly the moments that it reaches itself, with the nearest of its own', () => {
  fc.assert(
    fc.property(oneCluster, (facts) => {
      for (const { name } of facts.snapshots) {
        const own = (ts: bigint) => waysTo(facts, ts).filter((way) => way.snapshots.at(-1)!.name === name);
        const restorable = TIMELINE.filter((ts) => own(ts).length > 0);
        for (const ts of TIMELINE) {
          const choice = chooseBase(facts, ts, { snapshot: name });
          assert.equal(choice.kind, restorable.includes(ts) ? 'choice' : 'refusal');
          if (choice.kind === 'choice') assert.equal(choice.chain.name, name);
          else if (restorable.length > 0) {
            const nearest = choice.error.details.nearest as { before?: bigint; after?: bigint };
            assert.equal(nearest.before, restorable.filter((one) => one < ts).at(-1));
            assert.equal(
              nearest.after,
              restorable.find((one) => one > ts),
            );
          }
        }
      }
    }),
    RUNS,
  );
});

test('an older base is preferred where one reaches the moment, and never loses a moment', () => {
  fc.assert(
    fc.property(oneCluster, at, (facts, bound) => {
      const limit = BigInt(bound);
      for (const ts of TIMELINE) {
        const ends = waysTo(facts, ts)
          .map((way) => way.endTs)
          .sort(byValue);
        const choice = chooseBase(facts, ts, { preferOlderThan: limit });
        assert.equal(choice.kind, ends.length > 0 ? 'choice' : 'refusal');
        if (choice.kind === 'refusal') continue;
        assert.equal(choice.chain.endTs, ends.filter((end) => end < limit).at(-1) ?? ends.at(-1));
      }
    }),
    RUNS,
  );
});

test('holes and window divide the whole of time, and every hole gives the reason that a refusal gives', () => {
  fc.assert(
    fc.property(anyCluster, (facts) => {
      const { merged, holes } = computeWindow(facts);
      for (const ts of TIMELINE) {
        const around = holes.filter(
          (hole) => (hole.from === undefined || hole.from <= ts) && (hole.to === undefined || ts <= hole.to),
        );
        assert.equal(around.length, inside(merged, ts) ? 0 : 1, `${ts}`);
        const choice = chooseBase(facts, ts);
        if (around[0] === undefined || choice.kind === 'choice') continue;
        assert.equal(choice.error.details.gap, around[0].code);
        assert.equal(choice.error.details.reason, around[0].reason);
      }
      for (const hole of holes)
        assert.ok((hole.from ?? 0n) <= (hole.to ?? BigInt(LAST + 9)), 'no hole is empty');
    }),
    RUNS,
  );
});

test('the tables that a choice and the window leave out are those that the blocklists and ext backups name', () => {
  fc.assert(
    fc.property(oneCluster, (facts) => {
      const { partialHoles } = computeWindow(facts);
      for (const ts of TIMELINE) {
        const choice = chooseBase(facts, ts);
        const shown = partialHoles.filter((hole) => hole.from <= ts && ts <= hole.to);
        const shownIds = [...new Set(shown.flatMap((hole) => hole.block.tableIds))].sort(byValue);
        if (choice.kind === 'refusal') {
          assert.deepEqual(shownIds, []);
          continue;
        }
        const expected = blockedIds(facts, choice.chain.endTs, ts);
        const blocked = choice.blocked.flatMap((block) => block.tableIds);
        assert.deepEqual([...new Set(blocked)].sort(byValue), expected, `choice at ${ts}`);
        assert.deepEqual(shownIds, expected, `window at ${ts}`);
      }
    }),
    RUNS,
  );
});

test('the order in which a bucket is listed changes neither the intervals nor the choices', () => {
  const shuffled = anyCluster.chain((facts) =>
    fc
      .record({
        snapshots: fc.shuffledSubarray([...facts.snapshots], { minLength: facts.snapshots.length }),
        logs: fc.shuffledSubarray([...facts.logs], { minLength: facts.logs.length }),
      })
      .map((other) => [facts, { ...facts, ...other }] as const),
  );
  fc.assert(
    fc.property(shuffled, ([facts, other]) => {
      const chains = (one: CatalogFacts) =>
        computeWindow(one).intervals.map(
          (interval) => `${interval.chain} ${interval.log} ${interval.clusterId}`,
        );
      assert.deepEqual(chains(other), chains(facts));
      for (const ts of TIMELINE) {
        const [a, b] = [chooseBase(facts, ts), chooseBase(other, ts)];
        assert.equal(a.kind, b.kind);
        if (a.kind === 'refusal' || b.kind === 'refusal') continue;
        assert.deepEqual(b.chain, a.chain);
        assert.equal(b.log, a.log);
      }
    }),
    RUNS,
  );
});
