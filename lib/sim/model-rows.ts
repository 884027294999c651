// A row of the model as the key and the value that TiDB writes for it (CODEC §1, §2, §3, §9).

import type { CellValue } from '../br/codec/cell-encoder.ts';
import { encodeI64, rowKeyPrefix } from '../br/codec/keys.ts';
import {
  encodeCommonRowKey,
  encodeIntRowKey,
  encodeRowV1,
  encodeRowV2,
  type RowCell,
} from '../br/codec/row-encoder.ts';
import type { FieldType } from '../br/codec/table-info.ts';
import { columnById, type ModelTable } from './model-schema.ts';

/** Values by column id; a column that is not in it was not written. */
export type RowValues = ReadonlyMap<bigint, CellValue>;

export interface RowFormat {
  /** 1 in clusters that began before 4.0. */
  readonly version: 1 | 2;
  /** Leave NULLs out where TiDB may (CODEC §6.4). */
  readonly omitNulls: boolean;
}

const varchar = 15;

/** Whether a clustered key holds something that cannot be turned back into the value (CODEC §9). */
function isRestored({ tp, charset, collate }: FieldType, newCollation: boolean): boolean {
  if (!newCollation || charset === 'binary') return false;
  return tp === varchar || (tp === 254 && !collate.endsWith('_bin'));
}

/** The raw key of a row. rowId: its handle where the table has no clustered key. */
export function rowKeyOf(
  table: ModelTable,
  physicalId: bigint,
  values: RowValues,
  rowId: bigint,
  newCollation: boolean,
): Uint8Array {
  const { key } = table;
  switch (key.kind) {
    case 'rowid':
      return encodeIntRowKey(physicalId, rowId);
    case 'int':
      return encodeIntRowKey(physicalId, BigInt(values.get(key.column) as bigint));
    case 'common': {
      const datums = key.columns.map((id) => {
        const { type } = columnById(table, id);
        const value = values.get(id) ?? null;
        return { type, value: newCollation ? sortKey(type, value) : value };
      });
      return encodeCommonRowKey(physicalId, datums);
    }
    default:
      return key satisfies never;
  }
}

/** What a key holds of a text (CODEC §1.4); the weights of general_ci are right for ASCII letters and digits only. */
function sortKey({ charset, collate }: FieldType, value: CellValue): CellValue {
  if (charset === 'binary' || typeof value !== 'string') return value;
  const trimmed = value.replace(/ +$/, '');
  if (!collate.endsWith('_ci')) return trimmed;
  const weights = [...trimmed.toUpperCase()].flatMap((letter) => [0, letter.charCodeAt(0)]);
  return Uint8Array.from(weights);
}

export function rowValueOf(
  table: ModelTable,
  values: RowValues,
  { version, omitNulls }: RowFormat,
  newCollation: boolean,
): Uint8Array {
  const cells: RowCell[] = [];
  const { key } = table;
  for (const { id, type, originDefault } of table.columns) {
    const value = values.get(id);
    if (value === undefined || (key.kind === 'int' && key.column === id)) continue;
    if (key.kind === 'common' && key.columns.includes(id) && !isRestored(type, newCollation)) continue;
    if (value === null && originDefault === null && omitNulls) continue;
    cells.push({ id, type, value });
  }
  return version === 1 ? encodeRowV1(cells) : encodeRowV2(cells);
}

const handleOffset = 11;

/** A key of an index of the table: readers of rows have to step over it. */
export function indexKeyOf(rowKey: Uint8Array, physicalId: bigint): Uint8Array {
  const handle = rowKey.subarray(handleOffset);
  const out = new Uint8Array(handleOffset + 8 + handle.length);
  out.set(rowKeyPrefix(physicalId));
  out[handleOffset - 1] = 0x69;
  out.set(encodeI64(1n), handleOffset);
  out.set(handle, handleOffset + 8);
  return out;
}
