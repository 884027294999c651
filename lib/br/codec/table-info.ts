// TiDB's documents of databases and tables as values: what rows need, what a person is shown, and the whole document
// beside it. It must not decide which document is valid at a moment (schema-history.ts does).
import { type ColumnInfo, columnInfo } from './column-info.ts';
import { type JsonNode, parseDocument } from './json-node.ts';
import { damagedDocument } from './lossless-json.ts';
import { type PartitionInfo, partitionInfo, partitionRowIds } from './partition.ts';

export type { ColumnInfo, FieldType } from './column-info.ts';
export type { PartitionDefinition, PartitionInfo } from './partition.ts';

/** SchemaState of columns, indexes, tables and databases that users see (CODEC §6.1). */
export const statePublic = 5;

export interface IndexColumn {
  readonly name: string;
  /** Position in `TableInfo.columns`; always inside it. */
  readonly offset: number;
  /** Characters of a prefix index, −1 = the whole column. */
  readonly length: number;
}

export interface IndexInfo {
  readonly id: bigint;
  readonly name: string;
  readonly columns: readonly IndexColumn[];
  readonly state: number;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly invisible: boolean;
  readonly indexType: number;
  readonly comment: string;
  readonly global: boolean;
}

/** CODEC §7.2. */
export interface TableInfo {
  readonly id: bigint;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'sequence' | 'temporary';
  readonly charset: string;
  readonly collate: string;
  readonly state: number;
  readonly comment: string;
  readonly version: number;
  readonly pkIsHandle: boolean;
  readonly isCommonHandle: boolean;
  readonly columns: readonly ColumnInfo[];
  readonly indexes: readonly IndexInfo[];
  readonly partition: PartitionInfo | undefined;
  readonly autoIncId: bigint;
  readonly autoRandId: bigint;
  /** 1 = auto_increment has a counter of its own (CODEC §8.2). */
  readonly autoIdCache: bigint;
  /** 0 normal, 1 import, 2 restore. */
  readonly mode: number;
  /** The database whose counters hold this table's auto ids, 0 = its own. */
  readonly oldSchemaId: bigint;
  /** TSO of the last schema change. */
  readonly updateTs: bigint;
  /**
   * The lossless document (`JsonValue` of lossless-json.ts), parsed when it is asked for: a backup can have a hundred
   * thousand tables, and the parsed documents would be most of the memory. Not copied along with the rest.
   */
  readonly raw: unknown;
}

/** CODEC §7.1. */
export interface DbInfo {
  readonly id: bigint;
  readonly name: string;
  readonly charset: string;
  readonly collate: string;
  readonly state: number;
  readonly raw: unknown;
}

function indexInfo(node: JsonNode, columnCount: number): IndexInfo {
  const column = (one: JsonNode): IndexColumn => {
    const offset = one.field('offset').small();
    if (offset < 0 || offset >= columnCount) {
      throw damagedDocument(
        one.where,
        `a column offset below ${columnCount} at ${one.path}.offset`,
        String(offset),
      );
    }
    return { name: one.field('name').field('O').text(), offset, length: one.field('length').small(-1) };
  };
  return {
    id: node.field('id').integer(),
    name: node.field('idx_name').field('O').text(),
    columns: node.field('idx_cols').items().map(column),
    state: node.field('state').small(),
    unique: node.field('is_unique').flag(false),
    primary: node.field('is_primary').flag(false),
    invisible: node.field('is_invisible').flag(false),
    indexType: node.field('index_type').small(0),
    comment: node.field('comment').text(''),
    global: node.field('is_global').flag(false),
  };
}

function kindOf(node: JsonNode): TableInfo['kind'] {
  if (!node.field('view').absent) return 'view';
  if (!node.field('sequence').absent) return 'sequence';
  return node.field('temp_table_type').small(0) === 0 ? 'table' : 'temporary';
}

/**
 * One `Table:<id>` document, from a snapshot's schema entry or from the log (CODEC §6, §7.2, §7.3).
 * `where` names it in errors. Errors: ROW_DAMAGED with document and path.
 */
export function parseTableInfo(bytes: Uint8Array, where: string): TableInfo {
  const node = parseDocument(bytes, where);
  const columns = node.field('cols').items().map(columnInfo);
  const id = node.field('id').integer();
  const table = {
    id,
    name: node.field('name').field('O').text(),
    kind: kindOf(node),
    charset: node.field('charset').text(''),
    collate: node.field('collate').text(''),
    state: node.field('state').small(),
    comment: node.field('comment').text(''),
    version: node.field('version').small(0),
    pkIsHandle: node.field('pk_is_handle').flag(false),
    isCommonHandle: node.field('is_common_handle').flag(false),
    columns,
    indexes: node
      .field('index_info')
      .items()
      .map((one) => indexInfo(one, columns.length)),
    partition: node.field('partition').absent ? undefined : partitionInfo(node.field('partition'), id),
    autoIncId: node.field('auto_inc_id').integer(0n),
    autoRandId: node.field('auto_rand_id').integer(0n),
    autoIdCache: node.field('auto_id_cache').integer(0n),
    mode: node.field('mode').small(0),
    oldSchemaId: node.field('old_schema_id').integer(0n),
    updateTs: node.field('update_timestamp').integer(0n),
    raw: undefined,
  };
  return Object.defineProperty(table, 'raw', {
    enumerable: false,
    get: () => documentOf(table, bytes, where),
  });
}

/** The document that was asked for last: whoever needs one asks for it many times in a row. */
let lastDocument: { readonly table: object; readonly value: unknown } | undefined;

function documentOf(table: object, bytes: Uint8Array, where: string): unknown {
  if (lastDocument?.table !== table) lastDocument = { table, value: parseDocument(bytes, where).value };
  return lastDocument.value;
}

/** One `DB:<id>` document (CODEC §7.1). Errors: ROW_DAMAGED with document and path. */
export function parseDbInfo(bytes: Uint8Array, where: string): DbInfo {
  const node = parseDocument(bytes, where);
  return {
    id: node.field('id').integer(),
    name: node.field('db_name').field('O').text(),
    charset: node.field('charset').text(''),
    collate: node.field('collate').text(''),
    state: node.field('state').small(),
    raw: node.value,
  };
}

/**
 * The ids under which the rows of this table are, as the document stands (CODEC §7.3): the table's own id, or those
 * of its partitions. None for views, sequences and temporary tables, which have no durable rows.
 */
export function physicalIds(table: TableInfo): readonly bigint[] {
  if (table.kind !== 'table') return [];
  return table.partition?.enable ? partitionRowIds(table.partition) : [table.id];
}

/** The columns a user sees, in display order: public, not hidden, by offset (CODEC §6.4). */
export function visibleColumns(table: TableInfo): readonly ColumnInfo[] {
  return table.columns
    .filter((column) => column.state === statePublic && !column.hidden)
    .sort((a, b) => a.offset - b.offset);
}
