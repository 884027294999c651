// DDL statements over a SchemaLog, each as the transactions that TiDB makes of it; what cannot be done does nothing.
import { type ModelTable, type SchemaLog, setTable } from './schema-log.ts';

interface Choice {
  readonly dbId: bigint;
  readonly table: ModelTable;
}

/** A statement, and two numbers to choose its objects by. */
export interface Statement {
  readonly verb: keyof typeof statements;
  readonly a: number;
  readonly b: number;
}

const publicDbs = (log: SchemaLog): readonly bigint[] =>
  [...log.now.databases.values()].filter((one) => one.state === 5).map((one) => one.id);

function choose(log: SchemaLog, at: number, partitioned?: boolean): Choice | undefined {
  const all: Choice[] = [];
  for (const dbId of publicDbs(log)) {
    for (const table of log.now.databases.get(dbId)!.tables.values()) {
      if (partitioned === undefined || (table.partitions !== undefined) === partitioned)
        all.push({ dbId, table });
    }
  }
  return all[at % Math.max(1, all.length)];
}

function createDb(log: SchemaLog): void {
  const [id] = log.allocate(1) as [bigint];
  log.commit([1, id, 0n], (all) => all.set(id, { id, name: `d${id}`, state: 5, tables: new Map() }));
}

function createTable(log: SchemaLog, a: number, partitions: number): void {
  const dbs = publicDbs(log);
  const dbId = dbs[a % Math.max(1, dbs.length)];
  if (dbId === undefined) return;
  const [id, ...rest] = log.allocate(1 + partitions) as [bigint, ...bigint[]];
  log.putTable(dbId, 3, {
    id,
    name: `t${id}`,
    state: 5,
    columns: 1,
    partitions: partitions > 0 ? rest : undefined,
  });
}

function alter(log: SchemaLog, a: number): void {
  const one = choose(log, a);
  if (one) log.putTable(one.dbId, 5, { ...one.table, columns: one.table.columns + 1 });
}

function drop(log: SchemaLog, a: number): void {
  const one = choose(log, a);
  if (!one) return;
  for (const state of [2, 1]) log.putTable(one.dbId, 4, { ...one.table, state });
  log.commit([4, one.dbId, one.table.id], (all) => setTable(all, one.dbId, { id: one.table.id, gone: true }));
  log.dropped.push(one);
}

function recover(log: SchemaLog, a: number): void {
  const at = a % Math.max(1, log.dropped.length);
  const one = log.dropped[at];
  if (one === undefined || log.now.databases.get(one.dbId)?.state !== 5) return;
  log.dropped.splice(at, 1);
  log.putTable(one.dbId, 25, one.table);
}

function truncate(log: SchemaLog, a: number): void {
  const one = choose(log, a);
  if (!one) return;
  const [id, ...rest] = log.allocate(1 + (one.table.partitions?.length ?? 0)) as [bigint, ...bigint[]];
  log.commit([11, one.dbId, id], (all) => {
    setTable(all, one.dbId, { id: one.table.id, gone: true });
    setTable(all, one.dbId, { ...one.table, id, partitions: one.table.partitions && rest });
  });
}

function rename(log: SchemaLog, a: number, b: number): void {
  const one = choose(log, a);
  const dbs = publicDbs(log);
  const target = dbs[b % Math.max(1, dbs.length)];
  if (!one || target === undefined) return;
  log.commit([14, target, one.table.id], (all) => {
    setTable(all, one.dbId, { id: one.table.id, gone: true });
    setTable(all, target, { ...one.table, name: `r${one.table.id}_${b}` });
  });
}

function exchange(log: SchemaLog, a: number, b: number): void {
  const [parts, plain] = [choose(log, a, true), choose(log, b, false)];
  const out = parts?.table.partitions?.[0];
  if (!parts || !plain || out === undefined) return;
  log.commit([42, parts.dbId, parts.table.id], (all) => {
    setTable(all, plain.dbId, { id: plain.table.id, gone: true });
    setTable(all, plain.dbId, { ...plain.table, id: out });
    const partitions = [plain.table.id, ...parts.table.partitions!.slice(1)];
    setTable(all, parts.dbId, { ...parts.table, partitions });
  });
}

function reorganize(log: SchemaLog, a: number): void {
  const one = choose(log, a, true);
  if (!one) return;
  const old = one.table.partitions!;
  const adding = log.allocate(old.length);
  for (const state of [1, 2, 3]) {
    log.putTable(one.dbId, 64, { ...one.table, reorganizing: { state, adding, dropping: old } });
  }
  log.putTable(one.dbId, 64, {
    ...one.table,
    partitions: adding,
    reorganizing: { state: 4, adding, dropping: old },
  });
  log.putTable(one.dbId, 64, { ...one.table, partitions: adding });
}

function dropPartition(log: SchemaLog, a: number): void {
  const one = choose(log, a, true);
  const [first, ...rest] = one?.table.partitions ?? [];
  if (!one || first === undefined || rest.length === 0) return;
  log.putTable(one.dbId, 20, { ...one.table, droppingPartition: first });
  log.putTable(one.dbId, 20, { ...one.table, partitions: rest, droppingPartition: first });
  log.putTable(one.dbId, 20, { ...one.table, partitions: rest });
}

function addPartition(log: SchemaLog, a: number, type: 19 | 23): void {
  const one = choose(log, a, true);
  if (!one) return;
  const [id] = log.allocate(1) as [bigint];
  const kept = type === 19 ? one.table.partitions! : one.table.partitions!.slice(1);
  log.putTable(one.dbId, type, { ...one.table, partitions: [...kept, id] });
}

function dropDb(log: SchemaLog, a: number): void {
  const dbs = publicDbs(log);
  const id = dbs[a % Math.max(1, dbs.length)];
  const db = id === undefined ? undefined : log.now.databases.get(id);
  if (db === undefined) return;
  for (const state of [2, 1]) log.commit([2, db.id, 0n], (all) => all.set(db.id, { ...db, state }));
  log.commit([2, db.id, 0n], (all) => all.delete(db.id));
  log.droppedDbs.push(db);
}

function flashbackDb(log: SchemaLog): void {
  const db = log.droppedDbs.pop();
  if (db) log.commit([63, db.id, 0n], (all) => all.set(db.id, db));
}

const statements = {
  createDb,
  createTable: (log: SchemaLog, a: number) => createTable(log, a, 0),
  createParts: (log: SchemaLog, a: number) => createTable(log, a, 2),
  alter,
  drop,
  recover,
  truncate,
  rename,
  exchange,
  reorganize,
  dropPartition,
  addPartition: (log: SchemaLog, a: number) => addPartition(log, a, 19),
  truncatePartition: (log: SchemaLog, a: number) => addPartition(log, a, 23),
  dropDb,
  flashbackDb,
} as const;

export const verbs = Object.keys(statements) as readonly (keyof typeof statements)[];

export function run(log: SchemaLog, { verb, a, b }: Statement): void {
  statements[verb](log, a, b);
}
