// Answers: the only form in which decoded rows travel: a batch of column vectors, appended to row by row and used again
// after clear(). It must not know column types beyond their physical form. Words are little endian, as the machines
// that run this are, so that one buffer can be viewed as integers, bigints and doubles.

import { PitrError } from '../../domain/errors.ts';
import type { VectorForm } from './column-kind.ts';

/** Bytes that the `data` of one column may grow to unless the batch is told otherwise. */
export const defaultDataLimit = 512 * 1024 * 1024;
const firstDataSize = 1024;

/** The cells of one column. Rows are appended with one push each; what lies past `length` has no meaning. */
export class ColumnVector {
  readonly form: VectorForm;
  /** 1 = NULL, per row. The words or bytes of a NULL are 0 or empty. */
  readonly nulls: Uint8Array;
  /** fixed64: two a row, low then high; empty for bytes. */
  readonly words: Int32Array;
  /** Views over the buffer of `words`: signed, unsigned, double. */
  readonly i64s: BigInt64Array;
  readonly u64s: BigUint64Array;
  readonly f64s: Float64Array;
  /** bytes: all cells one after another; replaced by a larger array when it grows. */
  data: Uint8Array;
  /** bytes: end offset of row i in `data`; empty for fixed64. */
  readonly ends: Uint32Array;
  /** Rows appended. */
  length = 0;
  /** Bytes of `data` in use. */
  dataLength = 0;
  /** Rows that are NULL. */
  nullCount = 0;
  readonly dataLimit: number;

  /** @param dataLimit bytes that `data` may grow to; a push beyond it is refused. */
  constructor(form: VectorForm, capacity: number, dataLimit: number = defaultDataLimit) {
    this.form = form;
    this.dataLimit = dataLimit;
    this.nulls = new Uint8Array(capacity);
    const buffer = new ArrayBuffer(form === 'fixed64' ? capacity * 8 : 0);
    this.words = new Int32Array(buffer);
    this.i64s = new BigInt64Array(buffer);
    this.u64s = new BigUint64Array(buffer);
    this.f64s = new Float64Array(buffer);
    this.ends = new Uint32Array(form === 'bytes' ? capacity : 0);
    this.data = new Uint8Array(form === 'bytes' ? Math.min(firstDataSize, dataLimit) : 0);
  }

  pushNull(): void {
    const row = this.length;
    this.nulls[row] = 1;
    this.nullCount++;
    if (this.form === 'fixed64') {
      this.words[2 * row] = 0;
      this.words[2 * row + 1] = 0;
    } else this.ends[row] = this.dataLength;
    this.length = row + 1;
  }

  /** fixed64 only: the low and the high half, signed or unsigned. */
  pushWords(lo: number, hi: number): void {
    const row = this.length;
    this.nulls[row] = 0;
    this.words[2 * row] = lo;
    this.words[2 * row + 1] = hi;
    this.length = row + 1;
  }

  /** fixed64 only: the bits of a double. */
  pushDouble(value: number): void {
    const row = this.length;
    this.nulls[row] = 0;
    this.f64s[row] = value;
    this.length = row + 1;
  }

  /** bytes only: src[start, end). Errors: INTERNAL when the column would pass its limit. */
  pushBytes(src: Uint8Array, start: number, end: number): void {
    const from = this.dataLength;
    const to = from + (end - start);
    if (to > this.data.length) this.#grow(to);
    const data = this.data;
    // A view costs as much as copying a hundred bytes one by one.
    if (end - start < 96) for (let i = start, at = from; i < end; i++, at++) data[at] = src[i] as number;
    else data.set(src.subarray(start, end), from);
    const row = this.length;
    this.nulls[row] = 0;
    this.ends[row] = to;
    this.dataLength = to;
    this.length = row + 1;
  }

  isNull(row: number): boolean {
    return this.nulls[row] === 1;
  }

  /** bytes only: where the cell of a row begins in `data`. */
  start(row: number): number {
    return row === 0 ? 0 : (this.ends[row - 1] as number);
  }

  /** bytes only: where the cell of a row ends in `data`. */
  end(row: number): number {
    return this.ends[row] as number;
  }

  /** Forgets the rows from `rows` on. */
  truncate(rows: number): void {
    if (rows >= this.length) return;
    for (let row = rows; row < this.length; row++) this.nullCount -= this.nulls[row] as number;
    this.length = rows;
    if (this.form === 'bytes') this.dataLength = this.start(rows);
  }

  #grow(needed: number): void {
    if (needed > this.dataLimit) {
      throw new PitrError(
        'INTERNAL',
        `a column of a row batch would hold ${needed} bytes, its limit is ${this.dataLimit}`,
        { hint: 'hand the batch on earlier, or allow more memory' },
      );
    }
    let size = Math.max(this.data.length, firstDataSize);
    while (size < needed) size *= 2;
    const grown = new Uint8Array(Math.min(size, this.dataLimit));
    grown.set(this.data.subarray(0, this.dataLength));
    this.data = grown;
  }
}

/** Up to `capacity` rows as column vectors. `clear()` makes it empty and keeps its buffers. */
export class RowBatch {
  readonly columns: readonly ColumnVector[];
  readonly capacity: number;
  /** Whole rows; columns may be one longer while a row is being written. */
  rows = 0;

  constructor(forms: readonly VectorForm[], capacity: number, dataLimit: number = defaultDataLimit) {
    this.capacity = capacity;
    this.columns = forms.map((form) => new ColumnVector(form, capacity, dataLimit));
  }

  get isFull(): boolean {
    return this.rows >= this.capacity;
  }

  /** Bytes in use by the rows, without the room that is kept for more; costs one step per column. */
  get byteLength(): number {
    let total = 0;
    for (const column of this.columns) total += column.dataLength;
    return total + this.rows * this.#rowBytes();
  }

  /** Closes the row that was appended. Errors: INTERNAL when it is one too many or a column lacks its cell. */
  endRow(): void {
    const rows = this.rows + 1;
    if (rows > this.capacity) throw new PitrError('INTERNAL', `a row batch of ${this.capacity} rows is full`);
    for (let i = 0; i < this.columns.length; i++) {
      const length = (this.columns[i] as ColumnVector).length;
      if (length !== rows) {
        throw new PitrError('INTERNAL', `column ${i} of a row batch has ${length} cells, expected ${rows}`);
      }
    }
    this.rows = rows;
  }

  /** Takes back the cells of a row that was not closed. */
  dropOpenRow(): void {
    for (const column of this.columns) column.truncate(this.rows);
  }

  clear(): void {
    for (const column of this.columns) column.truncate(0);
    this.rows = 0;
  }

  #rowBytes(): number {
    let total = 0;
    for (const column of this.columns) total += column.form === 'fixed64' ? 9 : 5;
    return total;
  }
}
