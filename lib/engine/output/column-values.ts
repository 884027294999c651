// Cells of one column of a batch as the values that the Parquet writer takes. Cells without a native value
// (the date 0000-00-00) are reported and come out as null; the caller then writes the table again as text.

import { isAscii, isUtf8 } from 'node:buffer';
import { cellText } from '../../br/codec/cell-text.ts';
import { bitBytes, columnKind, columnScale } from '../../br/codec/column-kind.ts';
import { unscaledDecimal } from '../../br/codec/decimal.ts';
import type { ColumnVector } from '../../br/codec/row-batch.ts';
import type { FieldType } from '../../br/codec/table-info.ts';
import { packedUnixDays, packedUnixMicros } from '../../br/codec/time.ts';
import type { Conversion } from './column-mapping.ts';

/** What the Parquet writer takes: a typed array where no cell is NULL, else an array with nulls. */
export type ColumnValues = BigInt64Array | BigUint64Array | Float64Array | unknown[];

const utf8 = new TextEncoder();

export interface ConvertedColumn {
  readonly values: ColumnValues;
  /** A cell had no native value. */
  readonly unrepresentable: boolean;
}

export function columnValues(
  conversion: Conversion,
  type: FieldType,
  vector: ColumnVector,
  rows: number,
): ConvertedColumn {
  switch (conversion) {
    case 'int64':
      return exact(wideValues(vector.i64s, vector, rows));
    case 'uint64':
      return exact(wideValues(vector.u64s, vector, rows));
    case 'float':
    case 'double':
      return exact(wideValues(vector.f64s, vector, rows));
    case 'int32':
      return exact(int32Values(type, vector, rows));
    case 'date':
      return dateValues(vector, rows);
    case 'timestamp':
      return timestampValues(vector, rows);
    case 'decimal':
      return exact(decimalValues(type, vector, rows));
    case 'bit':
      return exact(bitValues(type, vector, rows));
    case 'bytes':
      return exact(byteValues(vector, rows));
    case 'string':
      return exact(stringValues(type, vector, rows));
    case 'text':
      return exact(textValues(type, vector, rows));
    default:
      return conversion satisfies never;
  }
}

const exact = (values: ColumnValues): ConvertedColumn => ({ values, unrepresentable: false });

/** An array of the column's cells, null where the cell is NULL. */
function mapCells<T>(vector: ColumnVector, rows: number, cell: (row: number) => T): (T | null)[] {
  const out: (T | null)[] = new Array(rows);
  const { nulls } = vector;
  for (let row = 0; row < rows; row++) out[row] = nulls[row] === 1 ? null : cell(row);
  return out;
}

/** 64-bit cells: the vector's own memory when no cell is NULL. */
function wideValues(
  view: BigInt64Array | BigUint64Array | Float64Array,
  vector: ColumnVector,
  rows: number,
): ColumnValues {
  if (vector.nullCount > 0) return mapCells<bigint | number>(vector, rows, (row) => view[row]);
  return view.subarray(0, rows);
}

function int32Values(type: FieldType, vector: ColumnVector, rows: number): unknown[] {
  const { words } = vector;
  const unsigned = columnKind(type) === 'uint';
  return mapCells(vector, rows, (row) => (unsigned ? words[2 * row] >>> 0 : words[2 * row]));
}

function bounds(vector: ColumnVector, row: number): [number, number] {
  return [vector.start(row), vector.end(row)];
}

function byteValues(vector: ColumnVector, rows: number): unknown[] {
  return mapCells(vector, rows, (row) => vector.data.subarray(...bounds(vector, row)));
}

/** Text columns hold UTF-8 nearly always (CODEC §10); what is not, is escaped as cellText does. */
function stringValues(type: FieldType, vector: ColumnVector, rows: number): unknown[] {
  if (isAscii(vector.data.subarray(0, vector.dataLength))) return byteValues(vector, rows);
  return mapCells(vector, rows, (row) => {
    const bytes = vector.data.subarray(...bounds(vector, row));
    return isUtf8(bytes) ? bytes : utf8.encode(cellText(type, vector, row) ?? '');
  });
}

function textValues(type: FieldType, vector: ColumnVector, rows: number): unknown[] {
  return mapCells(vector, rows, (row) => cellText(type, vector, row) ?? '');
}

function bitValues(type: FieldType, vector: ColumnVector, rows: number): unknown[] {
  const length = bitBytes(type);
  const { words } = vector;
  return mapCells(vector, rows, (row) => {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      const shift = 8 * (length - 1 - i);
      bytes[i] = shift >= 32 ? words[2 * row + 1] >>> (shift - 32) : words[2 * row] >>> shift;
    }
    return bytes;
  });
}

function decimalValues(type: FieldType, vector: ColumnVector, rows: number): unknown[] {
  const scale = columnScale(type);
  return mapCells(vector, rows, (row) => unscaledDecimal(vector.data, vector.start(row), scale));
}

function dateValues(vector: ColumnVector, rows: number): ConvertedColumn {
  let unrepresentable = false;
  const values = mapCells(vector, rows, (row) => {
    const days = packedUnixDays(vector.words[2 * row + 1]);
    if (days === undefined) unrepresentable = true;
    return days ?? null;
  });
  return { values, unrepresentable };
}

function timestampValues(vector: ColumnVector, rows: number): ConvertedColumn {
  let unrepresentable = false;
  const { words } = vector;
  const cell = (row: number): bigint | null => {
    const micros = packedUnixMicros(words[2 * row], words[2 * row + 1]);
    if (micros === undefined) unrepresentable = true;
    return micros ?? null;
  };
  if (vector.nullCount > 0) return { values: mapCells(vector, rows, cell), unrepresentable };
  const values = new BigInt64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = cell(row) ?? 0n;
  return { values, unrepresentable };
}
