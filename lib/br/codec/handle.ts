// Answers: which columns a table's row keys hold, and which of them can be read back from there (CODEC §1.2, §1.4, §9).
// It must not read bytes: row-decoder.ts does.

import { rowDamaged } from './row-damage.ts';
import type { FieldType, TableInfo } from './table-info.ts';

export interface HandleColumn {
  /** Position in `TableInfo.columns`. */
  readonly offset: number;
  /** Whether the key holds the whole value; otherwise only a prefix of it or its sort key. */
  readonly readable: boolean;
}

/** The handle of a table's row keys: 8 bytes, or one datum for each column of the clustered key in order. */
export type HandleForm =
  | { readonly kind: 'int'; readonly pkOffset: number | undefined }
  | { readonly kind: 'common'; readonly columns: readonly HandleColumn[] };

const flagPrimary = 2;
const plainCollations = new Set(['ascii_bin', 'latin1_bin', 'utf8_bin', 'utf8mb4_bin']);
const invertibleCollations = new Set(['binary', 'utf8mb4_0900_bin']);

/**
 * The handle of a table. newCollation: whether the cluster's `new_collation_enabled` was on, which decides whether keys
 * hold sort keys. Errors: ROW_DAMAGED for a document without the columns of its key.
 */
export function handleForm(table: TableInfo, newCollation: boolean): HandleForm {
  if (table.isCommonHandle) {
    const index = table.indexes.find((one) => one.primary);
    if (index === undefined) throw rowDamaged(`document of table ${table.name}`, 'a primary index', 'none');
    const columns = index.columns.map(({ offset, length }): HandleColumn => {
      const type = table.columns[offset]?.type;
      if (type === undefined) {
        throw rowDamaged(`document of table ${table.name}`, `a column at ${offset}`, 'none');
      }
      const isPrefix = length > 0 && type.flen > length;
      return { offset, readable: !isPrefix && !(newCollation && needsRestoredData(type)) };
    });
    return { kind: 'common', columns };
  }
  if (!table.pkIsHandle) return { kind: 'int', pkOffset: undefined };
  const pkOffset = table.columns.findIndex((column) => (column.type.flag & flagPrimary) !== 0);
  if (pkOffset < 0) throw rowDamaged(`document of table ${table.name}`, 'a primary key column', 'none');
  return { kind: 'int', pkOffset };
}

/** Whether a key holds something else than the column's value under the new collations (CODEC §9). */
export function needsRestoredData(type: FieldType): boolean {
  const isString = type.tp === 15 || (type.tp >= 249 && type.tp <= 254);
  if (!isString || invertibleCollations.has(type.collate)) return false;
  return type.tp === 15 || type.tp === 253 || !plainCollations.has(type.collate);
}
