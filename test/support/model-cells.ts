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

/** A cell as DuckDB gives it: `found` is its value as text, or as JSON text for lists, or as hex for bytes. */
export function expectedDuckDb(type: FieldType, value: CellValue, found: unknown): unknown {
  if (value === null) return null;
  const kind = columnKind(type);
  switch (kind) {
    case 'datetime':
    case 'timestamp':
      // DuckDB prints fractions without the zeros at their end.
      return String(value).includes('.') ? String(value).replace(/\.?0+$/, '') : String(value);
    case 'int':
    case 'uint':
    case 'year':
      return String(BigInt(value as bigint | string));
    case 'float':
      return Math.fround(Number(found)) === Math.fround(Number(value)) ? found : String(value);
    case 'double':
      return Object.is(Number(found) + 0, Number(value) + 0) ? found : String(value);
    case 'decimal':
      return type.decimal === type.flen && type.flen <= 38 ? String(value).replace('0.', '.') : String(value);
    case 'json':
    case 'vector':
      return same(found, String(value)) ? found : String(value);
    default:
      return String(expectedJson(type, value, Number(found)));
  }
}

function same(found: unknown, json: string): boolean {
  try {
    assert.deepEqual(JSON.parse(String(found)), JSON.parse(json));
    return true;
  } catch {
    return false;
  }
}
