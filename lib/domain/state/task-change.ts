// One change of the log backup task: to be started, stopped, paused or resumed, and what came of it. A field exists only in the
// states that have it. Must not decide whether the change is right.

import type { Failure, RunnerRef } from './run-identity.ts';

/** What is to be done to the task; a word of br each. */
export type TaskAction = 'start' | 'stop' | 'pause' | 'resume';

interface Change {
  readonly shape: 'task-change/v1';
  readonly cluster: string;
  readonly id: string;
  readonly action: TaskAction;
  /** The task's name in PD. */
  readonly task: string;
  /** The epoch's folder below the bucket's prefix, such as `log-backup`. */
  readonly path: string;
  /** Where a new task begins to log, 0 for now; of other actions 0. */
  readonly startTs: bigint;
  readonly plannedMs: number;
  readonly why: string;
}

export type TaskChange =
  | (Change & { readonly state: 'planned' })
  | (Change & {
      readonly state: 'running';
      readonly startedMs: number;
      readonly attempt: number;
      readonly runner: RunnerRef;
      readonly heartbeatMs: number;
    })
  /** The state that was aimed at was read back from PD. */
  | (Change & { readonly state: 'done'; readonly endedMs: number; readonly seen: string })
  | (Change & {
      readonly state: 'failed';
      readonly endedMs: number;
      readonly attempt: number;
      readonly failure: Failure;
    });
