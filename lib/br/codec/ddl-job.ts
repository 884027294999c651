// The DDL records beside the documents: history jobs (what a person ran) and schema diffs (what one commit changed).
// They explain; which schema is valid at a moment is decided by the documents alone (schema-history.ts).
import { type JsonNode, parseDocument } from './json-node.ts';

/** One job of DDLJobHistory (CODEC §8.7). */
export interface DdlEvent {
  readonly id: bigint;
  /** ActionType (CODEC §8.8) and its name; an unknown number is named `action <number>`. */
  readonly type: number;
  readonly typeName: string;
  readonly state: number;
  /** Whether the job's change stands: state synced or done. */
  readonly succeeded: boolean;
  readonly query: string;
  readonly schemaName: string;
  /** The name before the DDL, except for RECOVER … TO. */
  readonly tableName: string;
  readonly schemaId: bigint;
  /** The id before the DDL: of TRUNCATE the old one, of EXCHANGE the plain table's. */
  readonly tableId: bigint;
  /** The id in the document after the change, when the job carries one: of TRUNCATE the new one. */
  readonly newTableId: bigint | undefined;
  readonly startTs: bigint;
  /** Slightly after the commit that made the change visible; 0 when it never finished. */
  readonly finishedTs: bigint;
  /** Commit of the history record itself. */
  readonly commitTs: bigint;
}

/** What one schema version changed (CODEC §8.6), in the same transaction as the documents. */
export interface SchemaDiff {
  readonly version: bigint;
  readonly type: number;
  readonly schemaId: bigint;
  readonly tableId: bigint;
  readonly oldTableId: bigint;
  readonly commitTs: bigint;
}

/** ActionType numbers that this project decides by (CODEC §8.8). */
export const action = {
  createTable: 3,
  truncateTable: 11,
  addPartition: 19,
  createView: 21,
  truncatePartition: 23,
  recoverTable: 25,
  createSequence: 34,
  createTables: 60,
  flashbackCluster: 62,
  flashbackDatabase: 63,
  reorganizePartition: 64,
  alterPartitioning: 71,
  removePartitioning: 72,
} as const;

// In the order of CODEC §8.8 from 1 on; empty where a number is unused.
const actionNames: readonly string[] = [
  ...['create schema', 'drop schema', 'create table', 'drop table', 'add column', 'drop column', 'add index'],
  ...['drop index', 'add foreign key', 'drop foreign key', 'truncate table', 'modify column'],
  ...[
    'rebase auto_increment',
    'rename table',
    'set default',
    'shard_row_id_bits',
    'table comment',
    'rename index',
  ],
  ...['add partition', 'drop partition', 'create view', 'table charset', 'truncate partition', 'drop view'],
  ...[
    'recover table',
    'schema charset',
    'lock tables',
    'unlock tables',
    'repair table',
    'set tiflash replica',
  ],
  ...[
    'tiflash status',
    'add primary key',
    'drop primary key',
    'create sequence',
    'alter sequence',
    'drop sequence',
  ],
  ...[
    'add columns',
    'drop columns',
    'auto_id_cache',
    'rebase auto_random',
    'index visibility',
    'exchange partition',
  ],
  ...[
    'add check constraint',
    'drop check constraint',
    'alter check constraint',
    '',
    'rename tables',
    'drop indexes',
  ],
  ...['table attributes', 'partition attributes', 'create placement policy', 'alter placement policy'],
  ...['drop placement policy', 'partition placement', 'schema placement', 'table placement', 'cache table'],
  ...['stats options', 'nocache table', 'create tables', 'multi-schema change', 'flashback cluster'],
  ...['flashback database', 'reorganize partition', 'alter ttl', '', 'remove ttl', 'create resource group'],
  ...['alter resource group', 'drop resource group', 'alter partitioning', 'remove partitioning'],
  ...['add columnar index', 'engine attribute', 'table mode', 'refresh meta', 'schema read only', 'affinity'],
  ...['alter soft delete', 'remove soft delete', 'create masking policy', 'alter masking policy'],
  ...['drop masking policy', 'region split policy'],
];

/** The name of an ActionType number (CODEC §8.8). */
export function actionName(type: number): string {
  return actionNames[type - 1] || `action ${type}`;
}

const stateDone = 4;
const stateSynced = 6;

function newTableId(binlog: JsonNode): bigint | undefined {
  if (binlog.absent) return undefined;
  const table = binlog.field('TableInfo');
  return table.absent ? undefined : table.field('id').integer();
}

/** One history record. Errors: ROW_DAMAGED with `where` and the path. */
export function parseDdlJob(bytes: Uint8Array, where: string, commitTs: bigint): DdlEvent {
  return ddlJob(parseDocument(bytes, where), commitTs);
}

/** The same from a parsed document. Errors: ROW_DAMAGED with the path. */
export function ddlJob(job: JsonNode, commitTs: bigint): DdlEvent {
  const binlog = job.field('binlog');
  const type = job.field('type').small();
  const state = job.field('state').small();
  return {
    id: job.field('id').integer(),
    type,
    typeName: actionName(type),
    state,
    succeeded: state === stateDone || state === stateSynced,
    query: job.field('query').text(''),
    schemaName: job.field('schema_name').text(''),
    tableName: job.field('table_name').text(''),
    schemaId: job.field('schema_id').integer(0n),
    tableId: job.field('table_id').integer(0n),
    newTableId: newTableId(binlog),
    startTs: job.field('start_ts').integer(0n),
    finishedTs: binlog.absent ? 0n : binlog.field('FinishedTS').integer(0n),
    commitTs,
  };
}

/** One `Diff:<version>` record. Errors: ROW_DAMAGED with `where` and the path. */
export function parseSchemaDiff(bytes: Uint8Array, where: string, commitTs: bigint): SchemaDiff {
  const diff = parseDocument(bytes, where);
  return {
    version: diff.field('version').integer(),
    type: diff.field('type').small(),
    schemaId: diff.field('schema_id').integer(0n),
    tableId: diff.field('table_id').integer(0n),
    oldTableId: diff.field('old_table_id').integer(0n),
    commitTs,
  };
}
