// What the state of a cluster knows of the runs that locks and unfinished snapshots may be of. Reads records; asks no runner.

import type { KnownRun } from '../../domain/audit/lock-judgement.ts';
import type { FolderRun } from '../../domain/audit/snapshot-judgement.ts';
import type { RecordKind, RecordOfKind } from '../../domain/state/task-record.ts';
import { everyRecord } from '../../ports/every-record.ts';
import type { TaskStore } from '../../ports/task-store.ts';
import { ownerOfCut } from '../control/cut/running-cut.ts';
import { textFact } from '../control/runs/run-facts.ts';

export interface KnownRuns {
  readonly runs: readonly KnownRun[];
  /** By the folder of the snapshot. */
  readonly folders: ReadonlyMap<string, FolderRun>;
}

/** Errors: those of the store. */
export async function readKnownRuns(store: TaskStore, cluster: string, nowMs: number): Promise<KnownRuns> {
  const runs: KnownRun[] = [];
  for await (const run of recordsOf(store, 'br-run', cluster, nowMs)) {
    // A run says who it is in its output, which is read at its end: one that runs has not said it yet.
    if (run.state !== 'ended') continue;
    const [ownerId, host, pid] = ['operationId', 'host', 'pid'].map((name) => textFact(run.facts, name));
    runs.push({ id: run.id, ownerId: ownerId ?? '', host: host ?? '', pid: pid ?? '', end: run.end });
  }
  // Locks of our own engine have an owner by the record of the cut.
  for await (const cut of recordsOf(store, 'truncation', cluster, nowMs)) {
    if (cut.state === 'planned' || cut.state === 'refused') continue;
    const end = cut.state === 'running' ? undefined : `the cut is ${cut.state}`;
    runs.push({ id: `${cut.id}-truncation`, ownerId: ownerOfCut(cut), host: '', pid: '', end });
  }
  const folders = new Map<string, FolderRun>();
  for await (const { folder, id, state } of recordsOf(store, 'snapshot', cluster, nowMs)) {
    folders.set(folder, {
      id,
      state,
      isOver: state === 'failed' || state === 'expired' || state === 'complete',
    });
  }
  return { runs, folders };
}

async function* recordsOf<K extends RecordKind>(
  store: TaskStore,
  kind: K,
  cluster: string,
  nowMs: number,
): AsyncGenerator<RecordOfKind[K]> {
  for await (const { record } of everyRecord(store, kind, cluster, { nowMs, limit: 1000 })) yield record;
}
