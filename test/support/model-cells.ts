// Cells of the model as the outputs promise them, made from the canonical values without asking the codec.

import assert from 'node:assert/strict';
import type { CellValue } from '../../lib/br/codec/cell-encoder.ts';
import { columnKind } from '../../lib/br/codec/column-kind.ts';
import type { FieldType } from '../../lib/br/codec/table-info.ts';

const largestNumber = 2n ** 53n - 1n;

function integer(value: CellValue): number | string {
  const exact = BigInt(value as bigint | string);
  return exact > largestNumber || exact < -largestNumber ? String(exact) : Number(exact);
}

/** The JSON value of a cell in JSON Lines; `found` is given back where several numbers are the same FLOAT. */
export function expectedJson(type: FieldType, value: CellValue, found: unknown): unknown {
  if (value === null) return null;
  const kind = columnKind(type);
  switch (kind) {
    case 'int':
    case 'uint':
    case 'year':
      return integer(value);
    case 'float':
      return Math.fround(found as number) === Math.fround(Number(value)) ? found : Math.fround(Number(value));
    case 'double':
      return Number(value) + 0;
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex');
    case 'bit':
      return BigInt(value as bigint)
        .toString(16)
        .padStart(2 * Math.ceil(type.flen / 8), '0');
    case 'json':
    case 'vector':
      return JSON.parse(String(value));
    default:
      return String(value);
  }
}

/** The text of a cell in DuckDB cast to VARCHAR, from the same values; undefined = compared elsewhere. */
export function expectedDuckDb(type: FieldType, value: CellValue): string | null | undefined {
  if (value === null) return null;
  const kind = columnKind(type);
  switch (kind) {
    case 'int':
    case 'uint':
    case 'year':
      return String(BigInt(value as bigint | string));
    case 'datetime':
    case 'timestamp':
      return duckDbTime(String(value));
    case 'decimal':
    case 'date':
    case 'time':
    case 'text':
    case 'enum':
    case 'set':
      return String(value);
    default:
      return undefined;
  }
}

/** DuckDB prints fractions without the zeros at their end. */
function duckDbTime(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

export function assertCell(found: unknown, expected: unknown, where: () => string): void {
  assert.deepEqual(found, expected, where());
}
