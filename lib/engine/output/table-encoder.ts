// How rows of one table become bytes of one output form. An encoder is made per part of a table and never sees a file.

import type { RowBatch } from '../../br/codec/row-batch.ts';
import type { FieldType } from '../../br/codec/table-info.ts';

/** A column as it leaves: visible, stored, in display order. */
export interface OutputColumn {
  readonly name: string;
  readonly type: FieldType;
}

export type OutputForm = 'jsonl' | 'csv' | 'parquet';

export interface TableEncoder {
  /** Bytes before the first row of the table's first part; later parts of a text form have none. */
  header(): Uint8Array;
  /** Bytes of a batch, valid until the next call; the batch can be cleared afterwards. */
  encode(batch: RowBatch): Uint8Array;
  /** Bytes behind the last row of a part. */
  footer(): Uint8Array;
  /**
   * Columns (by position) with a value that the form's native type cannot hold, e.g. the date 0000-00-00: the table
   * must be written again with these as text. Empty for the text forms.
   */
  readonly unrepresentable: ReadonlySet<number>;
}

export interface EncoderOptions {
  readonly columns: readonly OutputColumn[];
  /** Positions of columns that are written as text although their type has a native form. */
  readonly asText: ReadonlySet<number>;
}

export const noBytes: Uint8Array = new Uint8Array(0);
