// The failures of other tools, each as a bucket of ours, and the single rules of the planner: shared by the tests and by the check of
// mutants.

import assert from 'node:assert/strict';
import type { RetentionPlan } from '../../../lib/domain/retention/retention-plan.ts';
import {
  type Case,
  type CaseSnapshot,
  nameAt,
  nowOf,
  restoreTo,
  settingsOf,
  stateOf,
} from './retention-cases.ts';
import { lawfulPlan } from './retention-laws.ts';
import type { Planner } from './retention-oracle.ts';

export interface NamedCase {
  readonly title: string;
  readonly run: (planner: Planner) => void;
}

export const oneLog = (from: number, to: number) => [{ path: 'log-backup', from, to }];
export const complete = (...minutes: readonly number[]): readonly CaseSnapshot[] =>
  minutes.map((minute) => ({ minute, kind: 'complete' }));

export const usual: Case = {
  snapshots: complete(10, 20, 30, 40),
  logs: oneLog(5, 50),
  window: 15,
  minBases: 1,
  now: 51,
};

export function planned(planner: Planner, one: Case): RetentionPlan {
  const plan = lawfulPlan(planner, one);
  assert.ok(plan !== undefined, 'the plan was refused');
  return plan;
}

/** Steps in a few words: `snapshot 10`, `unfinished 20`, `log log-backup`, `cut 30`. */
export function stepsOf(planner: Planner, one: Case): readonly string[] {
  const minuteOf = (folder: string) => one.snapshots.find(({ minute }) => nameAt(minute) === folder)?.minute;
  return planned(planner, one).steps.map((step) => {
    switch (step.kind) {
      case 'delete-snapshot':
        return `snapshot ${minuteOf(step.folder)}`;
      case 'delete-unfinished':
        return `unfinished ${minuteOf(step.folder)}`;
      case 'delete-log':
        return `log ${step.path}`;
      case 'cut-log':
        return `cut ${minuteOf(step.base)}`;
      default:
        return step satisfies never;
    }
  });
}

export function refusalsOf(planner: Planner, one: Case): readonly string[] {
  const plan = planner.planRetention(stateOf(one), settingsOf(one), nowOf(one));
  return plan.kind === 'refused' ? plan.refusals.map(({ code }) => code) : [];
}

export function keptCodes(planner: Planner, one: Case, name: string): readonly string[] {
  const kept = planned(planner, one).kept.find((each) => each.name === name);
  return (kept?.reasons ?? []).map(({ code }) => code);
}

const is = (title: string, one: Case, steps: readonly string[]): NamedCase => ({
  title,
  run: (planner) => assert.deepEqual(stepsOf(planner, one), steps),
});

const failing = (...minutes: readonly number[]): readonly CaseSnapshot[] =>
  minutes.map((minute) => ({ minute, kind: 'dead' }));

export const toolCases: readonly NamedCase[] = [
  is(
    'tidb-operator #3660: a streak of failed runs pushes no good base out',
    { ...usual, snapshots: [...complete(10), ...failing(20, 25, 30, 35, 40, 45)], minBases: 2, now: 52 },
    ['unfinished 20'],
  ),
  is(
    'tidb-operator #6068: where bases go by their count, the log before them is cut, too',
    { ...usual, window: 5, minBases: 3 },
    ['snapshot 10', 'cut 20'],
  ),
  {
    title: 'tidb-operator #6320: the log that goes on never goes with the snapshots',
    run: (planner) => {
      assert.deepEqual(stepsOf(planner, { ...usual, window: 1 }), [
        'snapshot 30',
        'snapshot 20',
        'snapshot 10',
        'cut 40',
      ]);
    },
  },
  is(
    'a failed run between two good ones is not taken for the base of the window, and the good one before it stays',
    {
      snapshots: [...complete(20, 30), ...failing(40), ...complete(50)],
      ...{ logs: oneLog(5, 60), window: 27, minBases: 1, now: 60, keepUnfinished: 1000 },
    },
    ['snapshot 20', 'cut 30'],
  ),
  is(
    'a failed run that claims to be complete, with a BackupTS of zero, is no base either',
    {
      snapshots: [...complete(20, 30), { minute: 40, kind: 'unnumbered' }, ...complete(50)],
      ...{ logs: oneLog(5, 60), window: 27, minBases: 1, now: 60 },
    },
    ['snapshot 20', 'cut 30'],
  ),
  is(
    'tidb-operator #4939: a snapshot that has just been completed stays, and so does the one before it',
    { ...usual, snapshots: complete(10, 50), window: 15, now: 51 },
    ['cut 10'],
  ),
  is(
    'tidb-operator #6850: what a dead run left stays as long as somebody may look at it or go on with it',
    { ...usual, snapshots: [...complete(10), ...failing(30)], keepUnfinished: 20.1 },
    ['cut 10'],
  ),
  is(
    'tidb-operator #5147: what is older than the window does go',
    { ...usual, snapshots: complete(10, 20, 30, 40) },
    ['snapshot 20', 'snapshot 10', 'cut 30'],
  ),
  is(
    'litestream #1164: what another snapshot is laid over does not go before it',
    {
      ...usual,
      snapshots: [...complete(10), { minute: 20, kind: 'incremental' }, { minute: 30, kind: 'incremental' }],
      window: 10,
    },
    ['cut 10'],
  ),
  is(
    'litestream #1270: a restore that runs holds its base and the log from there on',
    { ...usual, restores: [restoreTo(25, 20)] },
    ['snapshot 10', 'cut 20'],
  ),
  is('pgbackrest #54: a count of bases never shortens the window', { ...usual, window: 38, minBases: 1 }, [
    'cut 10',
  ]),
  {
    title: 'pgbackrest #2258: when a lifecycle rule took what a plan relies on, the plan is stale',
    run: (planner) => {
      const state = stateOf(usual);
      const plan = planned(planner, usual);
      const facts = { ...state.facts, snapshots: state.facts.snapshots.slice(0, 3) };
      const settings = settingsOf(usual);
      const stale = planner.staleFacts(plan.facts, { ...state, facts }, settings, plan.steps);
      assert.equal(stale.length, 1);
      assert.match(stale[0] ?? '', new RegExp(`^snapshot ${nameAt(40)} complete`));
    },
  },
  is(
    'cnpg #2429: without newer bases the log is cut at the base that the window needs, and no deeper',
    { ...usual, snapshots: complete(10), logs: oneLog(5, 5000), now: 5000 },
    ['cut 10'],
  ),
  is('a log that stands still for long loses none of its last moments', { ...usual, now: 5000 }, [
    'snapshot 20',
    'snapshot 10',
    'cut 30',
  ]),
  is('a clock that runs ahead by years deletes no more than one that is right', { ...usual, now: 525_600 }, [
    'snapshot 20',
    'snapshot 10',
    'cut 30',
  ]),
];
