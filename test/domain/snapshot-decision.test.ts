// When a snapshot is taken and when a firing is left out, each with its reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideSnapshot, type SnapshotQuestion } from '../../lib/domain/snapshot-decision.ts';
import { completeSnapshot, noon, plannedSnapshot, runningSnapshot } from '../support/state-builders.ts';

const hour = 3_600_000;
const asked = (over: Partial<SnapshotQuestion>): string => {
  const decision = decideSnapshot({
    trigger: 'schedule',
    dueMs: noon,
    isScheduledDay: true,
    onOverlap: 'skip',
    isFirstWanted: true,
    logStartTs: 0n,
    recent: [],
    ...over,
  });
  return `${decision.kind}: ${decision.reason}`;
};

test('a firing of the schedule takes a snapshot', () => {
  assert.equal(asked({}), 'take: the schedule fired');
});

test('a day that the schedule leaves out takes none, whatever else is', () => {
  assert.equal(asked({ isScheduledDay: false }), 'skip: the schedule leaves this day out');
});

test('the same firing again takes none', () => {
  assert.match(asked({ recent: [completeSnapshot(noon)] }), /^skip: snapshot-20261122120000 was planned/);
});

test('while a snapshot runs or waits, the next firing is left out, or waits where the settings say so', () => {
  for (const open of [plannedSnapshot(noon - hour), runningSnapshot(noon - hour)]) {
    assert.match(asked({ recent: [open] }), new RegExp(`^skip: snapshot-20261122110000 is ${open.state}`));
    assert.equal(asked({ recent: [open], onOverlap: 'wait' }), 'take: the schedule fired');
  }
});

test('a complete or failed snapshot of before keeps nothing out', () => {
  assert.equal(asked({ recent: [completeSnapshot(noon - hour)] }), 'take: the schedule fired');
});

test('the first snapshot is taken once: not when one is there, on its way, or left to the schedule', () => {
  const first = (over: Partial<SnapshotQuestion>) =>
    asked({ trigger: 'first', isScheduledDay: false, ...over });
  assert.equal(first({}), 'take: there is no snapshot yet');
  assert.match(first({ isFirstWanted: false }), /^skip: the settings leave the first snapshot/);
  assert.match(first({ recent: [completeSnapshot(noon - hour)] }), /^skip: .* is complete$/);
  assert.match(first({ recent: [runningSnapshot(noon - hour)] }), /^skip: .* is running$/);
});

test('a snapshot from before the log that runs now is no base for it: the first one is taken again', () => {
  const logStartTs = 18_446_744_073_709_551_615n;
  const old = { ...completeSnapshot(noon - hour), backupTs: logStartTs - 1n };
  assert.equal(
    asked({ trigger: 'first', recent: [old], logStartTs }),
    'take: snapshot-20261122110000 is older than the log that runs now',
  );
  assert.match(
    asked({ trigger: 'first', recent: [{ ...old, backupTs: logStartTs }], logStartTs }),
    /^skip: .* is complete$/,
  );
});

test('a failed first snapshot is no reason against another one', () => {
  const { backupTs: _ts, bytes: _bytes, ...run } = completeSnapshot(noon - hour);
  const failed = {
    ...run,
    state: 'failed',
    attempt: 3,
    failure: { code: 'BR_FAILED', message: 'm', hint: '' },
  } as const;
  assert.equal(asked({ trigger: 'first', recent: [failed] }), 'take: there is no snapshot yet');
});

test('a person gets one at once, unless one is on its way', () => {
  assert.equal(asked({ trigger: 'person', isScheduledDay: false }), 'take: a person asked for it');
  assert.match(asked({ trigger: 'person', recent: [plannedSnapshot(noon - hour)] }), /^skip: .* is planned/);
  assert.match(asked({ trigger: 'person', recent: [completeSnapshot(noon)] }), /^skip: .* this very second$/);
});
