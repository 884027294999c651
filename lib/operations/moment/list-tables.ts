// `pitr tables`: databases and tables as they were at a moment, without reading a row.

import { rowRange } from '../../br/codec/keys.ts';
import type { TableAt } from '../../br/codec/schema-history.ts';
import { showCreateTable } from '../../br/codec/show-create.ts';
import { physicalIds, visibleColumns } from '../../br/codec/table-info.ts';
import { parseTableFilter } from '../../domain/restore/table-filter.ts';
import { FileIndex } from '../../engine/shards.ts';
import type { ReadDeps } from '../deps.ts';
import { type MomentInput, openMoment } from './open-moment.ts';
import { layerFiles } from './snapshot-layers.ts';

export interface TableSummary {
  readonly name: string;
  readonly kind: 'table' | 'view' | 'sequence' | 'temporary';
  readonly columns: number;
  /** 0 for a table that is not partitioned. */
  readonly partitions: number;
  /** Rows in the base, whose files count them; undefined for what has no rows, and for tables younger than the base. */
  readonly rowsEstimate: bigint | undefined;
  readonly ddl: string;
}

export interface TablesReport {
  readonly moment: bigint;
  readonly base: string;
  readonly databases: readonly { readonly name: string; readonly tables: readonly TableSummary[] }[];
  readonly notes: readonly string[];
}

/** Errors: those of openMoment. TiDB's own databases are left out. */
export async function listTables(deps: ReadDeps, input: MomentInput): Promise<TablesReport> {
  const opened = await openMoment(deps, input);
  const filter = parseTableFilter(input.tables ?? []);
  const index = new FileIndex(await layerFiles(opened.snapshots, opened.layers));
  const wanted = opened.schema.tables.filter(
    ({ db, table, system }) => !system && filter.selects(db.name, table.name),
  );
  const databases = opened.schema.databases
    .filter(({ system }) => !system)
    .map(({ info }) => ({
      name: info.name,
      tables: wanted.filter(({ db }) => db.id === info.id).map((one) => summary(one, index)),
    }))
    .filter(({ tables }) => tables.length > 0 || filter.text.length === 0);
  const chain = opened.plan.chain;
  return { moment: opened.moment.ts, base: chain[chain.length - 1].name, databases, notes: opened.notes };
}

function summary(one: TableAt, index: FileIndex): TableSummary {
  const { db, table, autoIncrement, autoRandomBase } = one;
  return {
    name: table.name,
    kind: table.kind,
    columns: visibleColumns(table).length,
    partitions: table.partition?.enable === true ? table.partition.definitions.length : 0,
    rowsEstimate: table.kind === 'table' ? rowsInBase(one, index) : undefined,
    ddl: showCreateTable(db, table, { autoIncrement, autoRandomBase }),
  };
}

/** Every row is one entry of the write column family or, when it is long, of the default one: both count their own. */
function rowsInBase({ table }: TableAt, index: FileIndex): bigint | undefined {
  let rows = 0n;
  let files = 0;
  for (const id of physicalIds(table)) {
    const { start, end } = rowRange(id);
    for (const file of index.overlapping(start, end)) {
      rows += BigInt(file.totalKvs);
      files++;
    }
  }
  return files === 0 ? undefined : rows;
}
