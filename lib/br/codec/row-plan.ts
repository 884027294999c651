// Answers: for each column of a table that rows come out with, how its cell is found: in the key, in the row, or else
// (CODEC §6.4). Made once per schema. It must not read rows: row-decoder.ts does.

import { type AbsentCell, absentCell } from './absent-cell.ts';
import { type CellShape, cellShape } from './cell-reader.ts';
import { type ColumnKind, type VectorForm, vectorForm } from './column-kind.ts';
import type { HandleForm } from './handle.ts';
import { type ColumnInfo, type FieldType, type TableInfo, visibleColumns } from './table-info.ts';

/** A column that rows come out with: the i-th one is `batch.columns[i]`. */
export interface OutputColumn {
  readonly name: string;
  readonly type: FieldType;
  readonly kind: ColumnKind;
  readonly form: VectorForm;
  readonly column: ColumnInfo;
}

/** How the cell of one column is found; sorted by id, as the ids in a row are. */
export interface CellPlan {
  readonly name: string;
  readonly id: number;
  /** Position among the output columns. */
  readonly position: number;
  readonly shape: CellShape;
  /** The column is the integer handle. */
  readonly isHandle: boolean;
  /** Place among the datums of a common handle, or -1. */
  readonly datumPlace: number;
  readonly datumReadable: boolean;
  readonly absent: AbsentCell;
}

export interface RowPlan {
  /** In the order in which a person sees them. */
  readonly columns: readonly OutputColumn[];
  /** Names of visible columns that are virtual generated ones: not stored, so not read. */
  readonly skipped: readonly string[];
  /** One for each of `columns`, sorted by column id. */
  readonly cells: readonly CellPlan[];
}

/** The plan of a table's rows. Errors: UNSUPPORTED for a column type that TiDB does not store. */
export function rowPlan(table: TableInfo, handle: HandleForm): RowPlan {
  const visible = visibleColumns(table);
  const isVirtual = (column: ColumnInfo): boolean => column.generatedExpr !== '' && !column.generatedStored;
  const stored = visible.filter((column) => !isVirtual(column));
  const shapes = stored.map((column) => cellShape(column.type));
  return {
    columns: stored.map((column, i) => outputColumn(column, shapes[i] as CellShape)),
    skipped: visible.filter(isVirtual).map((column) => column.name),
    cells: stored
      .map((column, i) => cellPlan(table, handle, column, shapes[i] as CellShape, i))
      .sort((a, b) => a.id - b.id),
  };
}

function outputColumn(column: ColumnInfo, { kind }: CellShape): OutputColumn {
  return { name: column.name, type: column.type, kind, form: vectorForm(kind), column };
}

function cellPlan(
  table: TableInfo,
  handle: HandleForm,
  column: ColumnInfo,
  shape: CellShape,
  position: number,
): CellPlan {
  const offset = table.columns.indexOf(column);
  const places = handle.kind === 'common' ? handle.columns : [];
  const datumPlace = places.findIndex((place) => place.offset === offset);
  return {
    name: column.name,
    id: Number(column.id),
    position,
    shape,
    isHandle: handle.kind === 'int' && handle.pkOffset === offset,
    datumPlace,
    datumReadable: places[datumPlace]?.readable ?? false,
    absent: absentCell(column),
  };
}
