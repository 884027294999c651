// What one restore asks of the engine, as plain data that goes to other threads unchanged: which bases, which log,
// which tables, into which form, within which memory.

import type { TableInfo } from '../br/codec/table-info.ts';
import type { MigrationState } from '../br/migrations.ts';
import type { OutputForm } from './output/table-encoder.ts';
import type { Shard } from './shards.ts';

/** One snapshot of the chain. */
export interface LayerSource {
  /** Its folder in the snapshots' store, with trailing `/`. */
  readonly prefix: string;
  /** Its SSTs are encrypted with the snapshots' key. */
  readonly encrypted: boolean;
}

/** The log that is laid over the bases. */
export interface LogSource {
  /** Its folder in the log's store, with trailing `/`, or empty. */
  readonly prefix: string;
  /** BackupTS of the last base, exclusive. */
  readonly after: bigint;
  /** The moment, inclusive. */
  readonly until: bigint;
  /** No value of the default column family before this is needed (FACTS §4.7 step 2). */
  readonly shift: bigint;
  readonly migrations: MigrationState | undefined;
}

/** One table as it was at the moment. */
export interface TableJob {
  readonly database: string;
  readonly name: string;
  /** The document at the moment; `raw` is not needed and may be undefined. */
  readonly table: TableInfo;
  readonly physicalIds: readonly bigint[];
  /** Its CREATE statement, kept beside the data. */
  readonly ddl: string;
}

/** Bytes that one worker may use for each purpose. */
export interface WorkerMemory {
  /** Arena for sorting the log's changes. */
  readonly sortBytes: number;
  /** Rows that are held before they are encoded. */
  readonly batchBytes: number;
  /** One read of an SST. */
  readonly chunkBytes: number;
}

export interface EngineJob {
  readonly moment: bigint;
  readonly layers: readonly LayerSource[];
  readonly log: LogSource | undefined;
  /** Physical ids of all wanted tables: whose changes of the log are kept. */
  readonly wantedIds: readonly bigint[];
  readonly form: OutputForm;
  /** The cluster's new_collation_enabled: what a clustered key of text holds (CODEC §9). */
  readonly newCollation: boolean;
  readonly memory: WorkerMemory;
}

/** One part of one table to be made. The table goes along with it: nobody holds all tables of a large backup but the coordinator. */
export interface PartTask {
  readonly shard: Shard;
  readonly table: TableJob;
  /** Columns that are written as text (TableEncoder). */
  readonly asText: readonly number[];
}

/** What one part of a table came to. */
export interface ShardResult {
  readonly table: number;
  readonly part: number;
  readonly rows: number;
  /** Bytes written to the part. */
  readonly bytes: number;
  /** Columns that the form cannot hold natively; the part is then worthless (TableEncoder.unrepresentable). */
  readonly unrepresentable: readonly number[];
}

/** Name of a part below the output space, unique per table and part. */
export function partName(table: number, part: number): string {
  return `${table}/${part}`;
}
