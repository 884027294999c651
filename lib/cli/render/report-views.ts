// What a person and a program are shown of each report: the shapes that both renderers share and that
// docs/formats/json.md promises. Built from the operations' reports in lib/cli/view-*.ts; must hold no text layout.

import type { QueryColumn, QueryRow } from '../../ports/restore-target.ts';

/** A code that a program matches and a sentence that a person reads. */
export interface Reason {
  readonly code: string;
  readonly text: string;
}

/** Restorable moments from `from` to `to`, both included; equal for a point. */
export interface IntervalView {
  readonly from: bigint;
  readonly to: bigint;
  /** Snapshots that serve some of it, oldest first. */
  readonly bases: readonly string[];
  readonly startsBecause: Reason;
  readonly endsBecause: Reason;
}

/** Moments that cannot be brought back, wholly or for some tables. Both edges are inside. */
export interface HoleView {
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
  readonly reason: Reason;
  /** Empty: every table. */
  readonly tableIds: readonly bigint[];
  readonly databaseIds: readonly bigint[];
}

export interface ServesView {
  readonly from: bigint;
  readonly to: bigint;
}

export interface SnapshotView {
  readonly name: string;
  readonly state: 'complete' | 'unfinished' | 'damaged' | 'unreadable';
  /** Why it is not complete; undefined when it is. */
  readonly stateReason: string | undefined;
  readonly resumable: boolean | undefined;
  readonly backupTs: bigint | undefined;
  /** The base of an incremental snapshot (br's --lastbackupts); undefined for a full one. */
  readonly incrementalFrom: bigint | undefined;
  readonly sizeBytes: bigint | undefined;
  readonly encrypted: boolean;
  readonly clusterId: bigint | undefined;
  readonly clusterVersion: string;
  readonly brVersion: string;
  readonly serves: readonly ServesView[];
}

export interface LogView {
  readonly path: string;
  readonly clusterId: bigint | undefined;
  readonly startTs: bigint;
  /** The true log minimum: nothing older is whole. */
  readonly minTs: bigint;
  readonly truncatedTo: bigint | undefined;
  readonly safepointTs: bigint | undefined;
  /** The newest moment up to which the log is known to be whole. */
  readonly checkpointTs: bigint | undefined;
  readonly checkpoints: readonly { readonly source: string; readonly ts: bigint }[];
  /** Newest flush that a meta's name tells of: a sign of life beyond the checkpoint, not a promise. */
  readonly lastFlushTs: bigint | undefined;
  readonly metaCount: number;
  readonly metaBytes: bigint;
  readonly compactions: number;
  readonly locks: readonly { readonly object: string; readonly description: string }[];
  readonly problem: string | undefined;
}

export interface WindowView {
  readonly storage: readonly string[];
  /** The newest restorable moment. */
  readonly latest: bigint | undefined;
  readonly intervals: readonly IntervalView[];
  readonly holes: readonly HoleView[];
  readonly snapshots: readonly SnapshotView[];
  readonly logs: readonly LogView[];
  /** Folders that are neither snapshot nor log. */
  readonly unknown: readonly string[];
}

export interface SnapshotsView {
  readonly storage: readonly string[];
  readonly snapshots: readonly SnapshotView[];
}

export interface TableView {
  readonly name: string;
  readonly kind: string;
  readonly columns: number;
  readonly partitions: number;
  readonly rowsEstimate: bigint | undefined;
  readonly ddl: string;
}

export interface DatabaseView {
  readonly name: string;
  readonly tables: readonly TableView[];
}

export interface TablesView {
  readonly moment: bigint;
  readonly base: string;
  readonly databases: readonly DatabaseView[];
  readonly notes: readonly string[];
}

export interface RestoredTableView {
  readonly database: string;
  readonly name: string;
  readonly rows: bigint;
  /** Relative to the target; undefined where all tables are in one file. */
  readonly file: string | undefined;
}

export interface RestoreView {
  readonly moment: bigint;
  readonly base: string;
  readonly target: { readonly kind: string; readonly path: string };
  readonly tables: readonly RestoredTableView[];
  readonly rows: bigint;
  readonly bytesRead: bigint;
  readonly elapsedMs: number;
  readonly notes: readonly string[];
}

/** What is told of a query beside its rows, which have gone to their reader. */
export interface QueryReportView {
  readonly moment: bigint;
  readonly tablesRead: readonly string[];
  readonly notes: readonly string[];
}

export interface QueryView extends QueryReportView {
  readonly columns: readonly QueryColumn[];
  readonly rows: readonly QueryRow[];
  /** There are more rows than these. */
  readonly more: boolean;
}

export interface InspectView {
  readonly object: string;
  readonly kind: string;
  readonly document: unknown;
}
