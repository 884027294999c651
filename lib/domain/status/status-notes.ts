// The alarms of a status: where the sources of a lag disagree, where nothing advances, where history runs out. Each a
// sentence with what to do. FACTS §2.5: br's own state says NORMAL at any lag, so that it is never believed alone.

import { type BucketLook, clusterIdOf } from '../bucket-look.ts';
import { duration } from '../doctor/doctor-finding.ts';
import type { Fuse } from '../log-task/fuse.ts';
import { describeTs, formatTs } from '../ts.ts';
import type { ClusterLook, StatusQuestion, StatusReport, TaskStatus } from './status.ts';

export interface StatusNote {
  readonly level: 'warn' | 'fail';
  readonly code: StatusNoteCode;
  /** Lower case, no period. */
  readonly text: string;
}

export type StatusNoteCode =
  | 'NO_TASK'
  | 'NOT_OURS'
  | 'SEVERAL_TASKS'
  | 'LAG'
  | 'NOT_SAVED'
  | 'OBJECTS_BEHIND'
  | 'NO_ADVANCER'
  | 'OLD_ERRORS'
  | 'PAUSED'
  | 'IN_ERROR'
  | 'HISTORY_GONE'
  | 'FUSE_SHORT'
  | 'STORE_NOT_UP'
  | 'OTHER_CLUSTER'
  | 'NOTHING_RESTORABLE'
  | 'LOG_DAMAGED'
  | 'STATE_UNREADABLE';

/** How far the advancer may be before what TiKV saved. FACTS §2.5 */
const savesWithinMs = 10 * 60_000;
/** A burning fuse this short needs somebody today. */
const shortFuseMs = 6 * 3_600_000;

/** All notes, in the order task, lag, fuse, cluster, bucket. */
export function statusNotes(
  report: Omit<StatusReport, 'notes'>,
  look: ClusterLook,
  bucket: BucketLook,
  question: StatusQuestion,
): readonly StatusNote[] {
  const notes: StatusNote[] = [];
  if (look.kind === 'read' && report.cluster.kind === 'read') {
    const { task } = report.cluster;
    if (task === undefined)
      notes.push(warn('NO_TASK', 'no log backup task runs: nothing is added to the log'));
    else notes.push(...taskNotes(task), ...lagNotes(task, question), ...fuseNotes(task));
    notes.push(...clusterNotes(look, bucket));
  }
  return [...notes, ...bucketNotes(report, bucket)];
}

const warn = (code: StatusNoteCode, text: string): StatusNote => ({ level: 'warn', code, text });
const fail = (code: StatusNoteCode, text: string): StatusNote => ({ level: 'fail', code, text });

function taskNotes(task: TaskStatus): readonly StatusNote[] {
  const notes: StatusNote[] = [];
  if (task.ownership === 'not-ours') {
    notes.push(fail('NOT_OURS', `the task ${task.name} writes to ${task.storageUrl}: it is not ours`));
  }
  const { state } = task;
  if (state.kind === 'paused') {
    notes.push(warn('PAUSED', 'the task is paused: nothing is added to the log until br log resume'));
  }
  if (state.kind === 'error') {
    notes.push(fail('IN_ERROR', 'the task stopped on an error: remove the cause, then br log resume'));
  }
  if (state.kind === 'normal' && task.errors.length > 0) {
    notes.push(
      warn(
        'OLD_ERRORS',
        `the task runs, and still has the last error of ${task.errors.length} of the stores`,
      ),
    );
  }
  return notes;
}

function lagNotes({ lag, state }: TaskStatus, { maxLagMs }: StatusQuestion): readonly StatusNote[] {
  const notes: StatusNote[] = [];
  const { checkpoint, advanced, persisted, objects, unsavedMs, missingMs } = lag;
  if (checkpoint.lagMs > maxLagMs) {
    const though = state.kind === 'normal' ? ', though the task counts as running' : '';
    notes.push(
      fail(
        'LAG',
        `the log is ${duration(checkpoint.lagMs)} behind, expected less than ${duration(maxLagMs)}${though}`,
      ),
    );
  }
  if (unsavedMs !== undefined && unsavedMs > savesWithinMs && advanced !== undefined) {
    const text = `TiDB advanced to ${formatTs(advanced.ts)}, ${duration(unsavedMs)} before what TiKV saved: look at the logs of TiKV`;
    notes.push(fail('NOT_SAVED', text));
  }
  if (
    missingMs !== undefined &&
    persisted !== undefined &&
    objects !== undefined &&
    objects.ts < persisted.ts
  ) {
    const text = `PD says ${describeTs(persisted.ts)} is saved, the bucket has only ${describeTs(objects.ts)}: another bucket, or deleted objects`;
    notes.push(fail('OBJECTS_BEHIND', text));
  }
  return notes;
}

function fuseNotes({ fuse, state }: TaskStatus): readonly StatusNote[] {
  switch (fuse.kind) {
    case 'collected': {
      const text = `history was collected up to ${describeTs(fuse.gcSafePoint)}, the log needs it from ${describeTs(fuse.neededTs)}: take a snapshot and start the log on a fresh path`;
      return [fail('HISTORY_GONE', text)];
    }
    case 'unprotected':
      return [
        fail(
          'FUSE_SHORT',
          'no safe point holds the history that the log still needs: the next garbage collection may take it',
        ),
      ];
    case 'held':
      return fuse.isRenewed || fuse.leftMs > shortFuseMs ? [] : [shortFuse(fuse, state.kind)];
    default:
      return fuse satisfies never;
  }
}

function shortFuse(
  fuse: Extract<Fuse, { readonly kind: 'held' }>,
  state: TaskStatus['state']['kind'],
): StatusNote {
  const what = state === 'normal' ? 'let TiKV flush and the advancer run' : 'resume the task';
  const text = `history is held for ${duration(fuse.leftMs)} more, by ${fuse.by}: ${what} before, or the log cannot go on`;
  return fail('FUSE_SHORT', text);
}

function clusterNotes(
  { logBackup, cluster }: Extract<ClusterLook, { readonly kind: 'read' }>,
  bucket: BucketLook,
): readonly StatusNote[] {
  const notes: StatusNote[] = [];
  if (logBackup.otherTasks.length > 0) {
    const names = logBackup.otherTasks.map(({ name }) => name).join(', ');
    notes.push(fail('SEVERAL_TASKS', `there are further tasks, which br never makes: ${names}`));
  }
  if (logBackup.task.kind === 'task' && logBackup.advancers.length === 0) {
    notes.push(
      fail('NO_ADVANCER', 'no TiDB server advances the checkpoint: it stands still while TiKV goes on'),
    );
  }
  const down = cluster.stores.filter(({ state }) => state !== 'Up' && state !== 'Tombstone');
  if (down.length > 0) {
    notes.push(warn('STORE_NOT_UP', down.map(({ id, state }) => `store ${id} is ${state}`).join(', ')));
  }
  const written = bucket.kind === 'read' ? clusterIdOf(bucket.facts) : undefined;
  if (written !== undefined && written !== cluster.clusterId) {
    const text = `the bucket was written by cluster ${written}, PD is of cluster ${cluster.clusterId}`;
    notes.push(fail('OTHER_CLUSTER', text));
  }
  return notes;
}

function bucketNotes(
  { bucket: status }: Omit<StatusReport, 'notes'>,
  bucket: BucketLook,
): readonly StatusNote[] {
  if (bucket.kind !== 'read' || status.kind !== 'read') return [];
  const notes: StatusNote[] = [];
  for (const { path, problem } of bucket.facts.logs) {
    if (problem !== undefined) {
      notes.push(
        fail('LOG_DAMAGED', `the log ${path} serves nothing: ${problem.object}: ${problem.problem}`),
      );
    }
  }
  if (status.window.intervals === 0) {
    notes.push(
      fail('NOTHING_RESTORABLE', 'no moment can be brought back from this bucket: pitr window says why'),
    );
  }
  return notes;
}
