// DDL statements on the model, each as the steps and transactions that TiDB makes of it (CODEC §8.5). Which statement
// runs when is not decided here.

import { PitrError } from '../domain/errors.ts';
import type { DiffFacts, ModelDatabase } from './model-database.ts';
import {
  type ModelColumn,
  type ModelDb,
  type ModelPartition,
  type ModelPartitioning,
  type ModelTable,
  publicState,
} from './model-schema.ts';

/** Numbers of CODEC §8.8. */
const actions = {
  createDatabase: 1,
  dropDatabase: 2,
  createTable: 3,
  dropTable: 4,
  addColumn: 5,
  dropColumn: 6,
  truncateTable: 11,
  renameTable: 14,
  addPartition: 19,
  dropPartition: 20,
  truncatePartition: 23,
  recoverTable: 25,
  exchangePartition: 42,
  flashbackDatabase: 63,
} as const;

const deleteOnly = 1;
const writeOnly = 2;
const reorganizing = 3;
const deleteReorganizing = 4;

export interface TablePlace {
  readonly dbId: bigint;
  readonly table: ModelTable;
}

/** Called between the steps of a DDL, when other transactions may commit. */
export type Meanwhile = () => void;

type TableEdit = readonly [dbId: bigint, tableId: bigint, table: ModelTable | undefined];

function commitTables(model: ModelDatabase, edits: readonly TableEdit[], diff: DiffFacts): void {
  const next = new Map(model.schema);
  for (const [dbId, tableId, table] of edits) {
    const db = next.get(dbId);
    if (db === undefined) throw new PitrError('INTERNAL', `the model has no database ${dbId}`);
    const tables = new Map(db.tables);
    if (table === undefined) tables.delete(tableId);
    else tables.set(tableId, table);
    next.set(dbId, { ...db, tables });
  }
  model.commitSchema(next, diff);
}

function put(model: ModelDatabase, dbId: bigint, table: ModelTable, type: number): void {
  commitTables(model, [[dbId, table.id, table]], { type, dbId, tableId: table.id });
}

function commitDatabase(model: ModelDatabase, id: bigint, db: ModelDb | undefined, type: number): void {
  const next = new Map(model.schema);
  if (db === undefined) next.delete(id);
  else next.set(id, db);
  model.commitSchema(next, { type, dbId: id, tableId: 0n });
}

export function createDatabase(model: ModelDatabase, name: string): bigint {
  const [id] = model.allocate(1);
  commitDatabase(model, id, { id, name, state: publicState, tables: new Map() }, actions.createDatabase);
  return id;
}

/** Returns the database as it was, for flashbackDatabase. */
export function dropDatabase(model: ModelDatabase, id: bigint, meanwhile: Meanwhile): ModelDb {
  const db = model.schema.get(id);
  if (db === undefined) throw new PitrError('INTERNAL', `the model has no database ${id}`);
  for (const state of [writeOnly, deleteOnly]) {
    commitDatabase(model, id, { ...db, state }, actions.dropDatabase);
    meanwhile();
  }
  commitDatabase(model, id, undefined, actions.dropDatabase);
  return db;
}

export function flashbackDatabase(model: ModelDatabase, db: ModelDb): void {
  commitDatabase(model, db.id, db, actions.flashbackDatabase);
}

/** definition: a table without ids; partitions: how many, 0 = not partitioned. */
export function createTable(
  model: ModelDatabase,
  dbId: bigint,
  definition: Omit<ModelTable, 'id' | 'state' | 'partitioning'>,
  layout: { readonly kind: ModelPartitioning['kind']; readonly partitions: number },
): ModelTable {
  const [id, ...ids] = model.allocate(1 + layout.partitions);
  const definitions = ids.map((one, i) => ({ id: one, name: `p${i}` }));
  const column = definition.columns[0].name;
  const partitioning =
    ids.length === 0
      ? undefined
      : { kind: layout.kind, column, definitions, dropping: [], ddlAction: 0, ddlState: 0 };
  const table: ModelTable = { ...definition, id, state: publicState, partitioning };
  put(model, dbId, table, actions.createTable);
  return table;
}

export function dropTable(model: ModelDatabase, { dbId, table }: TablePlace, meanwhile: Meanwhile): void {
  for (const state of [writeOnly, deleteOnly]) {
    put(model, dbId, { ...table, state }, actions.dropTable);
    meanwhile();
  }
  commitTables(model, [[dbId, table.id, undefined]], {
    type: actions.dropTable,
    dbId,
    tableId: table.id,
  });
}

/** The table as it was when it was dropped; its rows are seen again. */
export function recoverTable(model: ModelDatabase, { dbId, table }: TablePlace): void {
  put(model, dbId, table, actions.recoverTable);
}

export function truncateTable(model: ModelDatabase, { dbId, table }: TablePlace): void {
  const { partitioning } = table;
  const [id, ...ids] = model.allocate(1 + (partitioning?.definitions.length ?? 0));
  const definitions = partitioning?.definitions.map((one, i) => ({ ...one, id: ids[i] }));
  const next = {
    ...table,
    id,
    partitioning: partitioning && { ...partitioning, definitions: definitions ?? [] },
  };
  commitTables(
    model,
    [
      [dbId, table.id, undefined],
      [dbId, id, next],
    ],
    { type: actions.truncateTable, dbId, tableId: id, oldTableId: table.id },
  );
}

export function renameTable(
  model: ModelDatabase,
  { dbId, table }: TablePlace,
  toDb: bigint,
  name: string,
): void {
  const renamed = { ...table, name };
  const edits: TableEdit[] = [[toDb, table.id, renamed]];
  if (toDb !== dbId) edits.unshift([dbId, table.id, undefined]);
  commitTables(model, edits, { type: actions.renameTable, dbId: toDb, tableId: table.id });
}

export function addColumn(
  model: ModelDatabase,
  { dbId, table }: TablePlace,
  column: Omit<ModelColumn, 'id' | 'state'>,
  meanwhile: Meanwhile,
): void {
  const id = table.maxColumnId + 1n;
  for (const state of [deleteOnly, writeOnly, reorganizing, publicState]) {
    const columns = [...table.columns, { ...column, id, state }];
    put(model, dbId, { ...table, columns, maxColumnId: id }, actions.addColumn);
    meanwhile();
  }
}

export function dropColumn(
  model: ModelDatabase,
  { dbId, table }: TablePlace,
  columnId: bigint,
  meanwhile: Meanwhile,
): void {
  const kept = table.columns.filter(({ id }) => id !== columnId);
  const leaving = table.columns.filter(({ id }) => id === columnId);
  for (const state of [writeOnly, deleteOnly, deleteReorganizing]) {
    const columns = [...kept, ...leaving.map((column) => ({ ...column, state }))];
    put(model, dbId, { ...table, columns }, actions.dropColumn);
    meanwhile();
  }
  put(model, dbId, { ...table, columns: kept }, actions.dropColumn);
}

/** Gives the plain table's rows to the partition and the partition's to the table; no row moves. */
export function exchangePartition(
  model: ModelDatabase,
  { dbId, table }: TablePlace,
  partitionId: bigint,
  plain: TablePlace,
): void {
  const partitioning = partitioningOf(table);
  const definitions = partitioning.definitions.map((one) =>
    one.id === partitionId ? { ...one, id: plain.table.id } : one,
  );
  commitTables(
    model,
    [
      [plain.dbId, plain.table.id, undefined],
      [plain.dbId, partitionId, { ...plain.table, id: partitionId }],
      [dbId, table.id, { ...table, partitioning: { ...partitioning, definitions } }],
    ],
    { type: actions.exchangePartition, dbId, tableId: table.id, oldTableId: plain.table.id },
  );
}

export function addPartition(model: ModelDatabase, { dbId, table }: TablePlace): void {
  const partitioning = partitioningOf(table);
  const [id] = model.allocate(1);
  const definitions = [...partitioning.definitions, { id, name: `p${id}` }];
  put(model, dbId, { ...table, partitioning: { ...partitioning, definitions } }, actions.addPartition);
}

/** A new id in the place of the old one, and a last step that forgets the old one. */
export function truncatePartition(
  model: ModelDatabase,
  { dbId, table }: TablePlace,
  partitionId: bigint,
  meanwhile: Meanwhile,
): void {
  const partitioning = partitioningOf(table);
  const [id] = model.allocate(1);
  const definitions = partitioning.definitions.map((one) => (one.id === partitionId ? { ...one, id } : one));
  const dropping = partitioning.definitions.filter((one) => one.id === partitionId);
  const type = actions.truncatePartition;
  const between = { ...partitioning, definitions, dropping, ddlAction: type, ddlState: deleteOnly };
  put(model, dbId, { ...table, partitioning: between }, type);
  meanwhile();
  put(model, dbId, { ...table, partitioning: { ...partitioning, definitions } }, type);
}

/** First the partition is no longer read though it is still listed, then it is gone (CODEC §7.3). */
export function dropPartition(
  model: ModelDatabase,
  { dbId, table }: TablePlace,
  partitionId: bigint,
  meanwhile: Meanwhile,
): void {
  const partitioning = partitioningOf(table);
  const isLeaving = (one: ModelPartition) => one.id === partitionId;
  const dropping = partitioning.definitions.filter(isLeaving);
  const definitions = partitioning.definitions.filter((one) => !isLeaving(one));
  const type = actions.dropPartition;
  const first = { ...partitioning, dropping, ddlAction: type, ddlState: writeOnly };
  put(model, dbId, { ...table, partitioning: first }, type);
  meanwhile();
  put(model, dbId, { ...table, partitioning: { ...first, definitions, ddlState: deleteOnly } }, type);
  meanwhile();
  put(model, dbId, { ...table, partitioning: { ...partitioning, definitions } }, type);
}

function partitioningOf({ name, partitioning }: ModelTable): ModelPartitioning {
  if (partitioning === undefined)
    throw new PitrError('INTERNAL', `table ${name} of the model has no partitions`);
  return partitioning;
}
