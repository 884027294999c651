// The newest snapshots, cuts and restores of a cluster, as its state has them, for a page. Reads records; asks no runner, and judges
// nothing.

import type { RestoreRun } from '../domain/state/restore-run.ts';
import { type Failure, runIdMs } from '../domain/state/run-identity.ts';
import type { SnapshotRun } from '../domain/state/snapshot-run.ts';
import type { TruncationRun } from '../domain/state/truncation-run.ts';
import { describeTs } from '../domain/ts.ts';
import type { TaskStore } from '../ports/task-store.ts';

export interface RecentRun {
  readonly work: 'snapshot' | 'truncation' | 'restore';
  readonly id: string;
  /** The time in its id, Unix ms. */
  readonly atMs: number;
  /** As the record has it: `planned`, `running`, `complete` … */
  readonly state: string;
  /** Which folder, cut or moment. */
  readonly about: string;
  /** 0 to 1 while br works and says so. */
  readonly progress: number | undefined;
  readonly failure: Failure | undefined;
}

const newest = 5;

/** At most five, the newest first. Errors: those of the store. */
export async function recentRuns(
  store: TaskStore,
  cluster: string,
  nowMs: number,
): Promise<readonly RecentRun[]> {
  const query = { nowMs, newestFirst: true, limit: newest };
  const [snapshots, truncations, restores] = await Promise.all([
    store.list('snapshot', cluster, query),
    store.list('truncation', cluster, query),
    store.list('restore', cluster, query),
  ]);
  const runs = [
    ...snapshots.entries.map(({ record }) => runOf('snapshot', record, record.folder)),
    ...truncations.entries.map(({ record }) => runOf('truncation', record, cutOf(record))),
    ...restores.entries.map(({ record }) => runOf('restore', record, momentOf(record))),
  ];
  return runs.toSorted((one, other) => other.atMs - one.atMs).slice(0, newest);
}

function runOf(
  work: RecentRun['work'],
  record: SnapshotRun | TruncationRun | RestoreRun,
  about: string,
): RecentRun {
  const { id, state } = record;
  const progress = 'progress' in record ? (record.progress ?? undefined) : undefined;
  return { work, id, atMs: runIdMs(id) ?? 0, state, about, progress, failure: failureIn(record) };
}

function failureIn(record: SnapshotRun | TruncationRun | RestoreRun): Failure | undefined {
  if ('refusal' in record) return record.refusal;
  return 'failure' in record ? (record.failure ?? undefined) : undefined;
}

function cutOf(record: TruncationRun): string {
  return 'untilTs' in record ? `up to ${describeTs(record.untilTs)}` : '';
}

function momentOf({ restoreTs, targetPd }: RestoreRun): string {
  return `${describeTs(restoreTs)} into ${targetPd.join(', ')}`;
}
