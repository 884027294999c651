// Answers: a cell as a JSON value for JSON Lines. It must not lose precision: what a JSON number cannot hold in every
// reader is a string.

import { cellText } from './cell-text.ts';
import { columnKind } from './column-kind.ts';
import { shortestFloat32 } from './float-text.ts';
import type { ColumnVector } from './row-batch.ts';
import type { FieldType } from './table-info.ts';

/**
 * The cell of `row` as JSON text: integers and YEAR as numbers, as strings beyond ±(2^53 − 1); FLOAT and DOUBLE as the
 * shortest number that reads back; decimals, times, enum, set and text as strings; JSON columns and vectors as they
 * are; BIT and binary strings as hex in a string; null for NULL. Text that is not UTF-8 holds `\xNN` for each byte that
 * is not (utf8Text), whose backslash JSON doubles. Errors as cellText.
 */
export function cellJson(type: FieldType, vector: ColumnVector, row: number): string {
  if (vector.nulls[row] === 1) return 'null';
  switch (columnKind(type)) {
    case 'int':
      return integerJson(false, vector, row);
    case 'uint':
      return integerJson(true, vector, row);
    case 'year':
      return String(vector.words[2 * row]);
    case 'double':
      return doubleJson(vector.f64s[row] as number);
    case 'float':
      return doubleJson(shortestFloat32(vector.f64s[row] as number));
    case 'json':
    case 'vector':
      return cellText(type, vector, row) ?? 'null';
    case 'text':
    case 'enum':
    case 'set':
      return JSON.stringify(cellText(type, vector, row));
    default:
      return `"${cellText(type, vector, row)}"`;
  }
}

/** Beyond ±(2^53 − 1) a number is a string; hi is signed also for unsigned columns. */
function integerJson(isUnsigned: boolean, vector: ColumnVector, row: number): string {
  const lo = vector.words[2 * row] as number;
  const hi = vector.words[2 * row + 1] as number;
  if (isUnsigned) {
    if (hi >= 0 && hi < 0x200000) return String(hi * 0x1_0000_0000 + (lo >>> 0));
    return `"${vector.u64s[row]}"`;
  }
  const isSafe = hi < 0x200000 && hi >= -0x200000 && (hi !== -0x200000 || lo !== 0);
  return isSafe ? String(hi * 0x1_0000_0000 + (lo >>> 0)) : `"${vector.i64s[row]}"`;
}

/** Infinity and NaN are not stored by TiDB and not JSON; -0 is written so that it reads back. */
function doubleJson(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}
