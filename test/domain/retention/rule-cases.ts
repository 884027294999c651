// The single rules of the planner, each with a bucket in which it alone decides: shared by the tests and by
// the check of mutants.

import assert from 'node:assert/strict';
import type { RetentionState } from '../../../lib/domain/retention/retention-state.ts';
import {
  complete,
  keptCodes,
  type NamedCase,
  oneLog,
  planned,
  refusalsOf,
  stepsOf,
  usual,
} from './named-cases.ts';
import {
  at,
  type Case,
  msAt,
  nameAt,
  nowOf,
  pinOfMoments,
  pinOfSnapshot,
  restoreTo,
  settingsOf,
  stateOf,
} from './retention-cases.ts';
import type { Planner } from './retention-oracle.ts';

const is = (title: string, one: Case, steps: readonly string[]): NamedCase => ({
  title,
  run: (planner) => assert.deepEqual(stepsOf(planner, one), steps),
});

const refuses = (title: string, one: Case, code: string): NamedCase => ({
  title,
  run: (planner) => assert.deepEqual(refusalsOf(planner, one), [code]),
});

const epochs = (from: number): Case => ({
  snapshots: complete(10, 30, 60, 80),
  logs: [
    { path: 'log-1', from: 5, to: 40 },
    { path: 'log-2', from, to: 100 },
  ],
  ...{ window: 30, minBases: 1, now: 101 },
});

function planWith(planner: Planner, one: Case, change: (state: RetentionState) => RetentionState) {
  return planner.planRetention(change(stateOf(one)), settingsOf(one), nowOf(one));
}

const stepsWith = (planner: Planner, one: Case, change: (state: RetentionState) => RetentionState) => {
  const plan = planWith(planner, one, change);
  return plan.kind === 'plan' ? plan.steps.map(({ kind }) => kind) : plan.refusals.map(({ code }) => code);
};

export const holdCases: readonly NamedCase[] = [
  is('a pinned snapshot stays, and needs no log', { ...usual, pins: [pinOfSnapshot(10)] }, [
    'snapshot 20',
    'cut 30',
  ]),
  is('a pinned moment holds its base and the log to it', { ...usual, pins: [pinOfMoments(25)] }, [
    'snapshot 10',
    'cut 20',
  ]),
  is('a pinned range holds all that its moments need', { ...usual, pins: [pinOfMoments(12, 25)] }, [
    'cut 10',
  ]),
  is('a pinned moment of a snapshot itself needs no log', { ...usual, pins: [pinOfMoments(10)] }, [
    'snapshot 20',
    'cut 30',
  ]),
  is('a pin that is over holds nothing', { ...usual, pins: [{ ...pinOfSnapshot(10), untilMs: msAt(51) }] }, [
    'snapshot 20',
    'snapshot 10',
    'cut 30',
  ]),
  is(
    'a pin holds to its last millisecond',
    { ...usual, pins: [{ ...pinOfSnapshot(10), untilMs: msAt(51) + 1 }] },
    ['snapshot 20', 'cut 30'],
  ),
  is(
    'a pin that was released holds nothing',
    { ...usual, pins: [{ ...pinOfSnapshot(10), state: 'released', releasedMs: 1, releasedBy: 'x' }] },
    ['snapshot 20', 'snapshot 10', 'cut 30'],
  ),
  is(
    'a restore holds the base that it began with, though a newer one would do',
    { ...usual, restores: [restoreTo(25, 10)] },
    ['cut 10'],
  ),
  {
    title: 'what a dead run left stays when it is pinned',
    run: (planner) => {
      const snapshots = [...complete(30), { minute: 5, kind: 'dead' } as const];
      const one = { ...usual, snapshots, pins: [pinOfSnapshot(5)], keepUnfinished: 1 };
      assert.deepEqual(stepsOf(planner, one), ['cut 30']);
      assert.deepEqual(keptCodes(planner, one, nameAt(5)), ['PIN']);
    },
  },
  {
    title: 'a pinned incremental snapshot holds what it is laid over',
    run: (planner) => {
      const snapshots = [...complete(10), { minute: 20, kind: 'incremental' } as const, ...complete(30)];
      const one = { ...usual, snapshots, pins: [pinOfSnapshot(20)] };
      assert.deepEqual(stepsOf(planner, one), ['cut 30']);
      assert.deepEqual(keptCodes(planner, one, nameAt(10)), ['PARENT']);
    },
  },
];

export const baseCases: readonly NamedCase[] = [
  is(
    'a base that the log has not reached does not fill the count of bases',
    { ...usual, snapshots: complete(11, 12, 13), logs: oneLog(10, 12), window: 1, minBases: 2 },
    ['cut 11'],
  ),
  {
    title: 'a snapshot that lacks an object stays, says so, and fills no count',
    run: (planner) => {
      const snapshots = [...complete(10, 20), { minute: 30, kind: 'disproven' } as const, ...complete(40)];
      const one = { ...usual, snapshots };
      assert.deepEqual(stepsOf(planner, one), ['snapshot 10', 'cut 20']);
      const kept = planned(planner, one).kept.find(({ name }) => name === nameAt(30));
      assert.match(kept?.reasons[0]?.sentence ?? '', /^it is damaged \(an object is not there\)/);
    },
  },
];

export const refusalCases: readonly NamedCase[] = [
  refuses(
    'restic: an empty policy is refused, not taken as keep nothing',
    { ...usual, window: 0 },
    'EMPTY_POLICY',
  ),
  refuses('no count of bases is no policy either', { ...usual, minBases: 0 }, 'EMPTY_POLICY'),
  refuses(
    'without one verified base nothing goes',
    { ...usual, snapshots: [{ minute: 5, kind: 'dead' }] },
    'LAST_BASE',
  ),
  refuses(
    'backups of two clusters in one bucket are refused',
    { ...usual, snapshots: [...complete(10, 20, 30), { minute: 40, kind: 'complete', clusterId: 7n }] },
    'CLUSTER_MISMATCH',
  ),
  refuses('a clock behind the newest snapshot is refused', { ...usual, logs: [], now: 34 }, 'CLOCK_BEHIND'),
  refuses('a clock behind the newest checkpoint is refused', { ...usual, now: 44 }, 'CLOCK_BEHIND'),
  is('clocks that differ by a little are fine', { ...usual, now: 46, window: 11 }, [
    'snapshot 20',
    'snapshot 10',
    'cut 30',
  ]),
  {
    title: 'a log that cannot be read is refused, whatever else is sure',
    run: (planner) => {
      const problem = { object: 'log-1/backupmeta', problem: 'it is cut short' };
      const steps = stepsWith(planner, epochs(50), (state) => ({
        ...state,
        facts: {
          ...state.facts,
          logs: state.facts.logs.map((log, i) => (i === 0 ? { ...log, problem } : log)),
        },
      }));
      assert.deepEqual(steps, ['METADATA_UNREADABLE']);
    },
  },
];

export const epochCases: readonly NamedCase[] = [
  is('the log of an old epoch goes whole when no kept base needs it', epochs(50), [
    'snapshot 30',
    'snapshot 10',
    'log log-1',
    'cut 60',
  ]),
  is('the log of an old epoch stays while a kept base leads on with it', { ...epochs(50), minBases: 3 }, [
    'snapshot 10',
  ]),
  is('the log of an old epoch stays while it reaches into the window', { ...epochs(50), window: 65 }, [
    'snapshot 10',
  ]),
  is('a pinned moment in an old epoch holds its log', { ...epochs(50), pins: [pinOfMoments(35)] }, [
    'snapshot 10',
    'cut 60',
  ]),
  {
    title: 'a pinned moment that nothing restores any more still holds the log that it lies in',
    run: (planner) => {
      const one = { ...epochs(50), snapshots: complete(60, 80), pins: [pinOfMoments(35)] };
      assert.deepEqual(keptCodes(planner, one, 'log-1'), ['BASE_NEEDS_LOG']);
    },
  },
  {
    title: 'a log that somebody locked does not go',
    run: (planner) => {
      const locks = [{ object: 'log-1/truncating.lock', description: 'held' }];
      const steps = stepsWith(planner, epochs(50), (state) => ({
        ...state,
        facts: {
          ...state.facts,
          logs: state.facts.logs.map((log, i) => (i === 0 ? { ...log, locks } : log)),
        },
      }));
      assert.deepEqual(steps, ['delete-snapshot', 'delete-snapshot', 'cut-log']);
    },
  },
  {
    title: 'a log that something was flushed to inside the window does not go, whatever its checkpoint says',
    run: (planner) => {
      const steps = stepsWith(planner, epochs(50), (state) => ({
        ...state,
        facts: {
          ...state.facts,
          logs: state.facts.logs.map((log, i) => (i === 0 ? { ...log, lastFlushTs: at(90) } : log)),
        },
      }));
      assert.ok(!steps.includes('delete-log'));
    },
  },
  {
    title: 'a log that began after the one that goes on is not old',
    run: (planner) => {
      const steps = stepsWith(planner, epochs(50), (state) => ({
        ...state,
        facts: {
          ...state.facts,
          logs: state.facts.logs.map((log, i) => (i === 0 ? { ...log, startTs: at(60), minTs: at(5) } : log)),
        },
      }));
      assert.ok(!steps.includes('delete-log'));
    },
  },
  {
    title: 'the log of the first epoch goes, though the later ones lie inside its folder',
    run: (planner) => {
      const one = epochs(50);
      const logs = one.logs.map((log, i) => (i === 1 ? { ...log, path: 'log-1/epoch-2' } : log));
      assert.ok(stepsOf(planner, { ...one, logs }).includes('log log-1'));
    },
  },
  {
    title: 'no log goes while nobody knows which one goes on',
    run: (planner) => {
      const steps = stepsWith(planner, epochs(50), (state) => ({ ...state, currentLog: 'log-9' }));
      assert.deepEqual(steps, ['delete-snapshot', 'delete-snapshot']);
    },
  },
];

export const ruleCases: readonly NamedCase[] = [...baseCases, ...holdCases, ...refusalCases, ...epochCases];
