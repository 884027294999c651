// One run of `br backup`, from the decision to the deletion of what it made. A field exists only in the states that have it.
// Must not decide what comes next.

import type { Failure, RunnerRef } from './run-identity.ts';

interface Run {
  readonly shape: 'snapshot/v1';
  readonly cluster: string;
  /** `runId` of the due time: the digits of the folder's name. */
  readonly id: string;
  /** The time that the schedule or a person named, Unix ms. */
  readonly dueMs: number;
  readonly trigger: 'schedule' | 'person' | 'first' | 'adopted' | 'keeper';
  /** Folder in the bucket, `snapshot-YYYYMMDDHHMMSS`. */
  readonly folder: string;
}

export type SnapshotRun =
  | (Run & { readonly state: 'planned'; readonly plannedMs: number })
  | (Run & {
      readonly state: 'running';
      readonly startedMs: number;
      /** 1 for the first; br goes on where a killed run stopped. FACTS §9.1 */
      readonly attempt: number;
      readonly runner: RunnerRef;
      /** The last sign of life of the runner, Unix ms. */
      readonly heartbeatMs: number;
      /** 0 to 1; null before br says anything. */
      readonly progress: number | null;
    })
  | (Run & {
      readonly state: 'complete';
      /** The TSO that the snapshot shows. */
      readonly backupTs: bigint;
      readonly endedMs: number;
      /** Bytes in the bucket. */
      readonly bytes: bigint;
    })
  | (Run & {
      readonly state: 'failed';
      readonly endedMs: number;
      readonly attempt: number;
      readonly failure: Failure;
    })
  | (Run & {
      readonly state: 'expired';
      readonly backupTs: bigint;
      readonly deletedMs: number;
      /** Why it went: the rule of the retention. */
      readonly reason: string;
    });
