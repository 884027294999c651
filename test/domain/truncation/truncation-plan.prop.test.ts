// The promise of a cut, over random buckets: every moment of the window that could be restored before can be restored after it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseBase } from '../../../lib/domain/base.ts';
import type { CatalogFacts, SnapshotFacts } from '../../../lib/domain/facts.ts';
import { planTruncation, type TruncationPlan } from '../../../lib/domain/truncation/truncation-plan.ts';
import { msOfTs, tsFromMs } from '../../../lib/domain/ts.ts';
import { catalog, incremental, log, snapshot } from '../builders.ts';

const parameters = { seed: 20261122, numRuns: 2000 };
const startMs = Date.UTC(2026, 0, 1);
const at = (minutes: number) => tsFromMs(startMs + minutes * 60_000);
const minute = fc.integer({ min: 0, max: 60 });

const anySnapshot = fc.record({
  minute,
  kind: fc.constantFrom(
    'complete',
    'complete',
    'complete',
    'unfinished',
    'damaged',
    'incremental',
    'foreign',
  ),
  number: fc.nat(999),
});

function snapshotOf({
  minute: when,
  kind,
  number,
}: {
  minute: number;
  kind: string;
  number: number;
}): SnapshotFacts {
  const name = `snapshot-${when}-${kind}-${number}`;
  const ts = at(when);
  switch (kind) {
    case 'unfinished':
      return snapshot(name, 0n, {
        state: { kind: 'unfinished', resumable: false, lockExpiresMs: undefined, backupTs: undefined },
        clusterId: 0n,
      });
    case 'damaged':
      return snapshot(name, ts, { state: { kind: 'damaged', object: name, problem: 'cut' } });
    case 'incremental':
      return incremental(name, at(Math.max(0, when - 5)), ts);
    case 'foreign':
      return snapshot(name, ts, { clusterId: 7n });
    default:
      return snapshot(name, ts);
  }
}

const buckets = fc.record({
  snapshots: fc.uniqueArray(anySnapshot, { maxLength: 8, selector: (one) => JSON.stringify(one) }),
  from: fc.integer({ min: 0, max: 20 }),
  length: fc.integer({ min: 0, max: 60 }),
  windowMinutes: fc.integer({ min: 1, max: 40 }),
  minBases: fc.integer({ min: 0, max: 4 }),
  now: fc.integer({ min: 0, max: 70 }),
});
type Bucket = typeof buckets extends fc.Arbitrary<infer T> ? T : never;

function factsOf({ snapshots, from, length }: Bucket): CatalogFacts {
  return catalog(snapshots.map(snapshotOf), [log('log-backup', at(from), at(from + length))]);
}

function planOf(bucket: Bucket): TruncationPlan {
  return planTruncation({
    facts: factsOf(bucket),
    logPath: 'log-backup',
    retention: { windowMs: bucket.windowMinutes * 60_000, minBases: bucket.minBases },
    nowMs: startMs + bucket.now * 60_000,
  });
}

function afterCut(facts: CatalogFacts, untilTs: bigint): CatalogFacts {
  return { ...facts, logs: facts.logs.map((one) => ({ ...one, safepointTs: untilTs, minTs: untilTs })) };
}

test('the generator makes cuts, refusals and buckets where nothing is to be cut', () => {
  const seen = new Map<string, number>();
  for (const bucket of fc.sample(buckets, { ...parameters, numRuns: 1000 })) {
    const { kind } = planOf(bucket);
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  for (const kind of ['cut', 'nothing', 'refused'])
    assert.ok((seen.get(kind) ?? 0) > 50, `${kind}: ${[...seen]}`);
});

test('no cut takes a moment of the window away', () => {
  fc.assert(
    fc.property(buckets, fc.integer({ min: 0, max: 7200 }), (bucket, halfMinutes) => {
      const plan = planOf(bucket);
      if (plan.kind !== 'cut') return;
      const before = factsOf(bucket);
      const nowMs = startMs + bucket.now * 60_000;
      const moment = tsFromMs(nowMs - bucket.windowMinutes * 60_000 + halfMinutes * 30_000, 3);
      if (chooseBase(before, moment).kind !== 'choice') return;
      const after = chooseBase(afterCut(before, plan.untilTs), moment);
      assert.equal(after.kind, 'choice', `${moment} (${new Date(msOfTs(moment)).toISOString()}) was lost`);
    }),
    parameters,
  );
});

test('so many bases as are to be kept still reach the end of the log after a cut', () => {
  fc.assert(
    fc.property(buckets, (bucket) => {
      const plan = planOf(bucket);
      if (plan.kind !== 'cut') return;
      const facts = afterCut(factsOf(bucket), plan.untilTs);
      const end = facts.logs[0]?.maxTs ?? 0n;
      const reaching = facts.snapshots.filter(
        ({ name, state, startTs }) =>
          state.kind === 'complete' &&
          startTs === 0n &&
          chooseBase(facts, end, { snapshot: name }).kind === 'choice',
      );
      assert.ok(reaching.length >= Math.max(1, bucket.minBases), `${reaching.length} of ${bucket.minBases}`);
    }),
    parameters,
  );
});

test('a cut is never deeper than the next one would allow, and planning it again after it was made finds nothing to do', () => {
  fc.assert(
    fc.property(buckets, (bucket) => {
      const plan = planOf(bucket);
      if (plan.kind !== 'cut') return;
      const again = planTruncation({
        facts: afterCut(factsOf(bucket), plan.untilTs),
        logPath: 'log-backup/',
        retention: { windowMs: bucket.windowMinutes * 60_000, minBases: bucket.minBases },
        nowMs: startMs + bucket.now * 60_000,
      });
      assert.ok(again.kind === 'nothing', again.kind);
      assert.equal(again.untilTs, plan.untilTs);
    }),
    parameters,
  );
});
