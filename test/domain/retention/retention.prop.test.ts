// The laws of the retention over random buckets, with pins and restores, after every prefix of the plan.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Case,
  nowOf,
  pinOfMoments,
  pinOfSnapshot,
  restoreTo,
  settingsOf,
  snapshotKinds,
  stateOf,
} from './retention-cases.ts';
import { lawfulPlan } from './retention-laws.ts';
import { planner } from './retention-oracle.ts';

const parameters = { seed: 20261122, numRuns: 1500 };
const minute = fc.integer({ min: 1, max: 90 });

const snapshots = fc
  .uniqueArray(
    fc.record({
      minute,
      kind: fc.constantFrom(
        ...snapshotKinds,
        'complete' as const,
        'complete' as const,
        'incremental' as const,
      ),
    }),
    { maxLength: 9, selector: (one) => one.minute },
  )
  .map((all) => all.toSorted((a, b) => a.minute - b.minute));

const logs = fc
  .array(fc.record({ gap: fc.integer({ min: -15, max: 15 }), length: fc.integer({ min: 0, max: 60 }) }), {
    maxLength: 3,
  })
  .map((all) => {
    let end = 10;
    return all.map(({ gap, length }, index) => {
      const from = Math.max(index + 1, end + gap);
      end = from + length;
      return { path: `log-${index}`, from, to: end };
    });
  });

const cases: fc.Arbitrary<Case> = fc.record({
  snapshots,
  logs,
  window: fc.integer({ min: 1, max: 120 }),
  minBases: fc.integer({ min: 1, max: 4 }),
  // Later than everything that the generator makes: a clock behind is another test.
  now: fc.integer({ min: 180, max: 400 }),
  keepUnfinished: fc.integer({ min: 0, max: 300 }),
  pins: fc.array(
    fc.oneof(
      minute.map(pinOfSnapshot),
      minute.map((at) => pinOfMoments(at)),
      fc.tuple(minute, fc.nat(20)).map(([at, length]) => pinOfMoments(at, at + length)),
    ),
    { maxLength: 2 },
  ),
  restores: fc.array(
    fc.tuple(minute, fc.nat(20)).map(([base, later]) => restoreTo(base + later, base)),
    { maxLength: 1 },
  ),
});

test('the generator makes all kinds of steps, and refusals', () => {
  const seen = new Map<string, number>();
  for (const one of fc.sample(cases, { ...parameters, numRuns: 1000 })) {
    const plan = planner.planRetention(stateOf(one), settingsOf(one), nowOf(one));
    const kinds = plan.kind === 'plan' ? plan.steps.map(({ kind }) => kind) : ['refused'];
    for (const kind of kinds) seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  for (const kind of ['refused', 'delete-snapshot', 'delete-unfinished', 'delete-log', 'cut-log']) {
    assert.ok((seen.get(kind) ?? 0) > 20, `${kind}: ${JSON.stringify([...seen])}`);
  }
});

test('for every moment of the promised window there is a verified base ≤ it and an unbroken log from that base to it, after every prefix of the steps', () => {
  fc.assert(
    fc.property(cases, (one) => {
      lawfulPlan(planner, one);
    }),
    parameters,
  );
});

test('a snapshot that comes while a plan cools off changes none of its facts, and each step may still be done', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const state = stateOf(one);
      const plan = planner.planRetention(state, settingsOf(one), nowOf(one));
      if (plan.kind === 'refused' || plan.steps.length === 0) return;
      const later = { ...one, snapshots: [...one.snapshots, { minute: one.now, kind: 'complete' as const }] };
      const settings = settingsOf(one);
      assert.deepEqual(planner.staleFacts(plan.facts, stateOf(later), settings, plan.steps), []);
      const [first] = plan.steps;
      if (first === undefined) return;
      assert.equal(planner.checkStep(stateOf(later), first, settings, nowOf(one)).kind, 'go');
    }),
    parameters,
  );
});
