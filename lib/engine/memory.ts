// How `--memory` is shared out: so many workers, so much for each. Pure arithmetic, so that the limit is a promise.

import type { WorkerMemory } from './engine-job.ts';

const MiB = 1024 * 1024;

/** What the process takes before it has read anything: the runtime, the code, the metadata of a common backup. */
const PROCESS_BYTES = 110 * MiB;
/** What one more thread takes for its own runtime, its code, and the garbage between two collections. */
const WORKER_BYTES = 70 * MiB;
/** Least that a worker needs for its buffers. */
const MIN_WORKER_BUFFERS = 24 * MiB;

/** Below this DuckDB cannot load a wide table at all. */
const MIN_DUCKDB_BYTES = 64 * MiB;

export interface MemoryPlan {
  readonly workers: number;
  readonly perWorker: WorkerMemory;
}

/**
 * What DuckDB may use of the budget: the workers are gone by then, but not all of what they had goes back to the system,
 * and DuckDB's own limit does not count everything that it takes.
 */
export function duckDbBytes(budgetBytes: number): number {
  return Math.max(MIN_DUCKDB_BYTES, Math.floor((budgetBytes - PROCESS_BYTES) * 0.4));
}

/** wanted: workers that were asked for or the number of cores. At least one worker, whatever the budget. */
export function planMemory(budgetBytes: number, wanted: number): MemoryPlan {
  const free = budgetBytes - PROCESS_BYTES;
  const affordable = Math.floor(free / (WORKER_BYTES + MIN_WORKER_BUFFERS));
  const workers = Math.max(1, Math.min(wanted, affordable));
  const buffers = Math.max(MIN_WORKER_BUFFERS, free / workers - WORKER_BYTES);
  return {
    workers,
    perWorker: {
      sortBytes: Math.floor(Math.min(buffers * 0.6, 512 * MiB)),
      // A batch lives three times for a moment: as vectors, as values for the encoder, as encoded bytes.
      batchBytes: Math.floor(Math.min(buffers / 6, 8 * MiB)),
      chunkBytes: Math.floor(Math.max(256 * 1024, Math.min(buffers / 48, 2 * MiB))),
    },
  };
}
