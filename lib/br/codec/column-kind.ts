// Answers: which of the value families of TiDB a column belongs to, and in which physical form its cells travel
// (CODEC §6.2, §6.3). It must not read bytes.

import { PitrError } from '../../domain/errors.ts';
import type { FieldType } from './table-info.ts';

/** Family of a column's values: decides bytes, physical form and text. */
export type ColumnKind =
  | 'int'
  | 'uint'
  | 'year'
  | 'float'
  | 'double'
  | 'decimal'
  | 'text'
  | 'binary'
  | 'date'
  | 'datetime'
  | 'timestamp'
  | 'time'
  | 'enum'
  | 'set'
  | 'bit'
  | 'json'
  | 'vector';

/** fixed64: two 32-bit words a row; bytes: a slice of a growing buffer. */
export type VectorForm = 'fixed64' | 'bytes';

export const flagNotNull = 1;
export const flagUnsigned = 32;

/** Type codes of CODEC §6.3 that more than one file needs. */
export const typeChar = 254;

/** The kind of a column. Errors: UNSUPPORTED for a type code that TiDB does not store (CODEC §6.3). */
export function columnKind(type: FieldType): ColumnKind {
  switch (type.tp) {
    case 1:
    case 2:
    case 3:
    case 8:
    case 9:
      return (type.flag & flagUnsigned) === 0 ? 'int' : 'uint';
    case 4:
      return 'float';
    case 5:
      return 'double';
    case 7:
      return 'timestamp';
    case 10:
      return 'date';
    case 11:
      return 'time';
    case 12:
      return 'datetime';
    case 13:
      return 'year';
    case 15:
    case 249:
    case 250:
    case 251:
    case 252:
    case 253:
    case typeChar:
      return type.charset === 'binary' ? 'binary' : 'text';
    case 16:
      return 'bit';
    case 225:
      return 'vector';
    case 245:
      return 'json';
    case 246:
      return 'decimal';
    case 247:
      return 'enum';
    case 248:
      return 'set';
    default:
      throw new PitrError('UNSUPPORTED', `column type ${type.tp} is not one that this version reads`, {
        hint: 'leave the table out with --tables, or tell us the DDL of the table',
        details: { tp: type.tp },
      });
  }
}

/** The physical form of a kind's cells in a ColumnVector. */
export function vectorForm(kind: ColumnKind): VectorForm {
  switch (kind) {
    case 'decimal':
    case 'text':
    case 'binary':
    case 'json':
    case 'vector':
      return 'bytes';
    case 'int':
    case 'uint':
    case 'year':
    case 'float':
    case 'double':
    case 'date':
    case 'datetime':
    case 'timestamp':
    case 'time':
    case 'enum':
    case 'set':
    case 'bit':
      return 'fixed64';
    default: {
      const unknown: never = kind;
      throw new PitrError('INTERNAL', `no physical form for ${String(unknown)}`);
    }
  }
}

/** Scale of a DECIMAL or fsp of a time column; 0 where the document leaves it unspecified (-1). */
export function columnScale(type: FieldType): number {
  return type.decimal < 0 ? 0 : type.decimal;
}

/** Bytes of a BIT(n): ceil(n / 8), 1 when the document leaves n unspecified. */
export function bitBytes(type: FieldType): number {
  return type.flen <= 0 ? 1 : Math.min(8, Math.ceil(type.flen / 8));
}
