// A log backup task as `br log status --json` shows it (FACTS §1.8). Only the shape: whether a task is well is judged elsewhere.

export interface TaskStatus {
  readonly name: string;
  readonly startTs: bigint | undefined;
  readonly endTs: bigint | undefined;
  /** Undefined up to 8.4: derive it from PD (FACTS §1.8). NORMAL proves nothing (FACTS §9.1). */
  readonly status: 'NORMAL' | 'PAUSE' | 'ERROR' | undefined;
  readonly tableFilter: readonly string[];
  readonly storage: string;
  readonly checkpointTs: bigint | undefined;
  readonly changesPerSecond: number | undefined;
  readonly stores: readonly { readonly storeId: bigint; readonly checkpointTs: bigint }[];
  readonly lastErrors: readonly TaskError[];
  /** Of 8.5.5 and younger, when paused. */
  readonly pause: TaskPause | undefined;
}

export interface TaskError {
  readonly storeId: bigint | undefined;
  /** Unix milliseconds. */
  readonly happenedAtMs: number | undefined;
  readonly code: string;
  readonly message: string;
}

export interface TaskPause {
  /** `MANUAL` or `ERROR`. */
  readonly severity: string;
  readonly host: string;
  readonly pid: bigint | undefined;
  /** RFC 3339, as written. */
  readonly at: string;
  readonly payloadType: string;
  /** base64, empty when there was none. */
  readonly payload: string;
}
