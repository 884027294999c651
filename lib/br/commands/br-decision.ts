// The vocabulary of every br command that we run: what was decided, without a word of br's flags. Nothing is decided here.

/** A key for `--crypter.*` or `--log.crypter.*`. Only ever a file: an argument is readable in the process list. */
export interface Crypter {
  readonly method: 'aes128-ctr' | 'aes192-ctr' | 'aes256-ctr';
  /** A path on the machine where br runs: hexadecimal digits of 16, 24 or 32 bytes. */
  readonly keyFile: string;
}

export interface BackupFull {
  readonly kind: 'backup-full';
  /** Its own prefix, used by no other backup. A run that died goes on with the same decision into the same place. */
  readonly storage: string;
  /** How long we would go on starting a dead run again, milliseconds; history is held at least that long. */
  readonly retryBudgetMs: number;
  /** Whether br computes and stores checksums of tables. */
  readonly checksum: boolean;
  /** Whether statistics are backed up, too; default false as in br. */
  readonly statistics?: boolean;
  readonly compression?: { readonly algorithm: 'zstd' | 'lz4' | 'snappy'; readonly level?: number };
  /** Ranges at a time per TiKV, 1 to 256. */
  readonly concurrency?: number;
  /** MiB per second per TiKV; sets concurrency to 1 (FACTS §1.2). */
  readonly rateLimitMiB?: number;
  readonly crypter?: Crypter;
  /** BackupTS of the snapshot that this one is laid over. An incremental run cannot be resumed. */
  readonly lastBackupTs?: bigint;
  readonly filter?: readonly string[];
}

export interface LogStart {
  readonly kind: 'log-start';
  readonly taskName: string;
  readonly storage: string;
  /** Default: now. A storage that was a log backup before overrides it (FACTS §0.14). */
  readonly startTs?: bigint;
  readonly logCrypter?: Crypter;
}

export interface LogStop {
  readonly kind: 'log-stop';
  readonly taskName: string;
}

export interface LogPause {
  readonly kind: 'log-pause';
  readonly taskName: string;
  /** Seconds that history is held while paused: the fuse. */
  readonly gcTtlSeconds: number;
  /** Why, for whoever looks later; versions before 8.5.5 have no place for it, and it is left out. */
  readonly message?: string;
}

export interface LogResume {
  readonly kind: 'log-resume';
  readonly taskName: string;
}

export interface LogStatus {
  readonly kind: 'log-status';
  /** Default: every task. */
  readonly taskName?: string;
}

export interface LogMetadata {
  readonly kind: 'log-metadata';
  readonly storage: string;
}

export interface LogTruncate {
  readonly kind: 'log-truncate';
  readonly storage: string;
  /** At most the BackupTS of the oldest snapshot that is kept (FACTS §5.3). br does not check that. */
  readonly untilTs: bigint;
  readonly dryRun?: boolean;
  /** A dry run of 8.5.7 and younger still deletes blocklist objects older than `untilTs` (FACTS §0.3): say that you know. */
  readonly acceptsBlocklistDeletion?: boolean;
}

/** Options that a restore of either kind takes. */
export interface RestoreOptions {
  readonly checksum: boolean;
  /** br's own rules, `shop.*`; empty or missing means everything. Never br's default list (FACTS §1.5). */
  readonly filter?: readonly string[];
  readonly withSystemTables?: boolean;
  readonly loadStatistics?: boolean;
  /** Key of the snapshot. */
  readonly crypter?: Crypter;
  /** Where the restore keeps its checkpoints, instead of databases in the target; 8.5.5 and younger. */
  readonly checkpointStorage?: string;
}

export interface RestorePoint extends RestoreOptions {
  readonly kind: 'restore-point';
  readonly logStorage: string;
  /** A snapshot, or the end of an earlier log restore into the same target. br takes one of the two, never both. */
  readonly from: { readonly snapshotStorage: string } | { readonly startTs: bigint };
  /** Always explicit: br's default moves between attempts (FACTS §6.5). */
  readonly restoredTs: bigint;
  readonly logCrypter?: Crypter;
}

export interface RestoreFull extends RestoreOptions {
  readonly kind: 'restore-full';
  readonly storage: string;
}

export interface AbortRestore {
  readonly kind: 'abort-restore';
  /** The restore to abort, with the very same options. */
  readonly restore: RestorePoint | RestoreFull;
}

export interface ForceFlush {
  readonly kind: 'force-flush';
  /** A regular expression over store addresses; default all. */
  readonly stores?: string;
}

export interface ShowVersion {
  readonly kind: 'version';
}

export type BrDecision =
  | BackupFull
  | LogStart
  | LogStop
  | LogPause
  | LogResume
  | LogStatus
  | LogMetadata
  | LogTruncate
  | RestorePoint
  | RestoreFull
  | AbortRestore
  | ForceFlush
  | ShowVersion;

export type BrCommandKind = BrDecision['kind'];
