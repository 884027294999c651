// Databases and tables of the model as values, and as the documents that TiDB keeps of them (CODEC §6, §7).
// Says nothing of time: model-database.ts keeps the versions.

import type { FieldType } from '../br/codec/table-info.ts';
import { PitrError } from '../domain/errors.ts';

export const publicState = 5;

export interface ModelColumn {
  /** Per table, never used again. */
  readonly id: bigint;
  readonly name: string;
  readonly type: FieldType;
  /** SchemaState: 5 is what a user sees. */
  readonly state: number;
  /** What rows without the column have: text, null = NULL. */
  readonly originDefault: string | null;
}

/** What a table's row keys hold (CODEC §1.2); `rowid` also stands for a primary key that is not clustered. */
export type TableKey =
  | { readonly kind: 'int'; readonly column: bigint }
  | { readonly kind: 'common'; readonly columns: readonly bigint[] }
  | { readonly kind: 'rowid'; readonly primary: bigint | undefined };

export interface ModelPartition {
  readonly id: bigint;
  readonly name: string;
}

export interface ModelPartitioning {
  readonly kind: 'range' | 'hash';
  readonly column: string;
  readonly definitions: readonly ModelPartition[];
  readonly dropping: readonly ModelPartition[];
  /** ActionType and SchemaState of a DDL under way, 0 = none. */
  readonly ddlAction: number;
  readonly ddlState: number;
}

export interface ModelTable {
  readonly id: bigint;
  readonly name: string;
  readonly state: number;
  readonly columns: readonly ModelColumn[];
  readonly maxColumnId: bigint;
  readonly key: TableKey;
  /** Has an index whose entries stand beside its rows. */
  readonly indexed: boolean;
  readonly partitioning: ModelPartitioning | undefined;
}

export interface ModelDb {
  readonly id: bigint;
  readonly name: string;
  readonly state: number;
  readonly tables: ReadonlyMap<bigint, ModelTable>;
}

export type ModelSchema = ReadonlyMap<bigint, ModelDb>;

/** Ids under which rows of the table are written and read (CODEC §7.3). */
export function rowIdsOf({ id, partitioning }: ModelTable): readonly bigint[] {
  if (partitioning === undefined) return [id];
  const leaving = partitioning.ddlAction === 20 ? new Set(partitioning.dropping.map((one) => one.id)) : none;
  return partitioning.definitions.map((one) => one.id).filter((one) => !leaving.has(one));
}

const none: ReadonlySet<bigint> = new Set();

/** Position of the column with this id; the model never asks for one that is not there. */
export function columnById(table: ModelTable, id: bigint): ModelColumn {
  const found = table.columns.find((column) => column.id === id);
  if (found === undefined)
    throw new PitrError('INTERNAL', `table ${table.name} of the model has no column ${id}`);
  return found;
}

const nameOf = (name: string) => ({ O: name, L: name.toLowerCase() });

/** Bytes of a document with integers of any size. */
export function documentBytes(document: unknown): Uint8Array {
  const text = JSON.stringify(document, (_, value) =>
    typeof value === 'bigint' ? `\u0001${value}\u0001` : value,
  );
  return new TextEncoder().encode(text.replace(/"\\u0001(-?\d+)\\u0001"/g, '$1'));
}

export function databaseDocument({ id, name, state }: ModelDb): Uint8Array {
  return documentBytes({
    id,
    db_name: nameOf(name),
    charset: 'utf8mb4',
    collate: 'utf8mb4_bin',
    state,
    policy_ref_info: null,
  });
}

/** updateTs: TSO of the change. */
export function tableDocument(table: ModelTable, updateTs: bigint): Uint8Array {
  const { id, name, state, key, maxColumnId, columns } = table;
  const indexes = indexDocuments(table);
  return documentBytes({
    id,
    name: nameOf(name),
    charset: 'utf8mb4',
    collate: 'utf8mb4_bin',
    cols: columns.map((column, offset) => columnDocument(column, offset, table)),
    index_info: indexes.length === 0 ? null : indexes,
    constraint_info: null,
    fk_info: null,
    state,
    pk_is_handle: key.kind === 'int',
    is_common_handle: key.kind === 'common',
    common_handle_version: key.kind === 'common' ? 1 : 0,
    comment: '',
    auto_inc_id: 0,
    auto_id_cache: 0,
    auto_rand_id: 0,
    max_col_id: maxColumnId,
    max_idx_id: indexes.length,
    update_timestamp: updateTs,
    ShardRowIDBits: 0,
    max_shard_row_id_bits: 0,
    auto_random_bits: 0,
    auto_random_range_bits: 0,
    pre_split_regions: 0,
    partition: partitionDocument(table),
    compression: '',
    view: null,
    sequence: null,
    Lock: null,
    version: 5,
    tiflash_replica: null,
    temp_table_type: 0,
    cache_table_status: 0,
    policy_ref_info: null,
    ttl_info: null,
  });
}

const notNull = 1;
const primary = 2;

function columnDocument(
  { id, name, type, state, originDefault }: ModelColumn,
  offset: number,
  t: ModelTable,
) {
  const isPrimary = primaryColumns(t.key).includes(id);
  return {
    id,
    name: nameOf(name),
    offset,
    origin_default: originDefault,
    origin_default_bit: null,
    default: originDefault,
    default_bit: null,
    default_is_expr: false,
    generated_expr_string: '',
    generated_stored: false,
    dependences: null,
    type: {
      Tp: type.tp,
      Flag: type.flag | (isPrimary ? notNull | primary : 0),
      Flen: type.flen,
      Decimal: type.decimal,
      Charset: type.charset,
      Collate: type.collate,
      Elems: type.elems.length === 0 ? null : type.elems,
      ElemsIsBinaryLit: null,
      Array: false,
    },
    state,
    comment: '',
    hidden: false,
    change_state_info: null,
    version: 2,
  };
}

export function primaryColumns(key: TableKey): readonly bigint[] {
  switch (key.kind) {
    case 'int':
      return [key.column];
    case 'common':
      return key.columns;
    case 'rowid':
      return key.primary === undefined ? [] : [key.primary];
    default:
      return key satisfies never;
  }
}

/** The primary key where it is no plain integer handle, and an index over the first column where there is one. */
function indexDocuments(table: ModelTable) {
  const ids = table.key.kind === 'int' ? [] : primaryColumns(table.key);
  const indexes = ids.length === 0 ? [] : [indexDocument('PRIMARY', ids, table, 1, true)];
  if (table.indexed)
    indexes.push(indexDocument('by_first', [table.columns[0].id], table, indexes.length + 1, false));
  return indexes;
}

function indexDocument(
  name: string,
  ids: readonly bigint[],
  { columns }: ModelTable,
  id: number,
  isPrimary: boolean,
) {
  return {
    id,
    idx_name: nameOf(name),
    tbl_name: nameOf(''),
    idx_cols: ids.map((one) => {
      const offset = columns.findIndex((column) => column.id === one);
      return { name: nameOf(columns[offset].name), offset, length: -1 };
    }),
    state: publicState,
    backfill_state: 0,
    comment: '',
    index_type: 1,
    is_unique: isPrimary,
    is_primary: isPrimary,
    is_invisible: false,
    is_global: false,
    mv_index: false,
  };
}

function partitionDocument({ partitioning }: ModelTable) {
  if (partitioning === undefined) return null;
  const { kind, column, definitions, dropping, ddlAction, ddlState } = partitioning;
  const definition = ({ id, name }: ModelPartition, i: number) => ({
    id,
    name: nameOf(name),
    less_than: kind === 'range' ? [String((i + 1) * 1000)] : [],
    in_values: null,
    policy_ref_info: null,
  });
  return {
    type: kind === 'range' ? 1 : 2,
    expr: `\`${column}\``,
    columns: null,
    enable: true,
    num: definitions.length,
    definitions: definitions.map(definition),
    adding_definitions: null,
    dropping_definitions: dropping.length === 0 ? null : dropping.map(definition),
    states: null,
    ddl_action: ddlAction,
    ddl_state: ddlState,
  };
}
