// The raw material of a schema history: for every database, table and counter its versions by commit, from a baseline
// and the changes after it. It must not interpret them; documents are parsed when somebody asks.
import { PitrError } from '../../domain/errors.ts';
import { type DdlEvent, parseDdlJob, parseSchemaDiff, type SchemaDiff } from './ddl-job.ts';
import { lazily, type MetaChange, PendingKey, type Version } from './key-versions.ts';
import { damagedDocument } from './lossless-json.ts';
import { parseMetaKey } from './meta-key.ts';
import { type DbInfo, parseDbInfo, parseTableInfo, type TableInfo } from './table-info.ts';

/** One schema entry of a snapshot: a database, and one of its tables unless it is empty (CODEC §8.3). */
export interface BaselineEntry {
  readonly db: DbInfo;
  readonly dbBytes?: Uint8Array;
  readonly table?: TableInfo | undefined;
}

/** The schemas of a snapshot as of its BackupTS. */
export interface SchemaBaseline {
  readonly ts: bigint;
  readonly entries: Iterable<BaselineEntry>;
}

export interface TableHistory {
  readonly dbId: bigint;
  readonly tableId: bigint;
  readonly versions: readonly Version<TableInfo>[];
}

export interface SchemaVersions {
  readonly baselineTs: bigint;
  readonly databases: ReadonlyMap<bigint, readonly Version<DbInfo>[]>;
  readonly tables: readonly TableHistory[];
  /** The baseline's documents by table id, whichever database they were in. */
  readonly baselineTables: ReadonlyMap<bigint, TableInfo>;
  /** Counter values by `<kind>/<dbId>/<tableId>`. */
  readonly counters: ReadonlyMap<string, readonly Version<bigint>[]>;
  /** Values of NextGlobalID, before the baseline too, by commit. */
  readonly globalIds: readonly Version<bigint>[];
  readonly diffs: readonly SchemaDiff[];
  readonly jobs: readonly DdlEvent[];
}

function decimal(bytes: Uint8Array, where: string): bigint {
  const text = new TextDecoder('latin1').decode(bytes);
  if (!/^-?[0-9]{1,20}$/.test(text))
    throw damagedDocument(where, 'a decimal number', JSON.stringify(text.slice(0, 40)));
  return BigInt(text);
}

class Collector {
  readonly databases = new Map<bigint, PendingKey>();
  readonly tables = new Map<string, PendingKey>();
  readonly counters = new Map<string, PendingKey>();
  readonly globalIds = new PendingKey();
  readonly diffs = new Map<bigint, PendingKey>();
  readonly jobs = new Map<bigint, PendingKey>();

  add(change: MetaChange): void {
    const key = parseMetaKey(change.rawKey);
    switch (key.kind) {
      case 'database':
        pending(this.databases, key.dbId).add(change, `database document ${key.dbId}`);
        break;
      case 'table': {
        const name = `${key.dbId}/${key.tableId}`;
        pending(this.tables, name).add(change, `table document ${name}`);
        break;
      }
      case 'autoId':
      case 'autoIncId':
      case 'autoRandomId': {
        const name = counterName(key.kind, key.dbId, key.tableId);
        pending(this.counters, name).add(change, `counter ${name}`);
        break;
      }
      case 'nextGlobalId':
        this.globalIds.add(change, 'NextGlobalID');
        break;
      case 'diff':
        pending(this.diffs, key.version).add(change, `schema diff ${key.version}`);
        break;
      case 'ddlHistory':
        pending(this.jobs, key.jobId).add(change, `ddl job ${key.jobId}`);
        break;
      case 'sequence':
      case 'sequenceCycle':
      case 'other':
        break;
      default:
        unknownKind(key);
    }
  }
}

function unknownKind(key: never): never {
  throw new PitrError('INTERNAL', `a meta key of an unknown kind: ${JSON.stringify(key)}`);
}

function pending<K>(map: Map<K, PendingKey>, key: K): PendingKey {
  const found = map.get(key) ?? new PendingKey();
  map.set(key, found);
  return found;
}

export function counterName(
  kind: 'autoId' | 'autoIncId' | 'autoRandomId',
  dbId: bigint,
  tableId: bigint,
): string {
  return `${kind}/${dbId}/${tableId}`;
}

/** A document found under another id than its own belongs to another key: never shown as this one's. */
function checkedId<T extends { readonly id: bigint }>(document: T, id: bigint, where: string): T {
  if (document.id !== id) throw damagedDocument(where, `a document with id ${id}`, `id ${document.id}`);
  return document;
}

function databaseVersions(id: bigint, key: PendingKey, after: bigint): readonly Version<DbInfo>[] {
  return key
    .sorted()
    .filter((one) => one.commitTs > after)
    .map(({ commitTs, value }) => {
      const where = `database document ${id} at ${commitTs}`;
      return lazily(commitTs, value, (bytes) => checkedId(parseDbInfo(bytes, where), id, where));
    });
}

function tableVersions(name: string, key: PendingKey, after: bigint): readonly Version<TableInfo>[] {
  const id = BigInt(name.slice(name.indexOf('/') + 1));
  return key
    .sorted()
    .filter((one) => one.commitTs > after)
    .map(({ commitTs, value }) => {
      const where = `table document ${name} at ${commitTs}`;
      return lazily(commitTs, value, (bytes) => checkedId(parseTableInfo(bytes, where), id, where));
    });
}

const numberVersions = (key: PendingKey, name: string, after: bigint): readonly Version<bigint>[] =>
  key
    .sorted()
    .filter((one) => one.commitTs > after)
    .map(({ commitTs, value }) =>
      lazily(commitTs, value, (bytes) => decimal(bytes, `${name} at ${commitTs}`)),
    );

/** Reads the records of one kind now: they are few and small beside the documents. */
function records<T>(
  map: ReadonlyMap<bigint, PendingKey>,
  name: string,
  parse: (b: Uint8Array, where: string, ts: bigint) => T,
): readonly T[] {
  const all: { readonly commitTs: bigint; readonly record: T }[] = [];
  for (const [id, key] of map) {
    for (const { commitTs, value } of key.sorted()) {
      if (value !== undefined)
        all.push({ commitTs, record: parse(value, `${name} ${id} at ${commitTs}`, commitTs) });
    }
  }
  return all
    .sort((a, b) => (a.commitTs < b.commitTs ? -1 : a.commitTs > b.commitTs ? 1 : 0))
    .map((one) => one.record);
}

const ofBaseline = <T>(commitTs: bigint, document: T): Version<T> => ({
  commitTs,
  fromBaseline: true,
  document: () => document,
});

/**
 * Joins a baseline and the changes after it. Documents and counters at or before the baseline's ts are the baseline's,
 * changes up to it are ignored for them; NextGlobalID, diffs and jobs are kept from all changes.
 * Errors: ROW_DAMAGED for keys that are none, puts without value, and differing duplicates.
 */
export function collectVersions(baseline: SchemaBaseline, changes: Iterable<MetaChange>): SchemaVersions {
  const collected = new Collector();
  for (const change of changes) collected.add(change);
  const databases = new Map<bigint, readonly Version<DbInfo>[]>();
  const tables = new Map<string, TableHistory>();
  const baselineTables = new Map<bigint, TableInfo>();
  for (const { db, table } of baseline.entries) {
    databases.set(db.id, [ofBaseline(baseline.ts, db)]);
    if (table === undefined) continue;
    baselineTables.set(table.id, table);
    const versions = [ofBaseline(baseline.ts, table)];
    tables.set(`${db.id}/${table.id}`, { dbId: db.id, tableId: table.id, versions });
  }
  for (const [id, key] of collected.databases) {
    databases.set(id, [...(databases.get(id) ?? []), ...databaseVersions(id, key, baseline.ts)]);
  }
  for (const [name, key] of collected.tables) {
    const versions = [...(tables.get(name)?.versions ?? []), ...tableVersions(name, key, baseline.ts)];
    const [dbId = '', tableId = ''] = name.split('/');
    tables.set(name, { dbId: BigInt(dbId), tableId: BigInt(tableId), versions });
  }
  const counters = new Map(
    Array.from(
      collected.counters,
      ([name, key]) => [name, numberVersions(key, `counter ${name}`, baseline.ts)] as const,
    ),
  );
  return {
    baselineTs: baseline.ts,
    databases,
    tables: [...tables.values()],
    baselineTables,
    counters,
    globalIds: numberVersions(collected.globalIds, 'NextGlobalID', -1n),
    diffs: records(collected.diffs, 'schema diff', parseSchemaDiff),
    jobs: records(collected.jobs, 'ddl job', parseDdlJob),
  };
}
