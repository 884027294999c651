// The stored shapes: which fields each record has in which state. The compiler holds them against the types of the domain,
// test/ports/state/stored-shapes.test.ts against the list of what is out there.

import type { AppliedChange, AuditEntry } from '../../domain/state/audit-entry.ts';
import type { BrRun } from '../../domain/state/br-run.ts';
import type { Checkpoint } from '../../domain/state/checkpoint.ts';
import type { Lease } from '../../domain/state/lease.ts';
import type { RestoreRun } from '../../domain/state/restore-run.ts';
import type { Signal } from '../../domain/state/signal.ts';
import type { SnapshotRun } from '../../domain/state/snapshot-run.ts';
import type { TaskChange } from '../../domain/state/task-change.ts';
import type { RecordKind, RecordOfKind } from '../../domain/state/task-record.ts';
import type { TruncationRun } from '../../domain/state/truncation-run.ts';
import {
  bool,
  changeId,
  clusterName,
  count,
  facts,
  fraction,
  listOf,
  ms,
  nullable,
  objectOf,
  oneOf,
  runIdText,
  text,
  u64,
} from './fields.ts';
import { keeperShape, logTaskShape } from './log-task-shapes.ts';
import { pinShape, planShape, work } from './plan-shapes.ts';
import { flatShape, type Shape, shapeOfStates } from './shape.ts';

const failure = objectOf({ code: text, message: text, hint: text });
const runner = objectOf({ kind: oneOf('fargate', 'ssm', 'local'), ref: text });
const recordKind = oneOf(
  'log-task',
  'snapshot',
  'truncation',
  'restore',
  'plan',
  'br-run',
  'task-change',
  'keeper',
  'pin',
);

const snapshotRun = {
  cluster: clusterName,
  id: runIdText,
  dueMs: ms,
  trigger: oneOf('schedule', 'person', 'first', 'adopted', 'keeper'),
  folder: text,
};
const snapshotShape: Shape<SnapshotRun> = shapeOfStates<SnapshotRun>('snapshot/v1', {
  planned: { ...snapshotRun, plannedMs: ms },
  running: {
    ...snapshotRun,
    startedMs: ms,
    attempt: count,
    runner,
    heartbeatMs: ms,
    progress: nullable(fraction),
  },
  complete: { ...snapshotRun, backupTs: u64, endedMs: ms, bytes: u64 },
  failed: { ...snapshotRun, endedMs: ms, attempt: count, failure },
  expired: { ...snapshotRun, backupTs: u64, deletedMs: ms, reason: text },
});

const truncationRun = { cluster: clusterName, id: runIdText, dueMs: ms };
const cut = { ...truncationRun, path: text, untilTs: u64 };
const truncationShape: Shape<TruncationRun> = shapeOfStates<TruncationRun>('truncation/v1', {
  planned: { ...cut, plannedMs: ms, reasons: listOf(text) },
  running: {
    ...cut,
    startedMs: ms,
    attempt: count,
    runner: objectOf({ kind: oneOf('fargate', 'ssm', 'local', 'native'), ref: text }),
    heartbeatMs: ms,
    failure: nullable(failure),
  },
  done: { ...cut, endedMs: ms, logMinimumTs: u64 },
  failed: { ...cut, endedMs: ms, attempt: count, failure },
  refused: { ...truncationRun, refusedMs: ms, refusal: failure },
});

const restoreRun = {
  cluster: clusterName,
  id: runIdText,
  requestedMs: ms,
  requestedBy: text,
  restoreTs: u64,
  targetPd: listOf(text),
  tables: listOf(text),
};
const plannedRestore = { ...restoreRun, planId: text, base: text };
const restoreShape: Shape<RestoreRun> = shapeOfStates<RestoreRun>('restore/v1', {
  refused: { ...restoreRun, refusedMs: ms, refusal: failure, nearestTs: listOf(u64) },
  planned: { ...plannedRestore, plannedMs: ms },
  'awaiting-approval': { ...plannedRestore, sinceMs: ms },
  running: {
    ...plannedRestore,
    startedMs: ms,
    attempt: count,
    runner,
    heartbeatMs: ms,
    step: oneOf('snapshot', 'log'),
    progress: nullable(fraction),
  },
  verifying: { ...plannedRestore, startedMs: ms, endedMs: ms },
  settling: { ...plannedRestore, startedMs: ms, endedMs: ms, failure: nullable(failure) },
  done: { ...plannedRestore, startedMs: ms, endedMs: ms, proof: text },
  failed: { ...plannedRestore, endedMs: ms, attempt: count, failure, leftBehind: listOf(text) },
});

const brRun = {
  cluster: clusterName,
  id: runIdText,
  work,
  workId: runIdText,
  attempt: count,
  command: text,
  argv: listOf(text),
  env: facts,
  decidedMs: ms,
  token: text,
};
const brRunShape: Shape<BrRun> = shapeOfStates<BrRun>('br-run/v1', {
  starting: brRun,
  running: {
    ...brRun,
    startedMs: ms,
    handle: text,
    lookedMs: ms,
    step: text,
    progress: nullable(fraction),
    stdoutRead: count,
    stderrRead: count,
  },
  ended: {
    ...brRun,
    startedMs: ms,
    endedMs: ms,
    end: text,
    verdict: oneOf('done', 'again', 'failed'),
    waitSeconds: count,
    failure: nullable(failure),
    facts,
    isAnswered: bool,
  },
});

const taskChange = {
  cluster: clusterName,
  id: runIdText,
  action: oneOf('start', 'stop', 'pause', 'resume'),
  task: text,
  path: text,
  startTs: u64,
  plannedMs: ms,
  why: text,
};
const taskChangeShape: Shape<TaskChange> = shapeOfStates<TaskChange>('task-change/v1', {
  planned: taskChange,
  running: { ...taskChange, startedMs: ms, attempt: count, runner, heartbeatMs: ms },
  done: { ...taskChange, endedMs: ms, seen: text },
  failed: { ...taskChange, endedMs: ms, attempt: count, failure },
});

/** The shape of each kind of record. */
export const recordShapes: { readonly [K in RecordKind]: Shape<RecordOfKind[K]> } = {
  'log-task': logTaskShape,
  snapshot: snapshotShape,
  truncation: truncationShape,
  restore: restoreShape,
  plan: planShape,
  'br-run': brRunShape,
  'task-change': taskChangeShape,
  keeper: keeperShape,
  pin: pinShape,
};

const lease = { cluster: clusterName, work, fence: u64 };
export const leaseShape: Shape<Lease> = shapeOfStates<Lease>('lease/v1', {
  held: { ...lease, holder: text, acquiredMs: ms, expiresMs: ms },
  free: { ...lease, releasedMs: ms },
});

const signal = { cluster: clusterName, id: changeId, atMs: ms, topic: text, facts };
export const signalShape: Shape<Signal> = shapeOfStates<Signal>('signal/v1', {
  waiting: signal,
  consumed: { ...signal, consumedMs: ms, consumedBy: text },
});

export const checkpointShape: Shape<Checkpoint> = flatShape<Checkpoint>('checkpoint/v1', {
  cluster: clusterName,
  resolution: oneOf('minute', 'hour'),
  atMs: ms,
  checkpointTs: u64,
  expiresMs: ms,
});

export const auditShape: Shape<AuditEntry> = flatShape<AuditEntry>('audit/v1', {
  cluster: clusterName,
  id: changeId,
  atMs: ms,
  who: text,
  what: text,
  why: text,
  facts,
});

export const changeShape: Shape<AppliedChange> = flatShape<AppliedChange>('change/v1', {
  cluster: clusterName,
  id: changeId,
  atMs: ms,
  who: text,
  what: text,
  written: listOf(objectOf({ kind: recordKind, id: text, revision: count })),
});

/** Every shape that is stored, for the test that holds them against the list. */
export const storedShapes: readonly Pick<Shape<unknown>, 'shape' | 'forms'>[] = [
  ...Object.values(recordShapes),
  leaseShape,
  signalShape,
  checkpointShape,
  auditShape,
  changeShape,
];
