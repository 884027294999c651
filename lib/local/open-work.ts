// What a restore or a query needs on this machine beside the backup: memory, workers, the place to write to.
// Must not start any work.

import { availableParallelism } from 'node:os';
import { duckDbBytes } from '../engine/memory.ts';
import type { WorkDeps } from '../operations/deps.ts';
import type { AnswerReader, QueryTarget, RestoreTarget } from '../ports/restore-target.ts';
import { hireLocally } from './engine/hire.ts';
import { type BackupPlace, openBackup } from './open-backup.ts';

export interface WorkLimits {
  /** Bytes that the whole may use. */
  readonly memoryBytes: number;
  /** undefined: one per core. */
  readonly workers: number | undefined;
  readonly progress: WorkDeps['progress'];
  readonly signal: AbortSignal;
}

/** Errors: those of openBackup. */
export async function openWork(place: BackupPlace, limits: WorkLimits): Promise<WorkDeps> {
  const backup = await openBackup(place);
  const { memoryBytes, progress, signal } = limits;
  // Threads open the stores again, from the words that the person wrote.
  const urls = {
    snapshots: place.snapshots ?? place.storage ?? '',
    log: place.log ?? place.storage ?? '',
  };
  return {
    backup,
    memoryBytes,
    workers: limits.workers ?? availableParallelism(),
    hire: hireLocally(backup, urls, signal),
    progress,
    signal,
    monotonicMs: () => performance.now(),
  };
}

export interface TargetPlace {
  readonly kind: 'duckdb' | 'parquet' | 'csv' | 'jsonl';
  readonly path: string;
  /** Replace a file that pitr did not write. */
  readonly force: boolean;
}

/** Opens the place that a restore becomes. Errors: TARGET_OCCUPIED, LOCAL_IO, DEPENDENCY_MISSING. */
export async function openTarget(place: TargetPlace, deps: WorkDeps): Promise<RestoreTarget> {
  const { kind, path, force } = place;
  if (kind === 'duckdb') {
    const { openDuckDbTarget } = await import('./targets/duckdb-target.ts');
    return openDuckDbTarget(path, {
      memoryBytes: duckDbBytes(deps.memoryBytes),
      threads: deps.workers,
      force,
      signal: deps.signal,
    });
  }
  const { openFolderTarget } = await import('./targets/folder-target.ts');
  return openFolderTarget(path, kind);
}

/** Opens the place that a query's tables are put to. Errors: DEPENDENCY_MISSING, INVALID_QUERY, LOCAL_IO. */
export async function openQuery(sql: string, reader: AnswerReader, deps: WorkDeps): Promise<QueryTarget> {
  const { openQueryTarget } = await import('./targets/query-target.ts');
  return openQueryTarget(sql, reader, {
    memoryBytes: duckDbBytes(deps.memoryBytes),
    threads: deps.workers,
    signal: deps.signal,
  });
}
