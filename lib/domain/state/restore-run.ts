// One restore of a cluster to a moment, from the request to its end or its refusal. A field exists only in the states that have it.
// Must not decide what can be restored.

import type { Failure, RunnerRef } from './run-identity.ts';

interface Run {
  readonly shape: 'restore/v1';
  readonly cluster: string;
  readonly id: string;
  readonly requestedMs: number;
  readonly requestedBy: string;
  readonly restoreTs: bigint;
  /** PD addresses of the target. */
  readonly targetPd: readonly string[];
  /** Table filter rules; empty for everything. */
  readonly tables: readonly string[];
}

interface Planned extends Run {
  /** Id of the plan that is, or was, used for it. */
  readonly planId: string;
  /** Folder of the snapshot that it starts from. */
  readonly base: string;
}

export type RestoreRun =
  | (Run & {
      readonly state: 'refused';
      readonly refusedMs: number;
      readonly refusal: Failure;
      readonly nearestTs: readonly bigint[];
    })
  | (Planned & { readonly state: 'planned'; readonly plannedMs: number })
  | (Planned & { readonly state: 'awaiting-approval'; readonly sinceMs: number })
  | (Planned & {
      readonly state: 'running';
      readonly startedMs: number;
      readonly attempt: number;
      readonly runner: RunnerRef;
      readonly heartbeatMs: number;
      readonly step: 'snapshot' | 'log';
      /** 0 to 1 of this step; null before br says anything. */
      readonly progress: number | null;
    })
  | (Planned & { readonly state: 'verifying'; readonly startedMs: number; readonly endedMs: number })
  /** What br leaves behind is looked for and put back. FACTS §6.5 */
  | (Planned & {
      readonly state: 'settling';
      readonly startedMs: number;
      readonly endedMs: number;
      /** null when the restore itself succeeded. */
      readonly failure: Failure | null;
    })
  | (Planned & {
      readonly state: 'done';
      readonly startedMs: number;
      readonly endedMs: number;
      /** What was compared, in a sentence. */
      readonly proof: string;
    })
  | (Planned & {
      readonly state: 'failed';
      readonly endedMs: number;
      readonly attempt: number;
      readonly failure: Failure;
      /** What still has to be put back by hand; empty when nothing. */
      readonly leftBehind: readonly string[];
    });
