// Answers: the value of a column that a row does not have: its original default, NULL or the type's zero (CODEC §6.4).
// Made once per table. It must not look at `default`, which is for INSERT only.

import { PitrError } from '../../domain/errors.ts';
import { type CellValue, encodeCell } from './cell-encoder.ts';
import { columnKind, flagNotNull, typeChar } from './column-kind.ts';
import type { ColumnInfo, FieldType } from './table-info.ts';

export type AbsentCell =
  | { readonly kind: 'null' }
  /** The cell as a row of the new format would hold it. */
  | { readonly kind: 'cell'; readonly bytes: Uint8Array }
  /** The document does not tell the value; an error only when a row needs it. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What rows without this column hold in it. Never throws: what cannot be told is 'unknown' with its reason. */
export function absentCell(column: ColumnInfo): AbsentCell {
  const text = column.originDefault;
  const bits = column.originDefaultBit;
  if (text === null && bits === undefined) {
    if ((column.type.flag & flagNotNull) === 0) return { kind: 'null' };
    return { kind: 'cell', bytes: encodeCell(column.type, zeroValue(column.type)) };
  }
  const reason = untoldReason(column);
  if (reason !== undefined) return { kind: 'unknown', reason };
  try {
    return { kind: 'cell', bytes: encodeCell(column.type, originValue(column)) };
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    return { kind: 'unknown', reason: `its original default cannot be read: ${caught.message}` };
  }
}

function originValue(column: ColumnInfo): Exclude<CellValue, null> {
  if (columnKind(column.type) === 'bit' && column.originDefaultBit !== undefined) {
    return Uint8Array.from(Buffer.from(column.originDefaultBit, 'base64'));
  }
  const text = column.originDefault ?? '';
  return columnKind(column.type) === 'bit' ? new TextEncoder().encode(text) : text;
}

function untoldReason(column: ColumnInfo): string | undefined {
  const kind = columnKind(column.type);
  const text = column.originDefault ?? '';
  const isBytes = kind === 'binary' || (kind === 'bit' && column.originDefaultBit === undefined);
  if (isBytes && text.includes('\ufffd')) {
    return 'the bytes of its original default did not survive the schema document';
  }
  if (kind === 'timestamp' && column.version === 0 && !text.startsWith('0000-00-00')) {
    return 'its original default is in the unknown time zone of the server that wrote it';
  }
  return undefined;
}

/** The zero of a NOT NULL column without an original default: an ENUM's first member (CODEC §6.4). */
function zeroValue(type: FieldType): Exclude<CellValue, null> {
  switch (columnKind(type)) {
    case 'text':
      return '';
    case 'binary':
      return new Uint8Array(type.tp === typeChar ? Math.max(0, type.flen) : 0);
    case 'date':
    case 'datetime':
    case 'timestamp':
      return '0000-00-00 00:00:00';
    case 'time':
      return '00:00:00';
    case 'enum':
      return 1n;
    case 'json':
      return 'null';
    case 'vector':
      return '[]';
    default:
      return 0n;
  }
}
