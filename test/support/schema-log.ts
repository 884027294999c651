// A small cluster that does DDL the way TiDB does (CODEC §8.5): it writes meta changes, and beside them keeps a plain
// model of what a user sees and of which ids hold rows, so that a schema history can be judged by it.
import { metaKey } from '../../lib/br/codec/meta-key.ts';
import type { BaselineEntry, MetaChange } from '../../lib/br/codec/schema-history.ts';
import { parseDbInfo, parseTableInfo } from '../../lib/br/codec/table-info.ts';
import { columnDocument, dbDocument, documentBytes, tableDocument } from './schema-documents.ts';

export interface ModelTable {
  readonly id: bigint;
  readonly name: string;
  readonly state: number;
  readonly columns: number;
  /** Partition ids; undefined = not partitioned. */
  readonly partitions: readonly bigint[] | undefined;
  readonly reorganizing?: {
    readonly state: number;
    readonly adding: readonly bigint[];
    readonly dropping: readonly bigint[];
  };
  readonly droppingPartition?: bigint;
}

interface ModelDb {
  readonly id: bigint;
  readonly name: string;
  readonly state: number;
  readonly tables: ReadonlyMap<bigint, ModelTable>;
}

export interface Moment {
  readonly ts: bigint;
  readonly databases: ReadonlyMap<bigint, ModelDb>;
}

type Databases = Map<bigint, ModelDb>;
type Diff = readonly [type: number, dbId: bigint, tableId: bigint];

const text = (value: bigint): Uint8Array => new TextEncoder().encode(String(value));

function partitionMember(table: ModelTable): unknown {
  if (table.partitions === undefined) return null;
  const definition = (id: bigint): unknown => ({
    id,
    name: { O: `p${id}`, L: `p${id}` },
    less_than: ['1'],
    in_values: null,
  });
  const { reorganizing, droppingPartition } = table;
  return {
    type: 1,
    expr: '`a`',
    columns: null,
    enable: true,
    num: table.partitions.length,
    definitions: table.partitions.map(definition),
    adding_definitions: reorganizing?.adding.map(definition) ?? null,
    dropping_definitions: (
      reorganizing?.dropping ?? (droppingPartition === undefined ? [] : [droppingPartition])
    ).map(definition),
    ddl_action: reorganizing ? 64 : droppingPartition === undefined ? 0 : 20,
    ddl_state: reorganizing?.state ?? 0,
  };
}

function documentOf(table: ModelTable): Uint8Array {
  const cols = Array.from({ length: table.columns }, (_, i) => columnDocument(`c${i}`, i));
  return documentBytes(
    tableDocument({
      id: table.id,
      called: table.name,
      state: table.state,
      cols,
      partition: partitionMember(table),
    }),
  );
}

/** The ids that rows are read from, by the model's own rule. */
export function rowIds(table: ModelTable): readonly bigint[] {
  return table.partitions?.filter((id) => id !== table.droppingPartition) ?? [table.id];
}

export class SchemaLog {
  readonly changes: MetaChange[] = [];
  readonly moments: Moment[] = [];
  /** Per physical id the first commit at which rows may have been written under it. */
  readonly firstWrite = new Map<bigint, bigint>();
  readonly dropped: { readonly dbId: bigint; readonly table: ModelTable }[] = [];
  readonly droppedDbs: ModelDb[] = [];
  private databases: Databases = new Map();
  private ts = 1000n;
  private globalId = 100n;
  private version = 0n;

  get now(): Moment {
    return this.moments.at(-1) ?? { ts: this.ts, databases: new Map() };
  }

  allocate(count: number): readonly bigint[] {
    const first = this.globalId + 1n;
    this.globalId += BigInt(count);
    this.ts += 10n;
    this.changes.push({
      rawKey: metaKey.nextGlobalId(),
      commitTs: this.ts,
      type: 'put',
      value: text(this.globalId),
    });
    this.note();
    return Array.from({ length: count }, (_, i) => first + BigInt(i));
  }

  /** One transaction: the documents as `edit` leaves them, and its diff. */
  commit(diff: Diff, edit: (databases: Databases) => void): bigint {
    const before = this.databases;
    const after: Databases = new Map(before);
    edit(after);
    this.ts += 10n;
    this.writeDifferences(before, after);
    this.databases = after;
    this.version += 1n;
    const value = documentBytes({
      version: this.version,
      type: diff[0],
      schema_id: diff[1],
      table_id: diff[2],
    });
    this.changes.push({ rawKey: metaKey.diff(this.version), commitTs: this.ts, type: 'put', value });
    this.note();
    return this.ts;
  }

  putTable(dbId: bigint, diffType: number, table: ModelTable): bigint {
    return this.commit([diffType, dbId, table.id], (databases) => setTable(databases, dbId, table));
  }

  private writeDifferences(before: Databases, after: Databases): void {
    const push = (rawKey: Uint8Array, value: Uint8Array | undefined): void => {
      this.changes.push({ rawKey, commitTs: this.ts, type: value === undefined ? 'delete' : 'put', value });
    };
    for (const id of new Set([...before.keys(), ...after.keys()])) {
      const [old, db] = [before.get(id), after.get(id)];
      if (old?.state !== db?.state) {
        push(metaKey.database(id), db && documentBytes(dbDocument(id, db.name, { state: db.state })));
      }
      const tables = new Set([...(old?.tables.keys() ?? []), ...(db?.tables.keys() ?? [])]);
      for (const tableId of tables) {
        const [was, is] = [old?.tables.get(tableId), db?.tables.get(tableId)];
        if (was !== is) push(metaKey.table(id, tableId), is && documentOf(is));
      }
    }
  }

  private note(): void {
    this.moments.push({ ts: this.ts, databases: this.databases });
    for (const db of this.databases.values()) {
      for (const table of db.tables.values()) {
        const filling = (table.reorganizing?.state ?? 0) > 1 ? (table.reorganizing?.adding ?? []) : [];
        for (const id of [...(table.state === 5 && db.state === 5 ? rowIds(table) : []), ...filling]) {
          if (!this.firstWrite.has(id)) this.firstWrite.set(id, this.ts);
        }
      }
    }
  }
}

export function setTable(
  databases: Databases,
  dbId: bigint,
  table: ModelTable | { readonly id: bigint; readonly gone: true },
): void {
  const db = databases.get(dbId)!;
  const tables = new Map(db.tables);
  if ('gone' in table) tables.delete(table.id);
  else tables.set(table.id, table);
  databases.set(dbId, { ...db, tables });
}

/** What br stores of a moment: the public tables of public databases, and databases that have none. */
export function baselineEntries(moment: Moment): readonly BaselineEntry[] {
  const entries: BaselineEntry[] = [];
  for (const db of moment.databases.values()) {
    if (db.state !== 5) continue;
    const info = parseDbInfo(documentBytes(dbDocument(db.id, db.name)), 'baseline');
    const tables = [...db.tables.values()].filter((one) => one.state === 5);
    if (tables.length === 0) entries.push({ db: info });
    for (const one of tables) entries.push({ db: info, table: parseTableInfo(documentOf(one), 'baseline') });
  }
  return entries;
}

/** `db.table` → ids of its rows, as a user sees the moment. */
export function seenAt(moment: Moment): ReadonlyMap<string, readonly bigint[]> {
  const seen = new Map<string, readonly bigint[]>();
  for (const db of moment.databases.values()) {
    if (db.state !== 5) continue;
    for (const table of db.tables.values())
      if (table.state === 5) seen.set(`${db.name}.${table.name}`, rowIds(table));
  }
  return new Map([...seen].sort(([a], [b]) => (a < b ? -1 : 1)));
}
