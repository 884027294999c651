// The check of a step when it is to be done, the promise as arithmetic, and when a plan is stale: cases that the tests and the check of
// mutants share.

import assert from 'node:assert/strict';
import type { RetentionStep } from '../../../lib/domain/retention/retention-plan.ts';
import type { RetentionState } from '../../../lib/domain/retention/retention-state.ts';
import { complete, type NamedCase, planned, usual } from './named-cases.ts';
import {
  at,
  type Case,
  msAt,
  nameAt,
  nowOf,
  pinOfSnapshot,
  restoreTo,
  settingsOf,
  stateOf,
} from './retention-cases.ts';
import type { Planner } from './retention-oracle.ts';

const deleteSnapshot = (minute: number): RetentionStep => ({
  ...{ kind: 'delete-snapshot', folder: nameAt(minute), backupTs: at(minute) },
  ...{ reasons: ['a test'], objects: 3, bytes: 300n },
});

function checked(planner: Planner, state: RetentionState, step: RetentionStep, one: Case): string {
  const check = planner.checkStep(state, step, settingsOf(one), nowOf(one));
  return check.kind === 'refused' ? check.refusal.code : check.kind;
}

export const checkCases: readonly NamedCase[] = [
  {
    title: 'a step is refused when the base that the window needs is gone since the plan',
    run: (planner) => {
      const state = stateOf(usual);
      const facts = {
        ...state.facts,
        snapshots: state.facts.snapshots.filter(({ name }) => name !== nameAt(30)),
      };
      assert.equal(checked(planner, state, deleteSnapshot(20), usual), 'go');
      assert.equal(checked(planner, { ...state, facts }, deleteSnapshot(20), usual), 'WINDOW_AT_RISK');
    },
  },
  {
    title: 'a step is refused when a pin or a restore came after the plan',
    run: (planner) => {
      const state = { ...stateOf(usual), pins: [pinOfSnapshot(20)] };
      assert.equal(checked(planner, state, deleteSnapshot(20), usual), 'WINDOW_AT_RISK');
      const other = { ...stateOf(usual), restores: [restoreTo(25, 20)] };
      assert.equal(checked(planner, other, deleteSnapshot(20), usual), 'WINDOW_AT_RISK');
    },
  },
  {
    title: 'a cut deeper than what is allowed now is refused, one that is less deep is not',
    run: (planner) => {
      const cut = planned(planner, usual).steps.at(-1);
      assert.ok(cut?.kind === 'cut-log');
      const state = stateOf(usual);
      assert.equal(checked(planner, state, { ...cut, untilTs: at(20) }, usual), 'go');
      assert.equal(checked(planner, state, { ...cut, untilTs: at(31) }, usual), 'WINDOW_AT_RISK');
      const wider = { ...usual, window: 25 };
      assert.equal(checked(planner, state, cut, wider), 'WINDOW_AT_RISK');
    },
  },
  {
    title: 'another snapshot in the same folder is not the one that was to go',
    run: (planner) => {
      const step = { ...deleteSnapshot(20), backupTs: at(19) } as RetentionStep;
      assert.equal(checked(planner, stateOf(usual), step, usual), 'WINDOW_AT_RISK');
    },
  },
  {
    title: 'a step whose clock is wrong when it is to be done is refused by that name',
    run: (planner) => {
      const check = planner.checkStep(stateOf(usual), deleteSnapshot(20), settingsOf(usual), msAt(20));
      assert.ok(check.kind === 'refused');
      assert.equal(check.refusal.code, 'CLOCK_BEHIND');
    },
  },
  {
    title: 'a step whose target has gone is over; one of which something is left is not',
    run: (planner) => {
      const state = stateOf(usual);
      const facts = {
        ...state.facts,
        snapshots: state.facts.snapshots.filter(({ name }) => name !== nameAt(20)),
      };
      const contents = new Map(state.contents);
      contents.delete(nameAt(20));
      assert.equal(checked(planner, { ...state, facts, contents }, deleteSnapshot(20), usual), 'over');
      contents.set(nameAt(20), { objects: 1, bytes: 1n, newestMs: msAt(50), hasHead: false });
      const rest = { ...state, facts, contents, begun: new Set([nameAt(20)]) };
      assert.equal(checked(planner, rest, deleteSnapshot(20), usual), 'go');
      assert.equal(
        checked(planner, { ...rest, begun: new Set() }, deleteSnapshot(20), usual),
        'WINDOW_AT_RISK',
      );
      assert.equal(
        checked(planner, { ...rest, pins: [pinOfSnapshot(20)] }, deleteSnapshot(20), usual),
        'WINDOW_AT_RISK',
      );
    },
  },
  {
    title: 'a snapshot whose head has gone by our own hand is deleted on, however young its objects are',
    run: (planner) => {
      const one: Case = { ...usual, snapshots: [...complete(10, 30), { minute: 20, kind: 'orphan' }] };
      const state = stateOf(one);
      const contents = new Map(state.contents).set(nameAt(20), {
        objects: 2,
        bytes: 1n,
        newestMs: msAt(51),
        hasHead: false,
      });
      assert.equal(checked(planner, { ...state, contents }, deleteSnapshot(20), one), 'WINDOW_AT_RISK');
      assert.equal(
        checked(planner, { ...state, contents, begun: new Set([nameAt(20)]) }, deleteSnapshot(20), one),
        'go',
      );
    },
  },
  {
    title: 'a damaged snapshot that is to be deleted stays while its head is there',
    run: (planner) => {
      const one: Case = { ...usual, snapshots: [...complete(10, 30), { minute: 20, kind: 'damaged' }] };
      const state = { ...stateOf(one), begun: new Set([nameAt(20)]) };
      assert.equal(checked(planner, state, deleteSnapshot(20), one), 'WINDOW_AT_RISK');
    },
  },
  {
    title:
      'the promise is checked by itself: a step that takes a moment of the window away breaks the invariant',
    run: (planner) => {
      const { facts } = stateOf(usual);
      const window = { from: at(35), to: at(60) };
      const without = (minute: number) => ({
        ...facts,
        snapshots: facts.snapshots.filter(({ name }) => name !== nameAt(minute)),
      });
      assert.equal(planner.invariantHolds(facts, without(10), window), true);
      assert.equal(planner.invariantHolds(facts, { ...without(10), logs: [] }, window), false);
      const cut = { ...facts, logs: facts.logs.map((log) => ({ ...log, minTs: at(31) })) };
      assert.equal(planner.invariantHolds(facts, cut, window), false);
      assert.equal(planner.invariantHolds(facts, cut, { from: at(40), to: at(60) }), true);
    },
  },
  {
    title: 'a table that only a deleted base could read is a lost table',
    run: (planner) => {
      const { facts } = stateOf(usual);
      const list = {
        object: 'R',
        restoreStartTs: at(32),
        restoreCommitTs: at(38),
        rewriteTs: at(32),
        tableIds: [7n],
        dbIds: [],
      };
      const before = { ...facts, logs: facts.logs.map((log) => ({ ...log, blocklists: [list] })) };
      const after = { ...before, snapshots: before.snapshots.filter(({ name }) => name !== nameAt(40)) };
      assert.equal(planner.invariantHolds(before, after, { from: at(45), to: at(60) }), false);
      assert.equal(planner.invariantHolds(before, after, { from: at(10), to: at(39) }), true);
    },
  },
  {
    title:
      'a plan is stale when the policy, what is to go or the log that goes on changed; what came since changes nothing',
    run: (planner) => {
      const state = stateOf(usual);
      const plan = planned(planner, usual);
      const stale = (changed: RetentionState, settings = settingsOf(usual)) =>
        planner.staleFacts(plan.facts, changed, settings, plan.steps).length;
      assert.equal(stale(state, { ...settingsOf(usual), windowMs: 1 }), 1);
      assert.equal(stale({ ...state, currentLog: 'log-2' }), 1);
      const contents = new Map(state.contents).set(nameAt(20), {
        objects: 4,
        bytes: 1n,
        newestMs: 0,
        hasHead: true,
      });
      assert.equal(stale({ ...state, contents }), 1);
      const more = stateOf({ ...usual, snapshots: complete(10, 20, 30, 40, 50) });
      assert.equal(stale(more), 0);
    },
  },
];
