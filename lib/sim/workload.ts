// A random life of a small database: tables of every kind, rows that come, change and go, and DDL in between. The same
// seed lives the same life.

import type { CellValue } from '../br/codec/cell-encoder.ts';
import type { FieldType } from '../br/codec/table-info.ts';
import { ModelDatabase, type RowWrite } from './model-database.ts';
import * as ddl from './model-ddl.ts';
import type { RowFormat } from './model-rows.ts';
import { type ModelColumn, type ModelDb, type ModelTable, publicState, rowIdsOf } from './model-schema.ts';
import { canHaveDefault, fieldType, randomType, randomValue } from './model-types.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface WorkloadOptions {
  /** Unix time of the beginning. */
  readonly startMs: number;
  readonly newCollation: boolean;
  /** Transactions and DDL statements together. */
  readonly steps: number;
  /** How many of a hundred steps are DDL. */
  readonly ddlPercent: number;
  /** Most rows of a transaction. */
  readonly rowsPerTransaction: number;
  /** Rows are written in the old format now and then. */
  readonly oldRows: boolean;
  /** Between two bursts of steps nothing happens for so many ms, least and most: a life of weeks has few steps. By default all follow at once. */
  readonly restMs?: readonly [least: number, most: number];
  /** Of a hundred transactions, how many began before others that committed earlier, and at most how long before, in ms. */
  readonly long?: { readonly percent: number; readonly mostMs: number };
  /** Dropped tables and databases never come back: what does cannot be read everywhere (lib/br/codec/older-base.ts). */
  readonly dropsForGood?: boolean;
}

const hour = 3_600_000;
export const usualWorkload: WorkloadOptions = {
  startMs: Date.UTC(2026, 5, 1) + hour,
  newCollation: true,
  steps: 120,
  ddlPercent: 12,
  rowsPerTransaction: 6,
  oldRows: true,
};

/** Lives it all and gives the database with its history. */
export function runWorkload(random: SeededRandom, options: WorkloadOptions): ModelDatabase {
  const model = new ModelDatabase(random, options.startMs, options.newCollation, options.long?.mostMs);
  const life = new Life(random, options, model);
  life.begin();
  for (let step = 0; step < options.steps; step++) {
    // Steps come in bursts, with long rests between them.
    if (options.restMs !== undefined && random.chance(40)) model.rest(random.between(...options.restMs));
    life.step();
  }
  return model;
}

type KeyKind = 'int' | 'uint' | 'common' | 'rowid' | 'nonclustered';
const keyKinds: readonly KeyKind[] = ['int', 'uint', 'common', 'rowid', 'nonclustered'];

class Life {
  readonly #random: SeededRandom;
  readonly #options: WorkloadOptions;
  readonly #model: ModelDatabase;
  readonly #dropped: ddl.TablePlace[] = [];
  readonly #droppedDbs: ModelDb[] = [];
  #names = 0;

  constructor(random: SeededRandom, options: WorkloadOptions, model: ModelDatabase) {
    this.#random = random;
    this.#options = options;
    this.#model = model;
  }

  /** Two databases and a table of each kind of key, one partitioned in each way. */
  begin(): void {
    const dbs = [ddl.createDatabase(this.#model, 'shop'), ddl.createDatabase(this.#model, 'Möbel')];
    for (const [i, kind] of keyKinds.entries()) this.#createTable(dbs[i % 2], kind, i % 2 === 0 ? 0 : 1 + i);
    for (let i = 0; i < 8; i++) this.#write();
  }

  step(): void {
    if (this.#random.chance(this.#options.ddlPercent)) this.#ddl();
    else this.#write();
  }

  #places(wanted: (table: ModelTable) => boolean = () => true): ddl.TablePlace[] {
    return [...this.#model.schema.values()]
      .filter(({ state }) => state === publicState)
      .flatMap(({ id, tables }) => [...tables.values()].map((table) => ({ dbId: id, table })))
      .filter(({ table }) => table.state === publicState && wanted(table));
  }

  #ddl(): void {
    const place = this.#random.pick(this.#places());
    const meanwhile = () => {
      if (this.#random.chance(60)) this.#write();
    };
    this.#random.pick(this.#statements)(place, meanwhile);
  }

  /** Statements by weight. */
  readonly #statements: readonly ((place: ddl.TablePlace, meanwhile: ddl.Meanwhile) => void)[] = [
    (place) => this.#createAny(place.dbId),
    (place) => this.#createAny(place.dbId),
    (place, meanwhile) => this.#drop(place, meanwhile),
    () => this.#recover(),
    (place) => ddl.truncateTable(this.#model, place),
    (place) => this.#rename(place),
    (place, meanwhile) => this.#addColumn(place, meanwhile),
    (place, meanwhile) => this.#addColumn(place, meanwhile),
    (place, meanwhile) => this.#dropColumn(place, meanwhile),
    () => this.#exchange(),
    (_, meanwhile) => this.#partitionDdl(meanwhile),
    (_, meanwhile) => this.#partitionDdl(meanwhile),
    (_, meanwhile) => this.#databaseDdl(meanwhile),
  ];

  #createAny(dbId: bigint): void {
    this.#createTable(dbId, this.#random.pick(keyKinds), this.#random.pick([0, 0, 2, 3]));
  }

  #drop(place: ddl.TablePlace, meanwhile: ddl.Meanwhile): void {
    if (this.#places().length < 4) return;
    ddl.dropTable(this.#model, place, meanwhile);
    this.#dropped.push(place);
  }

  #recover(): void {
    if (this.#options.dropsForGood === true) return;
    const place = this.#dropped.pop();
    if (place === undefined || this.#model.schema.get(place.dbId)?.state !== publicState) return;
    ddl.recoverTable(this.#model, { ...place, table: { ...place.table, name: this.#name('back') } });
  }

  #rename(place: ddl.TablePlace): void {
    const dbs = [...this.#model.schema.values()].filter(({ state }) => state === publicState);
    ddl.renameTable(this.#model, place, this.#random.pick(dbs).id, this.#name('renamed'));
  }

  #databaseDdl(meanwhile: ddl.Meanwhile): void {
    const back = this.#options.dropsForGood === true ? undefined : this.#droppedDbs.pop();
    const dbs = [...this.#model.schema.values()].filter(({ state }) => state === publicState);
    if (back !== undefined) ddl.flashbackDatabase(this.#model, back);
    else if (dbs.length >= 3)
      this.#droppedDbs.push(ddl.dropDatabase(this.#model, dbs[dbs.length - 1].id, meanwhile));
    else this.#createTable(ddl.createDatabase(this.#model, this.#name('db')), this.#random.pick(keyKinds), 0);
  }

  #addColumn(place: ddl.TablePlace, meanwhile: ddl.Meanwhile): void {
    const type = randomType(this.#random);
    const hasDefault = canHaveDefault(type) && this.#random.chance(60);
    const originDefault = hasDefault ? String(randomValue(this.#random, type)) : null;
    ddl.addColumn(this.#model, place, { name: this.#name('added'), type, originDefault }, meanwhile);
  }

  #dropColumn(place: ddl.TablePlace, meanwhile: ddl.Meanwhile): void {
    const { columns } = place.table;
    // The first two are the keys', and what is indexed or partitioned by.
    if (columns.length > 3) ddl.dropColumn(this.#model, place, columns[columns.length - 1].id, meanwhile);
  }

  #exchange(): void {
    const parts = this.#places(({ partitioning }) => partitioning !== undefined);
    if (parts.length === 0) return;
    const place = this.#random.pick(parts);
    const { partitioning, ...definition } = place.table;
    const plain = ddl.createTable(
      this.#model,
      place.dbId,
      { ...definition, name: this.#name('twin') },
      { kind: 'hash', partitions: 0 },
    );
    if (this.#random.chance(80)) this.#writeTable({ dbId: place.dbId, table: plain });
    const partition = this.#random.pick(partitioning?.definitions ?? []);
    ddl.exchangePartition(this.#model, place, partition.id, { dbId: place.dbId, table: plain });
  }

  #partitionDdl(meanwhile: ddl.Meanwhile): void {
    const parts = this.#places(({ partitioning }) => (partitioning?.definitions.length ?? 0) > 1);
    if (parts.length === 0) return;
    const place = this.#random.pick(parts);
    const partition = this.#random.pick(place.table.partitioning?.definitions ?? []);
    const choice = place.table.partitioning?.kind === 'range' ? this.#random.below(3) : 0;
    if (choice === 0) ddl.truncatePartition(this.#model, place, partition.id, meanwhile);
    else if (choice === 1) ddl.addPartition(this.#model, place);
    else ddl.dropPartition(this.#model, place, partition.id, meanwhile);
  }

  #name(prefix: string): string {
    this.#names++;
    return `${prefix}${this.#names}`;
  }

  #createTable(dbId: bigint, kind: KeyKind, partitions: number): void {
    const types = keyTypes(this.#random, kind);
    while (types.length < 2 + this.#random.below(6)) types.push(randomType(this.#random));
    // Rows that are too long for the write column family.
    types.push(fieldType(252, { charset: 'utf8mb4', collate: 'utf8mb4_bin', flen: 65535 }));
    const columns = types.map((type, i): ModelColumn => {
      const name = i === 1 ? `the "${i}", öne` : `c${i}`;
      return { id: BigInt(i + 1), name, type, state: publicState, originDefault: null };
    });
    ddl.createTable(
      this.#model,
      dbId,
      {
        name: this.#name('t'),
        columns,
        maxColumnId: BigInt(columns.length),
        key: tableKey(kind),
        indexed: this.#random.chance(40),
      },
      { kind: this.#random.pick(['range', 'hash']), partitions },
    );
  }

  #write(): void {
    const places = this.#places();
    if (places.length > 0) this.#writeTable(this.#random.pick(places));
  }

  #writeTable({ table }: ddl.TablePlace): void {
    const writes = new Map<string, RowWrite>();
    const count = this.#random.between(1, this.#options.rowsPerTransaction);
    for (let i = 0; i < count; i++) {
      const write = this.#rowWrite(table);
      writes.set(Buffer.from(write.rawKey).toString('hex'), write);
    }
    this.#model.commitRows([...writes.values()], this.#random.chance(this.#options.long?.percent ?? 15));
  }

  #rowWrite(table: ModelTable): RowWrite {
    const physicalId = this.#random.pick(rowIdsOf(table));
    const there = this.#model.rowsAt(physicalId, this.#model.nowTs);
    const format: RowFormat = {
      version: this.#options.oldRows && this.#random.chance(15) ? 1 : 2,
      omitNulls: this.#random.chance(50),
    };
    const old = there.length > 0 && this.#random.chance(55) ? this.#random.pick(there) : undefined;
    if (old !== undefined && this.#random.chance(35))
      return { table, physicalId, rawKey: old.rawKey, values: undefined, format };
    const values = this.#values(table, old?.values);
    const rawKey = old?.rawKey ?? this.#model.rowKey(table, physicalId, values, this.#model.nextRowId());
    return { table, physicalId, rawKey, values, format };
  }

  /** Values of all columns that TiDB writes in their state; the primary key stays as it was. */
  #values(table: ModelTable, old: ReadonlyMap<bigint, CellValue> | undefined): Map<bigint, CellValue> {
    const { key } = table;
    const fixed = key.kind === 'int' ? [key.column] : key.kind === 'common' ? key.columns : [];
    const primary = key.kind === 'rowid' ? key.primary : undefined;
    const long = this.#random.chance(25) ? 400 : 24;
    const values = new Map<bigint, CellValue>();
    for (const { id, type, state } of table.columns) {
      if (state === 1 || state === 4) continue;
      const kept = fixed.includes(id) ? old?.get(id) : undefined;
      const isNull = kept === undefined && !fixed.includes(id) && id !== primary && this.#random.chance(20);
      values.set(id, isNull ? null : (kept ?? randomValue(this.#random, type, long)));
    }
    return values;
  }
}

const utf8mb4 = { charset: 'utf8mb4', flen: 20 } as const;

function keyTypes(random: SeededRandom, kind: KeyKind): FieldType[] {
  switch (kind) {
    case 'int':
      return [fieldType(8, { flen: 20 })];
    case 'uint':
      return [fieldType(8, { flen: 20, flag: 32 })];
    case 'common':
      return [
        random.pick([
          fieldType(15, { ...utf8mb4, collate: 'utf8mb4_bin' }),
          fieldType(254, { ...utf8mb4, collate: 'utf8mb4_bin' }),
          fieldType(15, { flen: 20 }),
          fieldType(246, { flen: 12, decimal: 3 }),
          fieldType(3, { flen: 11, flag: 32 }),
        ]),
        random.pick([
          fieldType(10, { decimal: 0 }),
          fieldType(3, { flen: 11 }),
          fieldType(12, { decimal: 6 }),
        ]),
      ];
    case 'rowid':
    case 'nonclustered':
      return [fieldType(3, { flen: 11 }), randomType(random)];
    default:
      return kind satisfies never;
  }
}

function tableKey(kind: KeyKind): ModelTable['key'] {
  switch (kind) {
    case 'int':
    case 'uint':
      return { kind: 'int', column: 1n };
    case 'common':
      return { kind: 'common', columns: [1n, 2n] };
    case 'rowid':
      return { kind: 'rowid', primary: undefined };
    case 'nonclustered':
      return { kind: 'rowid', primary: 1n };
    default:
      return kind satisfies never;
  }
}
