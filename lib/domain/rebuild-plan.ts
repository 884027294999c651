// What the records of snapshots should be by what stands in the bucket: new ones, and those that contradict it. The bucket is the
// truth and the table its cache; what only the table knows stays. Decides; writes nothing.

import { type Adoption, decideAdoption, type FoundSnapshot, recordOfFolder } from './adoption.ts';
import type { SnapshotFacts } from './facts.ts';
import type { SnapshotRun } from './state/snapshot-run.ts';
import { describeTs } from './ts.ts';

export interface KnownSnapshot {
  readonly record: SnapshotRun;
  readonly revision: number;
  /** Its run is proven over: nothing of it is alive, and nobody holds its lease. */
  readonly isProvenOver: boolean;
}

export interface RebuildWrite {
  readonly record: SnapshotRun;
  readonly expect: 'absent' | number;
  /** What is written and why, a sentence. */
  readonly why: string;
}

export interface RebuildPlan {
  readonly writes: readonly RebuildWrite[];
  /** Records that agree with the bucket. */
  readonly agreeing: number;
  /** Folders that become no records. */
  readonly told: readonly Adoption[];
}

/** `clusterId`: whose log stands in the bucket. */
export function planRebuild(
  cluster: string,
  found: readonly FoundSnapshot[],
  known: readonly KnownSnapshot[],
  { clusterId, nowMs }: { readonly clusterId: bigint | undefined; readonly nowMs: number },
): RebuildPlan {
  const folders = new Map(found.map((one) => [one.facts.name, one]));
  const recorded = new Set(known.map(({ record }) => record.folder));
  const adoptions = found
    .filter(({ facts }) => !recorded.has(facts.name))
    .map((one) => decideAdoption(cluster, one, clusterId));
  const corrected = known.flatMap((one) => {
    const record = corrections(one, folders.get(one.record.folder), nowMs);
    return record === undefined ? [] : [{ ...record, expect: one.revision }];
  });
  const writes = adoptions.flatMap((one): readonly RebuildWrite[] =>
    one.kind === 'adopt'
      ? [{ record: one.record, expect: 'absent', why: `${one.record.folder} is complete and had no record` }]
      : [],
  );
  return {
    writes: [...writes, ...corrected],
    agreeing: known.length - corrected.length,
    told: adoptions.filter(({ kind }) => kind === 'told'),
  };
}

type Correction = Pick<RebuildWrite, 'record' | 'why'>;

function corrections(
  { record, isProvenOver }: KnownSnapshot,
  found: FoundSnapshot | undefined,
  nowMs: number,
): Correction | undefined {
  if (record.state === 'planned' || (record.state === 'running' && !isProvenOver)) return undefined;
  if (found?.facts.state.kind === 'complete') return asComplete(record, found);
  switch (record.state) {
    case 'complete':
      return found === undefined ? asGone(record, nowMs) : asDamaged(record, found.facts.state, nowMs);
    case 'running':
      return asLost(record, nowMs);
    case 'failed':
    case 'expired':
      return undefined;
    default:
      return record satisfies never;
  }
}

function asComplete(record: SnapshotRun, { facts, writtenMs }: FoundSnapshot): Correction | undefined {
  const isSame = record.state === 'complete' && record.backupTs === facts.backupTs;
  if (isSame) return undefined;
  const { cluster, id, dueMs, trigger, folder } = record;
  const inBucket = recordOfFolder(cluster, facts, writtenMs);
  const was = record.state === 'complete' ? describeTs(record.backupTs) : record.state;
  return {
    record: { ...inBucket, id, dueMs, trigger, folder },
    why: `${folder} is complete and holds ${describeTs(facts.backupTs)}; its record said ${was}`,
  };
}

function asGone(record: Extract<SnapshotRun, { state: 'complete' }>, nowMs: number): Correction {
  const { shape, cluster, id, dueMs, trigger, folder, backupTs } = record;
  const reason = 'its folder is gone from the bucket, and nobody recorded who deleted it';
  return {
    record: {
      shape,
      cluster,
      id,
      dueMs,
      trigger,
      folder,
      state: 'expired',
      backupTs,
      deletedMs: nowMs,
      reason,
    },
    why: `${folder} was complete, and is gone from the bucket`,
  };
}

/** Undefined when nothing says that it is not whole. */
export function asDamaged(
  record: Extract<SnapshotRun, { state: 'complete' }>,
  state: SnapshotFacts['state'],
  nowMs: number,
): Correction | undefined {
  // What we cannot read (no key) is no sign that it is not there.
  if (state.kind === 'unreadable') return undefined;
  const { shape, cluster, id, dueMs, trigger, folder } = record;
  const problem = state.kind === 'damaged' ? state.problem : `it is ${state.kind}`;
  const failure = {
    code: state.kind === 'damaged' ? 'OBJECT_DAMAGED' : 'OBJECT_MISSING',
    message: `${folder} was complete, and is not any more: ${problem}`,
    hint: 'look who wrote to or deleted from this folder; an older version of its objects may still be in a versioned bucket',
  };
  return {
    record: {
      shape,
      cluster,
      id,
      dueMs,
      trigger,
      folder,
      state: 'failed',
      endedMs: nowMs,
      attempt: 0,
      failure,
    },
    why: failure.message,
  };
}

function asLost(record: Extract<SnapshotRun, { state: 'running' }>, nowMs: number): Correction {
  const { shape, cluster, id, dueMs, trigger, folder, attempt } = record;
  const failure = {
    code: 'RUN_LOST',
    message: `${folder} is not complete, and nothing of its run is alive`,
    hint: 'the next snapshot goes to a folder of its own; what lies in this one can be deleted',
  };
  return {
    record: { shape, cluster, id, dueMs, trigger, folder, state: 'failed', endedMs: nowMs, attempt, failure },
    why: failure.message,
  };
}
