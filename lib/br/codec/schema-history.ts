// Which databases and tables there were at a moment, from a snapshot's schemas and the meta changes of the log.
// Pure: it must not read storage, and it must not decide what a moment without a known schema means.
import { PitrError } from '../../domain/errors.ts';
import { nextAutoId, nextRandomId } from './auto-ids.ts';
import { action, type DdlEvent } from './ddl-job.ts';
import { type MetaChange, versionAt } from './key-versions.ts';
import { damagedDocument } from './lossless-json.ts';
import { type OlderBaseNeed, olderBaseNeeds } from './older-base.ts';
import {
  collectVersions,
  type SchemaBaseline,
  type SchemaVersions,
  type TableHistory,
} from './schema-versions.ts';
import { type DbInfo, physicalIds, statePublic, type TableInfo } from './table-info.ts';
import { type PastLogWrite, pastLogWrites } from './table-modes.ts';

export type { MetaChange } from './key-versions.ts';
export type { OlderBaseNeed } from './older-base.ts';
export type { BaselineEntry, SchemaBaseline } from './schema-versions.ts';

export interface DatabaseAt {
  readonly info: DbInfo;
  /** Belongs to TiDB or to a restore, not to the user (CODEC §8.4). */
  readonly system: boolean;
}

export interface TableAt {
  readonly db: DbInfo;
  readonly table: TableInfo;
  readonly system: boolean;
  /** Commit of the document, the baseline's ts when it is the snapshot's. */
  readonly documentTs: bigint;
  /** The number SHOW CREATE TABLE prints as AUTO_INCREMENT, when it is known. */
  readonly autoIncrement: bigint | undefined;
  /** The number SHOW CREATE TABLE prints as AUTO_RANDOM_BASE, when it is known. */
  readonly autoRandomBase: bigint | undefined;
}

/** Whose rows are under a physical id; `partition` is the name when it is a partition's. */
export interface RowOwner {
  readonly table: TableAt;
  readonly partition: string | undefined;
}

export interface SchemaAt {
  readonly ts: bigint;
  /** By name, in the order of code units of their lower-case forms. */
  readonly databases: readonly DatabaseAt[];
  /** Tables, views and sequences (`table.kind`), by database and name. */
  readonly tables: readonly TableAt[];
  readonly database: (name: string) => DatabaseAt | undefined;
  readonly table: (database: string, name: string) => TableAt | undefined;
  readonly owner: (physicalId: bigint) => RowOwner | undefined;
  /** Databases that have live tables in the log but no document in baseline or log: a filtered snapshot. */
  readonly unknownDatabases: readonly bigint[];
}

/** A commit that rewrites the whole keyspace, so that nothing after it can be built from what was before. */
export interface HistoryBarrier {
  readonly commitTs: bigint;
  readonly reason: string;
}

export interface SchemaHistory {
  /** Moments before this one cannot be asked for. */
  readonly baselineTs: bigint;
  /** The schema as of `ts`, commits at `ts` included. Errors: ROW_DAMAGED, INTERNAL when ts is before the baseline. */
  readonly at: (ts: bigint) => SchemaAt;
  /** DDL history jobs with commitTs in (from, to], by commit. */
  readonly ddlEvents: (from: bigint, to: bigint) => readonly DdlEvent[];
  /** FLASHBACK CLUSTER in (from, to]: the caller refuses moments beyond it (CODEC §8.5). */
  readonly barriers: (from: bigint, to: bigint) => readonly HistoryBarrier[];
  /** Tables alive at `ts` whose rows are neither in a snapshot at `baseTs` nor in the log after it (CODEC §8.5). */
  readonly needsOlderBase: (baseTs: bigint, ts: bigint) => readonly OlderBaseNeed[];
  /** Those of the tables that were in import or restore mode in [baseTs, ts] (CODEC §7.2). */
  readonly pastLogWrites: (
    tables: ReadonlySet<bigint>,
    baseTs: bigint,
    ts: bigint,
  ) => readonly PastLogWrite[];
}

const systemNames: ReadonlySet<string> = new Set([
  'mysql',
  'sys',
  'workload_schema',
  'information_schema',
  'performance_schema',
  'metrics_schema',
]);
const temporaryPrefix = '__tidb_br_temporary_';

/** Whether a database belongs to TiDB or to a restore (CODEC §8.4); BR stores `mysql` under its temporary prefix. */
export function isSystemDatabase(name: string): boolean {
  const lower = name.toLowerCase();
  return systemNames.has(lower) || lower.startsWith(temporaryPrefix);
}

const orderByName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const nameKey = (database: string, table: string): string =>
  `${database.toLowerCase()}\u0000${table.toLowerCase()}`;

function liveDatabases(versions: SchemaVersions, ts: bigint): ReadonlyMap<bigint, DatabaseAt> {
  const live = new Map<bigint, DatabaseAt>();
  for (const [id, history] of versions.databases) {
    const info = versionAt(history, ts)?.document();
    if (info?.state === statePublic) live.set(id, { info, system: isSystemDatabase(info.name) });
  }
  return live;
}

function tableAt(
  versions: SchemaVersions,
  history: TableHistory,
  db: DatabaseAt,
  ts: bigint,
): TableAt | undefined {
  const version = versionAt(history.versions, ts);
  const table = version?.document();
  if (version === undefined || table?.state !== statePublic) return undefined;
  return {
    db: db.info,
    table,
    system: db.system,
    documentTs: version.commitTs,
    autoIncrement: nextAutoId(versions, history, table, ts),
    autoRandomBase: nextRandomId(versions, history, table, ts),
  };
}

function ownersOf(tables: readonly TableAt[]): ReadonlyMap<bigint, RowOwner> {
  const owners = new Map<bigint, RowOwner>();
  for (const table of tables) {
    const names = new Map(table.table.partition?.definitions.map((one) => [one.id, one.name]));
    for (const id of physicalIds(table.table)) {
      const before = owners.get(id)?.table;
      if (before !== undefined) {
        const expected = `physical id ${id} in one table only`;
        const found = `it in ${fullName(before)} and ${fullName(table)}`;
        throw damagedDocument('the schema', expected, found);
      }
      owners.set(id, { table, partition: table.table.partition?.enable ? names.get(id) : undefined });
    }
  }
  return owners;
}

const fullName = (one: TableAt): string => `${one.db.name}.${one.table.name}`;

/** Two things of one name at one moment can only come of changes that are missing: refused, never merged. */
function byName<T>(
  all: readonly T[],
  key: (one: T) => string,
  shown: (one: T) => string,
  ts: bigint,
): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const one of all) {
    const name = key(one);
    if (map.has(name)) throw damagedDocument(`the schema at ${ts}`, `one ${shown(one)}`, 'two of that name');
    map.set(name, one);
  }
  return map;
}

function schemaAt(versions: SchemaVersions, ts: bigint): SchemaAt {
  if (ts < versions.baselineTs) {
    throw new PitrError('INTERNAL', `the schema history begins at ${versions.baselineTs}, asked for ${ts}`);
  }
  const live = liveDatabases(versions, ts);
  const unknown = new Set<bigint>();
  const found: TableAt[] = [];
  for (const history of versions.tables) {
    const db = live.get(history.dbId);
    if (db === undefined) {
      const orphan = !versions.databases.has(history.dbId) && versionAt(history.versions, ts)?.document();
      if (orphan) unknown.add(history.dbId);
      continue;
    }
    const table = tableAt(versions, history, db, ts);
    if (table !== undefined) found.push(table);
  }
  const tables = found.sort((a, b) =>
    orderByName(nameKey(a.db.name, a.table.name), nameKey(b.db.name, b.table.name)),
  );
  const databases = [...live.values()].sort((a, b) =>
    orderByName(a.info.name.toLowerCase(), b.info.name.toLowerCase()),
  );
  const tableByName = byName(tables, (one) => nameKey(one.db.name, one.table.name), fullName, ts);
  const databaseByName = byName(
    databases,
    (one) => one.info.name.toLowerCase(),
    (one) => one.info.name,
    ts,
  );
  const owners = ownersOf(tables);
  return {
    ts,
    databases,
    tables,
    database: (name) => databaseByName.get(name.toLowerCase()),
    table: (database, name) => tableByName.get(nameKey(database, name)),
    owner: (physicalId) => owners.get(physicalId),
    unknownDatabases: [...unknown],
  };
}

function barriersIn(versions: SchemaVersions, from: bigint, to: bigint): readonly HistoryBarrier[] {
  const inside = versions.diffs.filter((one) => one.commitTs > from && one.commitTs <= to);
  return inside
    .filter((one) => one.type === action.flashbackCluster || one.tableId === -1n)
    .map((one) => ({ commitTs: one.commitTs, reason: `FLASHBACK CLUSTER (schema version ${one.version})` }));
}

/**
 * The history of schemas after a snapshot. Changes may come in any order and more than once; those at or before the
 * baseline are used only to know which ids had been given out.
 * Errors: ROW_DAMAGED naming the document and its commit.
 */
export function buildSchemaHistory(baseline: SchemaBaseline, changes: Iterable<MetaChange>): SchemaHistory {
  const versions = collectVersions(baseline, changes);
  const at = (ts: bigint): SchemaAt => schemaAt(versions, ts);
  return {
    baselineTs: baseline.ts,
    at,
    ddlEvents: (from, to) => versions.jobs.filter((one) => one.commitTs > from && one.commitTs <= to),
    barriers: (from, to) => barriersIn(versions, from, to),
    needsOlderBase: (baseTs, ts) => olderBaseNeeds(versions, at(ts), baseTs),
    pastLogWrites: (tables, baseTs, ts) => pastLogWrites(versions, tables, baseTs, ts),
  };
}
