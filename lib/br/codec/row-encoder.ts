// Answers: row keys and row values as TiDB writes them, in both formats, from plain values (CODEC §1, §2, §3.1).
// For tests, benchmark and simulator; never fast, and never used to read.

import { type CellValue, encodeCell, encodeKeyDatum, encodeRowDatum, encodeVarint } from './cell-encoder.ts';
import { datumFlags } from './datum.ts';
import { encodeI64, encodeRowKey } from './keys.ts';
import { newRowVersion } from './row-layout.ts';
import type { FieldType } from './table-info.ts';

/** One column of a row: its id, its type, and its value (null = NULL; a column that is left out is absent). */
export interface RowCell {
  readonly id: bigint;
  readonly type: FieldType;
  readonly value: CellValue;
}

export interface RowV2Options {
  /** Large even when small would do. */
  readonly large?: boolean;
  /** Bytes of a checksum trailer to append as they are; sets the flag. */
  readonly checksum?: Uint8Array;
}

/** A row value of the new format (CODEC §3.1); large when an id is over 255 or the data over 65535 bytes. */
export function encodeRowV2(cells: readonly RowCell[], options: RowV2Options = {}): Uint8Array {
  const byId = (a: RowCell, b: RowCell): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  const present = cells.filter((cell) => cell.value !== null).sort(byId);
  const nulls = cells.filter((cell) => cell.value === null).sort(byId);
  const values = present.map((cell) =>
    cell.value === null ? new Uint8Array(0) : encodeCell(cell.type, cell.value),
  );
  const dataBytes = values.reduce((sum, value) => sum + value.length, 0);
  const large = options.large === true || dataBytes > 0xffff || cells.some((cell) => cell.id > 255n);
  const idBytes = large ? 4 : 1;
  const offsetBytes = large ? 4 : 2;
  const dataAt = 6 + cells.length * idBytes + present.length * offsetBytes;
  const out = new Uint8Array(dataAt + dataBytes + (options.checksum?.length ?? 0));
  const view = new DataView(out.buffer);
  out[0] = newRowVersion;
  out[1] = (large ? 1 : 0) | (options.checksum === undefined ? 0 : 2);
  view.setUint16(2, present.length, true);
  view.setUint16(4, nulls.length, true);
  for (const [i, cell] of [...present, ...nulls].entries()) {
    if (large) view.setUint32(6 + 4 * i, Number(cell.id), true);
    else out[6 + i] = Number(cell.id);
  }
  let end = 0;
  for (const [i, value] of values.entries()) {
    out.set(value, dataAt + end);
    end += value.length;
    const at = 6 + cells.length * idBytes + i * offsetBytes;
    if (large) view.setUint32(at, end, true);
    else view.setUint16(at, end, true);
  }
  out.set(options.checksum ?? [], dataAt + end);
  return out;
}

/** A row value of the old format (CODEC §2), columns in the order given. */
export function encodeRowV1(cells: readonly RowCell[]): Uint8Array {
  if (cells.length === 0) return Uint8Array.of(0);
  const parts = cells.flatMap((cell) => [
    Uint8Array.of(datumFlags.varint),
    encodeVarint(cell.id),
    encodeRowDatum(cell.type, cell.value),
  ]);
  return concat(parts);
}

/** The handle of an integer key, signed or unsigned (CODEC §1.2). */
export function encodeIntHandle(handle: bigint): Uint8Array {
  return encodeI64(BigInt.asIntN(64, handle));
}

/** The handle of a clustered key: its datums in index order, filled to nine bytes (CODEC §1.4). */
export function encodeCommonHandle(columns: readonly Omit<RowCell, 'id'>[]): Uint8Array {
  const datums = concat(
    columns.map(({ type, value }) =>
      value === null ? Uint8Array.of(datumFlags.nil) : encodeKeyDatum(type, value),
    ),
  );
  if (datums.length >= 9) return datums;
  const filled = new Uint8Array(9);
  filled.set(datums);
  return filled;
}

/** The raw key of a row with an integer handle. */
export function encodeIntRowKey(tableId: bigint, handle: bigint): Uint8Array {
  return encodeRowKey(tableId, encodeIntHandle(handle));
}

/** The raw key of a row with a clustered key. */
export function encodeCommonRowKey(tableId: bigint, columns: readonly Omit<RowCell, 'id'>[]): Uint8Array {
  return encodeRowKey(tableId, encodeCommonHandle(columns));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
