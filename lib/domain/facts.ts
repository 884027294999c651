// What a bucket says about itself, as plain values: snapshots, log backups, blocklists. `br/catalog.ts` fills these
// from the objects; the rules of this folder decide on them. No judgement here: a fact is what was read, not what it allows.

/** Whether a snapshot folder can serve as a base, and if not, why (FACTS §3.2, §3.3). */
export type SnapshotState =
  /** `backupmeta` is there, decodes, and names a BackupTS. */
  | { readonly kind: 'complete' }
  /** `backup.lock` without `backupmeta`: running, or dead. */
  | {
      readonly kind: 'unfinished';
      /** `checkpoints/backup/checkpoint.meta` is there: the same command can go on. */
      readonly resumable: boolean;
      /** Unix ms of the checkpoint lock's end; undefined without a lock. */
      readonly lockExpiresMs: number | undefined;
      /** BackupTS that a resumed run would keep; undefined when no checkpoint tells. */
      readonly backupTs: bigint | undefined;
    }
  /** An object of it is not what it should be. `problem`: what was expected and found. */
  | { readonly kind: 'damaged'; readonly object: string; readonly problem: string }
  /** Sound as far as we see, but not for us: encrypted without a key, a mode that is not read … */
  | {
      readonly kind: 'unreadable';
      readonly reason: string;
      /** What a refusal that blames this snapshot says; UNSUPPORTED when absent. */
      readonly code?: 'KEY_MISSING' | 'KEY_WRONG' | 'UNSUPPORTED';
    };

export interface SnapshotFacts {
  /** The folder, relative to the storage root; unique among snapshots. */
  readonly name: string;
  readonly state: SnapshotState;
  /** end_version. 0n when the state does not tell it. Every version with commit_ts ≤ it is inside. */
  readonly backupTs: bigint;
  /** start_version: 0n = a full snapshot; else `--lastbackupts` of an incremental one, which covers (startTs, backupTs]. */
  readonly startTs: bigint;
  /** 0n = unknown. */
  readonly clusterId: bigint;
  readonly clusterVersion: string;
  readonly brVersion: string;
  /** Bytes of all its objects; undefined when not counted. */
  readonly sizeBytes: bigint | undefined;
  /** `"True"`, `"False"`, or empty when br did not say (FACTS §3.1). */
  readonly newCollations: string;
  readonly encrypted: boolean;
}

/** One `v1/log_restore_tables_blocklists/…` object: tables that a restore ingested past the log (FACTS §3.14). */
export interface BlocklistFacts {
  readonly object: string;
  readonly restoreStartTs: bigint;
  readonly restoreCommitTs: bigint;
  readonly rewriteTs: bigint;
  readonly tableIds: readonly bigint[];
  readonly dbIds: readonly bigint[];
}

/** One `v1/ext_backups/backup-…` folder: SSTs that a snapshot restore ingested past the log (FACTS §3.13). */
export interface ExtBackupFacts {
  readonly object: string;
  readonly finished: boolean;
  /** The data counts as committed at this TSO; 0n = not decided yet. */
  readonly asIfTs: bigint;
  /** Ids of the rewritten tables as this log's cluster knows them (RewrittenTableID.upstream). */
  readonly tableIds: readonly bigint[];
}

/** A file of `v1/global_checkpoint/`, or another source of the log's end (FACTS §1.9, §3.6). */
export interface CheckpointFacts {
  readonly source: string;
  readonly ts: bigint;
}

/** A lock object in the log's folder (FACTS §5.6, §9.1). */
export interface LockFacts {
  readonly object: string;
  /** What it says of itself (host, pid, since when, hint), for a person; empty when it says nothing. */
  readonly description: string;
}

/** One log backup path = one epoch. */
export interface LogFacts {
  /** The epoch's folder, relative to the storage root. */
  readonly path: string;
  /** 0n = unknown. */
  readonly clusterId: bigint;
  readonly clusterVersion: string;
  /** backupmeta.start_version: where the task began. */
  readonly startTs: bigint;
  /** `v1_stream_trancate_safepoint.txt` (FACTS §0.1); undefined when it is not there. */
  readonly safepointTs: bigint | undefined;
  /** `v1/migrations/BASE`.truncated_to; undefined without one. */
  readonly truncatedTo: bigint | undefined;
  /** The true log minimum = max(startTs, safepointTs, truncatedTo) (FACTS §0.5). */
  readonly minTs: bigint;
  readonly checkpoints: readonly CheckpointFacts[];
  /** Largest checkpoint (FACTS §1.9): every change up to it is in the bucket. Undefined: no checkpoint yet. */
  readonly maxTs: bigint | undefined;
  readonly blocklists: readonly BlocklistFacts[];
  readonly extBackups: readonly ExtBackupFacts[];
  /** Number of compactions that the migrations name. */
  readonly compactions: number;
  readonly metaCount: number;
  readonly metaBytes: bigint;
  /** Smallest and largest flush TSO that the names of the metas tell; undefined when none tells. */
  readonly firstFlushTs: bigint | undefined;
  readonly lastFlushTs: bigint | undefined;
  readonly locks: readonly LockFacts[];
  /** Set when an object that every reader of this log needs is damaged: the log then serves nothing. */
  readonly problem?: {
    readonly object: string;
    readonly problem: string;
    /** What a refusal that blames this log says; OBJECT_DAMAGED when absent. */
    readonly code?: 'KEY_MISSING' | 'KEY_WRONG' | 'UNSUPPORTED' | 'OBJECT_DAMAGED';
  };
}

export interface CatalogFacts {
  readonly snapshots: readonly SnapshotFacts[];
  readonly logs: readonly LogFacts[];
  /** Top-level folders that are neither snapshot nor log. */
  readonly unknown: readonly string[];
}
