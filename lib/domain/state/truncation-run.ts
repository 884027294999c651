// One cut of the log, from the plan to its end or its refusal. A field exists only in the states that have it.
// Must not decide what may be cut.

import type { Failure, RunnerRef } from './run-identity.ts';

interface Run {
  readonly shape: 'truncation/v1';
  readonly cluster: string;
  readonly id: string;
  /** Unix ms. */
  readonly dueMs: number;
}

interface Cut extends Run {
  /** The folder of the log that is cut: of the epoch that went on when it was planned. */
  readonly path: string;
  /** The log is cut up to here, this moment not included. FACTS §5.3 */
  readonly untilTs: bigint;
}

/** Our own engine, in functions. `ref`: the `owner_id` of its locks, on record before the first of them is there. */
export interface OwnEngine {
  readonly kind: 'native';
  readonly ref: string;
}

export type TruncationRun =
  | (Cut & {
      readonly state: 'planned';
      readonly plannedMs: number;
      /** Why the cut is here and not elsewhere. */
      readonly reasons: readonly string[];
    })
  | (Cut & {
      readonly state: 'running';
      readonly startedMs: number;
      readonly attempt: number;
      /** Who cuts: br where it runs, or our own engine. */
      readonly runner: RunnerRef | OwnEngine;
      readonly heartbeatMs: number;
      /** What a part of the cut failed with last; null as long as none did. br's failures are in its runs. */
      readonly failure: Failure | null;
    })
  | (Cut & {
      readonly state: 'done';
      readonly endedMs: number;
      /** What the bucket says afterwards: read back, not believed. */
      readonly logMinimumTs: bigint;
    })
  | (Cut & {
      readonly state: 'failed';
      readonly endedMs: number;
      readonly attempt: number;
      readonly failure: Failure;
    })
  | (Run & { readonly state: 'refused'; readonly refusedMs: number; readonly refusal: Failure });
