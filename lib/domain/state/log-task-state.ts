// What is known of a cluster's log backup task, as of the last observation. A field exists only in the states that have it.
// Must not derive the state: that is decided from what PD and the bucket say.

interface Observed {
  readonly shape: 'log-task/v1';
  readonly cluster: string;
  /** When PD was asked, Unix ms. */
  readonly observedMs: number;
}

interface Task extends Observed {
  /** The task's name in PD. */
  readonly task: string;
  /** Storage URL without secrets. */
  readonly storage: string;
  readonly startTs: bigint;
}

interface OwnTask extends Task {
  /** Up to where every change is in the bucket. FACTS §2.5 */
  readonly checkpointTs: bigint;
}

/** A store's last error. FACTS §2.2 `last-error` */
export interface StoreError {
  readonly storeId: bigint;
  /** E.g. `KV:LogBackup:Io`. */
  readonly code: string;
  readonly message: string;
}

/** One record per cluster. */
export type LogTaskState =
  /** There is no task, and there never was one of ours. */
  | (Observed & { readonly state: 'none' })
  | (OwnTask & { readonly state: 'running' })
  | (OwnTask & {
      readonly state: 'paused';
      /** Unix ms; null when PD does not say (before 8.5.5). FACTS §2.4 */
      readonly pausedMs: number | null;
      readonly by: 'person' | 'system' | 'unknown';
      readonly message: string;
      /** When history that the log still needs may be collected, Unix ms; null when unknown. */
      readonly fuseMs: number | null;
    })
  | (OwnTask & {
      readonly state: 'failed';
      readonly sinceMs: number | null;
      readonly stores: readonly StoreError[];
    })
  /** PD says NORMAL, but the checkpoint stands: resumed though still broken, or no TiDB advances it. FACTS §2.5, §9 */
  | (OwnTask & { readonly state: 'stuck'; readonly sinceMs: number; readonly reason: string })
  | (OwnTask & { readonly state: 'stopped'; readonly stoppedMs: number })
  /** A task that is not ours: never touched, only told. */
  | (Task & { readonly state: 'foreign'; readonly reason: string });
