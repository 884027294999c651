// A small database with its whole history, kept twice: as the key-values that TiKV would have (for a backup), and as
// plain rows and schemas (to know what is right). It decides nothing: workload.ts says what happens.

import type { CellValue } from '../br/codec/cell-encoder.ts';
import { metaKey } from '../br/codec/meta-key.ts';
import { indexKeyOf, type RowFormat, type RowValues, rowKeyOf, rowValueOf } from './model-rows.ts';
import {
  databaseDocument,
  documentBytes,
  type ModelDb,
  type ModelSchema,
  type ModelTable,
  publicState,
  rowIdsOf,
  tableDocument,
} from './model-schema.ts';
import type { SeededRandom } from './seeded-random.ts';

/** One key of one transaction. */
export interface KeyWrite {
  readonly rawKey: Uint8Array;
  /** undefined = deleted. */
  readonly value: Uint8Array | undefined;
}

export interface Transaction {
  readonly startTs: bigint;
  readonly commitTs: bigint;
  readonly writes: readonly KeyWrite[];
}

/** What a backup is made from: all commits in order, and the schema at each moment. */
export interface History {
  readonly newCollation: boolean;
  readonly transactions: readonly Transaction[];
  readonly schemaAt: (ts: bigint) => ModelSchema;
  /** Steps of DDL statements with commits in (from, to]. */
  readonly diffs: (from: bigint, to: bigint) => readonly DiffFacts[];
  /** TSOs that nothing else has, for records that change no data. */
  readonly unusedTs: (from: bigint, to: bigint) => bigint;
}

/** A change of one row. */
export interface RowWrite {
  readonly table: ModelTable;
  readonly physicalId: bigint;
  readonly rawKey: Uint8Array;
  /** undefined = the row is deleted. */
  readonly values: RowValues | undefined;
  readonly format: RowFormat;
}

/** What one DDL step changed, for its `Diff:` record (CODEC §8.6). */
export interface DiffFacts {
  readonly type: number;
  readonly dbId: bigint;
  readonly tableId: bigint;
  readonly oldTableId?: bigint;
}

export interface ModelRow {
  readonly rawKey: Uint8Array;
  /** By visible column, in display order. */
  readonly cells: readonly CellValue[];
}

export interface ModelContents {
  readonly database: string;
  readonly table: ModelTable;
  /** By partition id and key. */
  readonly rows: readonly ModelRow[];
}

interface RowVersion {
  readonly commitTs: bigint;
  readonly values: RowValues | undefined;
}

interface RowHistory {
  readonly rawKey: Uint8Array;
  readonly versions: RowVersion[];
}

interface SchemaVersion {
  readonly commitTs: bigint;
  readonly diff: DiffFacts;
  readonly schema: ModelSchema;
}

const logicalBits = 18n;

export class ModelDatabase implements History {
  readonly newCollation: boolean;
  readonly transactions: Transaction[] = [];
  readonly #random: SeededRandom;
  readonly #usedTs = new Set<bigint>();
  readonly #schemas: SchemaVersion[] = [];
  /** By physical id, then by the hex of the raw key. */
  readonly #rows = new Map<bigint, Map<string, RowHistory>>();
  #nowTs: bigint;
  #globalId = 100n;
  #schemaVersion = 40n;
  #rowId = 0n;

  readonly #longestMs: number;

  /** startMs: unix time of the first commit; longestMs: of a transaction that reaches back. */
  constructor(random: SeededRandom, startMs: number, newCollation: boolean, longestMs = 120_000) {
    this.#random = random;
    this.#longestMs = longestMs;
    this.newCollation = newCollation;
    this.#nowTs = BigInt(startMs) << logicalBits;
  }

  /** The newest commit. */
  get nowTs(): bigint {
    return this.#nowTs;
  }

  get schema(): ModelSchema {
    return this.#schemas.at(-1)?.schema ?? new Map();
  }

  /** A handle for a row without a clustered key. */
  nextRowId(): bigint {
    this.#rowId += 1n;
    return this.#rowId;
  }

  /** Nothing happens for so long. */
  rest(milliseconds: number): void {
    this.#nowTs += BigInt(milliseconds) << logicalBits;
  }

  unusedTs(from: bigint, to: bigint): bigint {
    let ts = this.#random.bigBetween(from, to);
    while (this.#usedTs.has(ts)) ts++;
    this.#usedTs.add(ts);
    return ts;
  }

  /** Commits changes of rows. reachesBack: the transaction began long ago. Returns its commit_ts. */
  commitRows(writes: readonly RowWrite[], reachesBack = false): bigint {
    const times = this.#times(reachesBack);
    const keys = writes.flatMap((write) => this.#keyWrites(write));
    this.transactions.push({ ...times, writes: keys });
    for (const { physicalId, rawKey, values } of writes) {
      const rows = this.#rows.get(physicalId) ?? new Map<string, RowHistory>();
      this.#rows.set(physicalId, rows);
      const name = Buffer.from(rawKey).toString('hex');
      const row = rows.get(name) ?? { rawKey, versions: [] };
      rows.set(name, row);
      row.versions.push({ commitTs: times.commitTs, values });
    }
    return times.commitTs;
  }

  #keyWrites({ table, physicalId, rawKey, values, format }: RowWrite): KeyWrite[] {
    const value = values && rowValueOf(table, values, format, this.newCollation);
    const writes: KeyWrite[] = [{ rawKey, value }];
    if (table.indexed)
      writes.push({
        rawKey: indexKeyOf(rawKey, physicalId),
        value: value && Uint8Array.of(0x30),
      });
    return writes;
  }

  /** The key of a row. */
  rowKey(table: ModelTable, physicalId: bigint, values: RowValues, rowId: bigint): Uint8Array {
    return rowKeyOf(table, physicalId, values, rowId, this.newCollation);
  }

  /** New ids of tables, databases and partitions: a transaction of its own (CODEC §8.2). */
  allocate(count: number): readonly bigint[] {
    const first = this.#globalId + 1n;
    this.#globalId += BigInt(count);
    const value = new TextEncoder().encode(String(this.#globalId));
    this.transactions.push({ ...this.#times(false), writes: [{ rawKey: metaKey.nextGlobalId(), value }] });
    return Array.from({ length: count }, (_, i) => first + BigInt(i));
  }

  /** Commits one step of a DDL: the documents that differ, and its diff. Returns its commit_ts. */
  commitSchema(next: ModelSchema, diff: DiffFacts): bigint {
    const times = this.#times(false);
    const writes = documentWrites(this.schema, next, times.startTs);
    this.#schemaVersion += 1n;
    const value = documentBytes({
      version: this.#schemaVersion,
      type: diff.type,
      schema_id: diff.dbId,
      table_id: diff.tableId,
      old_table_id: diff.oldTableId ?? 0n,
      old_schema_id: 0n,
      regenerate_schema_map: false,
      affected_options: null,
    });
    writes.push({ rawKey: metaKey.diff(this.#schemaVersion), value });
    this.transactions.push({ ...times, writes });
    this.#schemas.push({ commitTs: times.commitTs, diff, schema: next });
    return times.commitTs;
  }

  #times(reachesBack: boolean): { readonly startTs: bigint; readonly commitTs: bigint } {
    const step = BigInt(this.#random.between(2, 4000)) << logicalBits;
    const commitTs = this.unusedTs(this.#nowTs + step, this.#nowTs + step + 1000n);
    const back = BigInt(reachesBack ? this.#random.between(5_000, this.#longestMs) : 1) << logicalBits;
    const startTs = this.unusedTs(commitTs - back, commitTs - 1n);
    this.#nowTs = commitTs;
    return { startTs, commitTs };
  }

  schemaAt = (ts: bigint): ModelSchema =>
    this.#schemas.findLast((one) => one.commitTs <= ts)?.schema ?? new Map();

  diffs(from: bigint, to: bigint): readonly DiffFacts[] {
    return this.#schemas.filter(({ commitTs }) => commitTs > from && commitTs <= to).map(({ diff }) => diff);
  }

  /** Live rows under a physical id, by key. */
  rowsAt(physicalId: bigint, ts: bigint): { readonly rawKey: Uint8Array; readonly values: RowValues }[] {
    const found = [...(this.#rows.get(physicalId) ?? [])].flatMap(([name, { rawKey, versions }]) => {
      const values = versions.findLast((one) => one.commitTs <= ts)?.values;
      return values === undefined ? [] : [{ name, rawKey, values }];
    });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What a user sees at a moment: every table with its rows, by names. */
  contentsAt(ts: bigint): readonly ModelContents[] {
    const contents = [...this.schemaAt(ts).values()]
      .filter(({ state }) => state === publicState)
      .flatMap(({ name, tables }) => [...tables.values()].map((table) => ({ database: name, table })))
      .filter(({ table }) => table.state === publicState)
      .map(({ database, table }) => ({ database, table, rows: this.#tableRows(table, ts) }));
    return contents.sort((a, b) => (fullName(a) < fullName(b) ? -1 : 1));
  }

  #tableRows(table: ModelTable, ts: bigint): ModelRow[] {
    const visible = table.columns.filter(({ state }) => state === publicState);
    const ids = [...rowIdsOf(table)].sort((a, b) => (a < b ? -1 : 1));
    return ids
      .flatMap((id) => this.rowsAt(id, ts))
      .map(({ rawKey, values }) => ({
        rawKey,
        cells: visible.map(({ id, originDefault }) => {
          const value = values.get(id);
          return value === undefined ? originDefault : value;
        }),
      }));
  }
}

function fullName({ database, table }: Pick<ModelContents, 'database' | 'table'>): string {
  return `${database}\u0000${table.name}`;
}

/** Puts and deletes of the documents that are other than before (CODEC §8.5). */
function documentWrites(before: ModelSchema, after: ModelSchema, ts: bigint): KeyWrite[] {
  const writes: KeyWrite[] = [];
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [old, db] = [before.get(id), after.get(id)];
    if (old?.state !== db?.state || old?.name !== db?.name)
      writes.push({ rawKey: metaKey.database(id), value: db && databaseDocument(db) });
    writes.push(...tableWrites(id, old, db, ts));
  }
  return writes;
}

function tableWrites(
  dbId: bigint,
  old: ModelDb | undefined,
  db: ModelDb | undefined,
  ts: bigint,
): KeyWrite[] {
  const ids = new Set([...(old?.tables.keys() ?? []), ...(db?.tables.keys() ?? [])]);
  return [...ids].flatMap((id) => {
    const [was, is] = [old?.tables.get(id), db?.tables.get(id)];
    if (was === is) return [];
    return [{ rawKey: metaKey.table(dbId, id), value: is && tableDocument(is, ts) }];
  });
}
