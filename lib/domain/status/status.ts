// The state of a cluster's backup in one value: task, lag by its three sources, fuse, window, newest snapshot, stores.
// Decides what the facts mean; heals nothing, and leaves words to who shows it (the notes are sentences already).

import {
  type BucketLook,
  checkpointInObjects,
  isSamePlace,
  logOfTask,
  newestSnapshot,
  ownLogUrl,
  type WindowLine,
  windowLine,
} from '../bucket-look.ts';
import type { ClockFacts, ClusterFacts, SafePointFacts } from '../cluster-facts.ts';
import { type Fuse, fuseOf } from '../log-task/fuse.ts';
import {
  displayedCheckpoint,
  type LogBackupFacts,
  type LogTaskFacts,
  type StoreErrorFacts,
  type TaskState,
} from '../log-task/log-task-facts.ts';
import { msOfTs } from '../ts.ts';
import { type StatusNote, statusNotes } from './status-notes.ts';

/** What one look at a cluster shows, or why it shows nothing. */
export type ClusterLook =
  | { readonly kind: 'unreachable'; readonly code: string; readonly problem: string; readonly hint: string }
  | {
      readonly kind: 'read';
      readonly logBackup: LogBackupFacts;
      readonly safePoints: SafePointFacts;
      readonly cluster: ClusterFacts;
      readonly clock: ClockFacts;
    };

export interface StatusQuestion {
  /** Of our log task; undefined: any task is ours. */
  readonly taskName: string | undefined;
  /** A lag beyond this is an alarm. */
  readonly maxLagMs: number;
}

export interface SourceLag {
  readonly ts: bigint;
  /** Behind the cluster's clock, never negative. */
  readonly lagMs: number;
}

/** FACTS §2.5 */
export interface LagReport {
  /** What `br log status` shows: everything up to it is in the bucket. */
  readonly checkpoint: SourceLag;
  /** Storage checkpoints in PD; undefined before the first flush. */
  readonly persisted: SourceLag | undefined;
  /** How far TiDB's advancer is. */
  readonly advanced: SourceLag | undefined;
  /** `v1/global_checkpoint/*.ts`; undefined when this bucket was not read, or is not the task's. */
  readonly objects: SourceLag | undefined;
  /** advanced − persisted: what TiKV has not saved yet. Undefined without both. */
  readonly unsavedMs: number | undefined;
  /** persisted − objects: more than 0 means another bucket, or objects that are gone. Undefined without both. */
  readonly missingMs: number | undefined;
}

export type Ownership = 'ours' | 'not-ours' | 'unknown';

export interface TaskStatus {
  readonly name: string;
  readonly storageUrl: string;
  readonly startTs: bigint;
  readonly state: TaskState;
  /** not-ours: another name than ours, or another place than the bucket. */
  readonly ownership: Ownership;
  /** Also those that a running task still has from before. */
  readonly errors: readonly StoreErrorFacts[];
  readonly lag: LagReport;
  readonly fuse: Fuse;
}

export type BucketStatus =
  | Exclude<BucketLook, { readonly kind: 'read' }>
  | {
      readonly kind: 'read';
      readonly url: string;
      readonly window: WindowLine;
      readonly newestSnapshot:
        | { readonly name: string; readonly backupTs: bigint; readonly ageMs: number }
        | undefined;
      readonly completeSnapshots: number;
      /** Unfinished, damaged or unreadable. */
      readonly otherSnapshots: number;
    };

export interface StatusReport {
  /** Unix ms by the cluster's clock, or by ours where the cluster is silent. */
  readonly atMs: number;
  /** For people: the name in the settings, or the addresses of PD. */
  readonly name: string;
  readonly cluster:
    | Extract<ClusterLook, { readonly kind: 'unreachable' }>
    | (Pick<Extract<ClusterLook, { readonly kind: 'read' }>, 'kind' | 'cluster' | 'safePoints'> & {
        /** TiDB servers that stand for advancer. */
        readonly advancers: number;
        /** Undefined: no log task at all. */
        readonly task: TaskStatus | undefined;
      });
  readonly bucket: BucketStatus;
  readonly notes: readonly StatusNote[];
}

/** localMs: our clock, used only where the cluster has none to tell. */
export function describeSituation(
  name: string,
  look: ClusterLook,
  bucket: BucketLook,
  question: StatusQuestion,
  localMs: number,
): StatusReport {
  const atMs = look.kind === 'read' ? look.clock.serverMs : localMs;
  const report: Omit<StatusReport, 'notes'> = {
    atMs,
    name,
    cluster: look.kind === 'read' ? clusterStatus(look, bucket, question, atMs) : look,
    bucket: bucketStatus(bucket, atMs),
  };
  return { ...report, notes: statusNotes(report, look, bucket, question) };
}

function clusterStatus(
  look: Extract<ClusterLook, { readonly kind: 'read' }>,
  bucket: BucketLook,
  question: StatusQuestion,
  nowMs: number,
): Extract<StatusReport['cluster'], { readonly kind: 'read' }> {
  const { logBackup, safePoints, cluster } = look;
  const { task } = logBackup;
  return {
    kind: 'read',
    cluster,
    safePoints,
    advancers: logBackup.advancers.length,
    task: task.kind === 'none' ? undefined : taskStatus(task, safePoints, bucket, question, nowMs),
  };
}

function taskStatus(
  task: LogTaskFacts,
  safePoints: SafePointFacts,
  bucket: BucketLook,
  { taskName }: StatusQuestion,
  nowMs: number,
): TaskStatus {
  return {
    name: task.name,
    storageUrl: task.storage.url,
    startTs: task.startTs,
    state: task.state,
    ownership: ownershipOf(task, bucket, taskName),
    errors: task.storeErrors,
    lag: lagOf(task, bucket, nowMs),
    fuse: fuseOf(task, safePoints, nowMs),
  };
}

function ownershipOf(task: LogTaskFacts, bucket: BucketLook, taskName: string | undefined): Ownership {
  const logUrl = ownLogUrl(bucket, task);
  if (taskName !== undefined && taskName !== task.name) return 'not-ours';
  if (logUrl !== undefined) return isSamePlace(logUrl, task.storage.url) ? 'ours' : 'not-ours';
  return taskName === undefined ? 'unknown' : 'ours';
}

function lagOf(task: LogTaskFacts, bucket: BucketLook, nowMs: number): LagReport {
  const { persisted, advanced } = task.checkpoints;
  const log = logOfTask(bucket, task);
  const objects = log === undefined ? undefined : checkpointInObjects(log);
  const lag = (ts: bigint): SourceLag => ({ ts, lagMs: Math.max(0, nowMs - msOfTs(ts)) });
  const optional = (ts: bigint | undefined) => (ts === undefined ? undefined : lag(ts));
  return {
    checkpoint: lag(displayedCheckpoint(task)),
    persisted: optional(persisted),
    advanced: optional(advanced),
    objects: optional(objects),
    unsavedMs: differenceMs(advanced, persisted),
    missingMs: differenceMs(persisted, objects),
  };
}

function differenceMs(ahead: bigint | undefined, behind: bigint | undefined): number | undefined {
  if (ahead === undefined || behind === undefined) return undefined;
  return Math.max(0, msOfTs(ahead) - msOfTs(behind));
}

function bucketStatus(bucket: BucketLook, nowMs: number): BucketStatus {
  if (bucket.kind !== 'read') return bucket;
  const newest = newestSnapshot(bucket.facts);
  const complete = bucket.facts.snapshots.filter(({ state }) => state.kind === 'complete').length;
  return {
    kind: 'read',
    url: bucket.url,
    window: windowLine(bucket.window),
    newestSnapshot: newest && {
      name: newest.name,
      backupTs: newest.backupTs,
      ageMs: Math.max(0, nowMs - msOfTs(newest.backupTs)),
    },
    completeSnapshots: complete,
    otherSnapshots: bucket.facts.snapshots.length - complete,
  };
}
