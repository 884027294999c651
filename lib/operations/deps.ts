// What the reading operations are given: an open backup, and for those that write, hands and a place to write to.

import type { BackupKeys } from '../br/encryption.ts';
import type { EngineProgress } from '../engine/coordinator.ts';
import type { EngineCrew } from '../engine/crew.ts';
import type { EngineJob } from '../engine/engine-job.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RestoreTarget } from '../ports/restore-target.ts';

/** A backup, open for reading. One store serves both where snapshots and log stand below one prefix. */
export interface BackupSource {
  readonly snapshots: ObjectStore | undefined;
  readonly log: ObjectStore | undefined;
  readonly keys: BackupKeys;
}

export interface ReadDeps {
  readonly backup: BackupSource;
}

/** What a person sees while a restore runs; `load` counts tables. */
export interface RestoreProgress extends Omit<EngineProgress, 'phase'> {
  readonly phase: 'plan' | 'log' | 'tables' | 'load' | 'done';
}

export interface WorkDeps extends ReadDeps {
  /** Bytes that the whole may use. */
  readonly memoryBytes: number;
  /** Workers that may run at once. */
  readonly workers: number;
  /**
   * Hands for a job. `bytes`: how much there is to read, so that a small restore does not pay for threads.
   * Must be closed.
   */
  readonly hire: (job: EngineJob, target: RestoreTarget, workers: number, bytes: number) => EngineCrew;
  readonly progress: (event: RestoreProgress) => void;
  readonly signal: AbortSignal;
  /** Milliseconds, only for durations. */
  readonly monotonicMs: () => number;
}
