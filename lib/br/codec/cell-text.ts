// Answers: a cell as the text TiDB prints for it (CODEC §11), BIT and binary strings as hex. It must not change a value:
// text of a type always reads back as the same value.

import { PitrError } from '../../domain/errors.ts';
import { binaryJsonText } from './binary-json.ts';
import { bitBytes, type ColumnKind, columnKind, columnScale } from './column-kind.ts';
import { decimalText } from './decimal.ts';
import { doubleText, floatText, plainFloat32Text } from './float-text.ts';
import type { ColumnVector } from './row-batch.ts';
import { rowDamaged } from './row-damage.ts';
import type { FieldType } from './table-info.ts';
import { durationText, packedDateText, packedTimeText } from './time.ts';
import { hexText, utf8Text } from './utf8-text.ts';

/**
 * The cell of `row` as text, or null for NULL. TIMESTAMP is in UTC. BIT and binary strings are lower-case hex without
 * prefix, BIT(n) of ceil(n / 8) bytes. Text that is not UTF-8 is escaped as utf8Text says. Errors: ROW_DAMAGED for
 * binary JSON that no version of TiDB writes.
 */
export function cellText(type: FieldType, vector: ColumnVector, row: number): string | null {
  if (vector.nulls[row] === 1) return null;
  const kind = columnKind(type);
  return vector.form === 'bytes' ? bytesText(kind, type, vector, row) : wordsText(kind, type, vector, row);
}

function bytesText(kind: ColumnKind, type: FieldType, vector: ColumnVector, row: number): string {
  const start = vector.start(row);
  const end = vector.end(row);
  switch (kind) {
    case 'text':
      return utf8Text(vector.data, start, end);
    case 'binary':
      return hexText(vector.data, start, end);
    case 'json':
      return binaryJsonText(vector.data, start, end);
    case 'decimal':
      return type.decimal < 0
        ? decimalText(vector.data, start, end)
        : decimalText(vector.data, start, end, type.decimal);
    case 'vector':
      return vectorText(vector.data, start, end);
    default:
      throw new PitrError('INTERNAL', `a column of kind ${kind} does not travel as bytes`);
  }
}

function wordsText(kind: ColumnKind, type: FieldType, vector: ColumnVector, row: number): string {
  const lo = vector.words[2 * row] as number;
  const hi = vector.words[2 * row + 1] as number;
  switch (kind) {
    case 'int':
      return hi === lo >> 31 ? String(lo) : String(vector.i64s[row]);
    case 'uint':
      return hi === 0 ? String(lo >>> 0) : String(vector.u64s[row]);
    case 'datetime':
    case 'timestamp':
      return packedTimeText(lo, hi, columnScale(type));
    case 'date':
      return packedDateText(hi);
    case 'time':
      return durationText(lo, hi, columnScale(type));
    case 'year':
      return String(lo).padStart(4, '0');
    case 'double':
      return doubleText(vector.f64s[row] as number);
    case 'float':
      return floatText(vector.f64s[row] as number);
    case 'enum':
      return enumText(type, lo, hi);
    case 'set':
      return setText(type, lo, hi);
    case 'bit':
      return bitText(type, lo, hi);
    default:
      throw new PitrError('INTERNAL', `a column of kind ${kind} does not travel as words`);
  }
}

/** 0 and numbers beyond the members are the empty text, as TiDB shows them. */
function enumText(type: FieldType, lo: number, hi: number): string {
  return hi === 0 ? (type.elems[(lo >>> 0) - 1] ?? '') : '';
}

function setText(type: FieldType, lo: number, hi: number): string {
  let text = '';
  for (let i = 0; i < type.elems.length && i < 64; i++) {
    const isChosen = i < 32 ? (lo >>> i) & 1 : (hi >>> (i - 32)) & 1;
    if (isChosen) text += text === '' ? type.elems[i] : `,${type.elems[i]}`;
  }
  return text;
}

function bitText(type: FieldType, lo: number, hi: number): string {
  const digits = (hi >>> 0).toString(16).padStart(8, '0') + (lo >>> 0).toString(16).padStart(8, '0');
  return digits.slice(16 - 2 * bitBytes(type));
}

function vectorText(data: Uint8Array, start: number, end: number): string {
  const view = new DataView(data.buffer, data.byteOffset + start, end - start);
  const numbers: string[] = [];
  for (let at = 4; at + 4 <= end - start; at += 4) {
    const number = view.getFloat32(at, true);
    if (!Number.isFinite(number)) throw rowDamaged('vector', 'finite numbers', String(number));
    numbers.push(plainFloat32Text(number));
  }
  return `[${numbers.join(',')}]`;
}
