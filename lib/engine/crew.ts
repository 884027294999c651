// The port of those who do the work of a restore: one worker in the caller's thread, or several threads. The
// coordinator hands out pieces and does not know which.

import type { PartTask, ShardResult } from './engine-job.ts';
import type { Run } from './run-file.ts';

/** Sums over all workers since the crew began. */
export interface CrewStats {
  /** Bytes read from the storage. */
  readonly bytes: number;
  /** Rows written. */
  readonly rows: number;
}

/** The first failure of a worker is the failure of the call; the others are stopped by `close`. */
export interface EngineCrew {
  /** Pieces that can be under way at once; more wait for a free worker. */
  readonly size: number;
  readonly stats: () => CrewStats;
  /** Called when the stats have moved: a few times a second, or at every read of a crew of one. One listener. */
  watch(listener: () => void): void;
  /** EngineWorker.sortLog, by any free worker. */
  sortLog(metaKeys: readonly string[]): Promise<number>;
  /** EngineWorker.finishLog of every worker. */
  finishLog(): Promise<readonly Run[]>;
  /** EngineWorker.reduceRuns, by any free worker. */
  reduceRuns(runs: readonly Run[]): Promise<readonly Run[]>;
  /** EngineWorker.useRuns, by every worker. */
  useRuns(runs: readonly Run[]): Promise<void>;
  /** EngineWorker.materialize, by any free worker. */
  materialize(task: PartTask): Promise<ShardResult>;
  /** Stops everybody, also in the middle of work. */
  close(): Promise<void>;
}
