// The port of what a restore becomes: a DuckDB file, a folder of Parquet, CSV or JSON Lines. Parts are made in a staging
// place; `publish` turns them into the result in one step, so that nothing half-written ever looks finished.

/** One table, as its parts were written. */
export interface StagedTable {
  readonly database: string;
  readonly name: string;
  readonly ddl: string;
  readonly rows: number;
  /** Names of its parts in key order (PartSpace). */
  readonly parts: readonly string[];
  /** In display order. duckdbType and expression say how a Parquet part is read (`#` stands for the column). */
  readonly columns: readonly StagedColumn[];
}

export interface StagedColumn {
  readonly name: string;
  readonly duckdbType: string;
  readonly duckdbExpression: string;
}

/** Everything that is published; `manifest` is kept beside the data as it is (JSON-able). */
export interface StagedRestore {
  readonly tables: readonly StagedTable[];
  /** CREATE statements of databases, views and sequences, in an order that can be run. */
  readonly otherDdl: readonly string[];
  readonly manifest: Readonly<Record<string, unknown>>;
}

export interface RestoreTarget {
  /** How parts are to be encoded. */
  readonly form: 'jsonl' | 'csv' | 'parquet';
  /** Where the parts go, as the workers' PartSpace takes it. */
  readonly partFolder: string;
  /** Scratch room of the same restore. */
  readonly spillFolder: string;
  /**
   * Makes the result from the parts. Returns each table's file or folder relative to the target, in the order of
   * `tables`; undefined where all are in one file. Errors: LOCAL_IO, DEPENDENCY_MISSING.
   */
  publish(restore: StagedRestore, onTable: (done: number) => void): Promise<readonly (string | undefined)[]>;
  /** Removes whatever is staged; after publish, or instead of it. */
  cleanUp(): Promise<void>;
}

/** A value of an answer as JSON can hold it; integers that are not exact as numbers are strings. */
export type QueryCell =
  | string
  | number
  | boolean
  | null
  | readonly QueryCell[]
  | { readonly [field: string]: QueryCell };

export type QueryRow = readonly QueryCell[];

export interface QueryColumn {
  readonly name: string;
  /** DuckDB's name of the type. */
  readonly type: string;
}

/** Who takes an answer as it comes: it may be larger than memory. The next batch waits until the last one is taken. */
export interface AnswerReader {
  /** Called once, before any rows. */
  columns(columns: readonly QueryColumn[]): Promise<void>;
  /** False: enough, the rest is not wanted. */
  rows(batch: readonly QueryRow[]): Promise<boolean>;
}

/** A target whose publishing runs one query over the restored tables, gives the answer to its reader and keeps nothing. */
export interface QueryTarget extends RestoreTarget {
  /** Tables that the query names, each as its parts (`[database, table]` or `[table]`). */
  tableNames(): readonly (readonly string[])[];
}
