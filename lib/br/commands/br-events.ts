// What one run of br said, as values: every kind of event of its output, and nothing about what to do then.
import type { ErrorMeaning } from './error-catalogue.ts';
import type { LogField } from './log-line.ts';
import type { TaskStatus } from './task-status.ts';

export type OutputStream = 'stdout' | 'stderr';

interface Origin {
  readonly stream: OutputStream;
  /** Time of the log line, Unix milliseconds; undefined for plain text. */
  readonly atMs: number | undefined;
}

/** FACTS §1.11. Lines come every two minutes and at 100 %: a short run shows only its last. */
export interface ProgressEvent extends Origin {
  readonly kind: 'progress';
  /** `Full Backup`, `Checksum`, `Restore Files(SST + Log)` … */
  readonly step: string;
  /** 0 to 1; undefined for steps that cannot tell (`?%`). */
  readonly fraction: number | undefined;
  readonly done: bigint | undefined;
  readonly total: bigint | undefined;
  /** As printed, `? p/s` included. */
  readonly speed: string | undefined;
  readonly elapsedMs: number | undefined;
  readonly remainingMs: number | undefined;
}

/** FACTS §1.12. What a field's version does not have is undefined. */
export interface SummaryEvent extends Origin {
  readonly kind: 'summary';
  /** `Full Backup`, `Full Restore`, `restore log`, `log start`, `log metadata` … */
  readonly name: string;
  readonly succeeded: boolean;
  readonly backupTs: bigint | undefined;
  /** Where the restored data begins to be visible, on the target's clock. */
  readonly restoreTs: bigint | undefined;
  /** Exact bytes of the backup (`Size`). */
  readonly sizeBytes: bigint | undefined;
  readonly keyValues: bigint | undefined;
  readonly takeMs: number | undefined;
  /** Of a log restore: from, to, and the end on the target's clock (since 8.4). */
  readonly sourceStartTs: bigint | undefined;
  readonly sourceEndTs: bigint | undefined;
  readonly targetEndTs: bigint | undefined;
  /** Of a failed one: the error of each unit. */
  readonly errors: readonly string[];
  /** Every field in order, repeated names included. */
  readonly fields: readonly LogField[];
}

export interface ErrorEvent extends Origin {
  readonly kind: 'error';
  /** `BR:Stream:ErrStreamLogTaskExist` … in the order of the text; may be empty. */
  readonly ids: readonly string[];
  readonly text: string;
  /** Whether the run ended with it: `br failed`, or `Error: …` on stderr. */
  readonly isFinal: boolean;
  readonly meaning: ErrorMeaning;
}

export interface StatusEvent extends Origin {
  readonly kind: 'status';
  /** Empty: no task. */
  readonly tasks: readonly TaskStatus[];
}

/** FACTS §1.9: knows nothing of `BASE.truncated_to`, so the true minimum may be higher (FACTS §0.5). */
export interface MetadataEvent extends Origin {
  readonly kind: 'metadata';
  readonly logMinTs: bigint;
  readonly logMaxTs: bigint;
}

/** A log backup task as `log start`, `stop`, `pause` and `resume` show it. */
export interface TaskEvent extends Origin {
  readonly kind: 'task';
  readonly command: string;
  readonly taskName: string;
  readonly startTs: bigint | undefined;
}

/** A service safe point that br set: early news of BackupTS. 2^64−1 means removed. */
export interface SafePointEvent extends Origin {
  readonly kind: 'safe-point';
  readonly id: string;
  readonly ts: bigint;
  readonly ttlMs: number | undefined;
}

/** Who runs: its locks in the bucket carry the same host, pid and id, which proves a lock ours (FACTS §5.6). */
export interface OperationEvent extends Origin {
  readonly kind: 'operation';
  readonly id: string;
  readonly host: string;
  readonly pid: bigint | undefined;
  readonly command: string;
}

export interface VersionEvent extends Origin {
  readonly kind: 'version';
  /** `v9.0.0-beta.2`, for `parseVersion`. */
  readonly version: string;
}

/** What a restore was asked for and what the log has. FACTS §6.2 */
export interface RestoreRangeEvent extends Origin {
  readonly kind: 'restore-range';
  readonly fromTs: bigint | undefined;
  readonly toTs: bigint | undefined;
  readonly logMinTs: bigint | undefined;
  readonly logMaxTs: bigint | undefined;
}

/** A run of the same restore holds the registry and is given up to 5 minutes to move (FACTS §6.6). */
export interface RegistryWaitEvent extends Origin {
  readonly kind: 'registry-wait';
  readonly taskId: bigint | undefined;
  readonly remainingMinutes: number;
}

export interface RegistryEvent extends Origin {
  readonly kind: 'registry';
  readonly state: 'created' | 'resumed' | 'removed';
  readonly restoreId: bigint;
}

/** TiKV's `gc.ratio-threshold`: −1 while a log restore runs; one that stays is ours to put back (FACTS §0.13). */
export interface GcRatioEvent extends Origin {
  readonly kind: 'gc-ratio';
  readonly ratio: string;
}

/** The snapshot phase was done by an earlier run. */
export interface SnapshotSkippedEvent extends Origin {
  readonly kind: 'snapshot-skipped';
}

/** An unexpired `checkpoint.lock` of a backup: it ends by itself. FACTS §9.1 */
export interface CheckpointLockEvent extends Origin {
  readonly kind: 'checkpoint-lock';
  readonly expiresInSeconds: number;
  readonly lockId: bigint | undefined;
}

/** A lock object that stands in the way: it has no end of its own. FACTS §5.6 */
export interface LockBlockedEvent extends Origin {
  readonly kind: 'lock-blocked';
  readonly path: string;
  /** `2026-11-22 05:17:32`, as printed, in br's zone. Texts are empty when br did not say. */
  readonly lockedAt: string;
  readonly host: string;
  readonly pid: bigint | undefined;
  readonly ownerId: string;
  readonly lockType: string;
}

export interface LockReleasedEvent extends Origin {
  readonly kind: 'lock-released';
  readonly path: string;
}

/** FACTS §1.10. */
export interface TruncatePlanEvent extends Origin {
  readonly kind: 'truncate-plan';
  readonly files: bigint;
}

/** The safepoint was already beyond `--until`. */
export interface AlreadyTruncatedEvent extends Origin {
  readonly kind: 'already-truncated';
}

/** Objects that a truncation could not delete; the exit code is 0 all the same (FACTS §5.1). */
export interface UndeletedEvent extends Origin {
  readonly kind: 'undeleted';
  readonly items: bigint | undefined;
}

/** Where a dry run wrote what it would have done. */
export interface EffectsEvent extends Origin {
  readonly kind: 'effects';
  readonly path: string;
}

/** `br abort restore` that did nothing and exits 0 (FACTS §6.7). */
export interface AbortSkippedEvent extends Origin {
  readonly kind: 'abort-skipped';
  readonly because: 'running' | 'not-found';
}

export interface SignalEvent extends Origin {
  readonly kind: 'signal';
  readonly name: string;
}

/** A panic of the Go runtime. */
export interface CrashEvent extends Origin {
  readonly kind: 'crash';
  readonly text: string;
}

/** Any other line: kept, never fatal. */
export interface LineEvent extends Origin {
  readonly kind: 'line';
  /** Undefined for plain text. */
  readonly level: string | undefined;
  /** The whole line. */
  readonly text: string;
  /** Longer than the reader keeps, so that its end is missing. */
  readonly isCut: boolean;
}

export type BrEvent =
  | ProgressEvent
  | SummaryEvent
  | ErrorEvent
  | StatusEvent
  | MetadataEvent
  | TaskEvent
  | SafePointEvent
  | OperationEvent
  | VersionEvent
  | RestoreRangeEvent
  | RegistryWaitEvent
  | RegistryEvent
  | GcRatioEvent
  | SnapshotSkippedEvent
  | CheckpointLockEvent
  | LockBlockedEvent
  | LockReleasedEvent
  | TruncatePlanEvent
  | AlreadyTruncatedEvent
  | UndeletedEvent
  | EffectsEvent
  | AbortSkippedEvent
  | SignalEvent
  | CrashEvent
  | LineEvent;

/** An event without its origin, as the readers of single lines make it. */
export type BareEvent = BrEvent extends infer E ? (E extends BrEvent ? Omit<E, keyof Origin> : never) : never;
