// Answers: where the columns are in a row value of the new format (CODEC §3.1), after checking the whole frame.
// It must not read cells, and must not allocate: one object is filled again for every row.

import { PitrError } from '../../domain/errors.ts';
import { littleWord } from './cell-checks.ts';
import { rowDamaged } from './row-damage.ts';

/** First byte of a row of the new format. */
export const newRowVersion = 0x80;
const headerBytes = 6;
const flagLarge = 1;
const flagChecksum = 2;

/** The frame of one row value: ids ascending, first `present` with a value, then `nulls` without. */
export class RowLayout {
  value: Uint8Array = new Uint8Array(0);
  present = 0;
  nulls = 0;
  #large = false;
  #idsAt = 0;
  #offsetsAt = 0;
  #dataAt = 0;

  /**
   * Takes the row in value[start, end), whose first byte is newRowVersion. Errors: ROW_DAMAGED when a part passes the
   * end, ids do not ascend, offsets go back, or bytes are left over; UNSUPPORTED for flags no version writes yet.
   */
  parse(value: Uint8Array, start: number, end: number): void {
    if (end - start < headerBytes) throw rowDamaged('row value', 'at least 6 bytes', String(end - start));
    const flags = value[start + 1] as number;
    if (flags > (flagLarge | flagChecksum)) {
      throw new PitrError('UNSUPPORTED', `row flags 0x${flags.toString(16)} are not known to this version`);
    }
    this.value = value;
    this.#large = (flags & flagLarge) !== 0;
    this.present = (value[start + 2] as number) | ((value[start + 3] as number) << 8);
    this.nulls = (value[start + 4] as number) | ((value[start + 5] as number) << 8);
    this.#idsAt = start + headerBytes;
    this.#offsetsAt = this.#idsAt + (this.present + this.nulls) * (this.#large ? 4 : 1);
    this.#dataAt = this.#offsetsAt + this.present * (this.#large ? 4 : 2);
    if (this.#dataAt > end)
      throw rowDamaged('row value', `${this.#dataAt - start} bytes of header`, `${end - start}`);
    this.#checkOrder(0, this.present);
    this.#checkOrder(this.present, this.present + this.nulls);
    const stop = this.#checkOffsets();
    if (stop > end || (stop < end && (flags & flagChecksum) === 0)) {
      throw rowDamaged('row value', `${stop - start} bytes`, `${end - start}`);
    }
  }

  /** Column id at a place: 0 to present − 1, then present to present + nulls − 1. */
  id(place: number): number {
    if (!this.#large) return this.value[this.#idsAt + place] as number;
    return littleWord(this.value, this.#idsAt + 4 * place) >>> 0;
  }

  /** Where the value at a place begins in `value`. */
  start(place: number): number {
    return place === 0 ? this.#dataAt : this.end(place - 1);
  }

  /** Where the value at a place ends in `value`. */
  end(place: number): number {
    if (this.#large) return this.#dataAt + (littleWord(this.value, this.#offsetsAt + 4 * place) >>> 0);
    const at = this.#offsetsAt + 2 * place;
    return this.#dataAt + ((this.value[at] as number) | ((this.value[at + 1] as number) << 8));
  }

  /** A row whose ids do not ascend could be searched past a column: its value would silently be the default. */
  #checkOrder(from: number, to: number): void {
    let before = -1;
    for (let place = from; place < to; place++) {
      const id = this.id(place);
      if (id <= before) throw rowDamaged('column ids of a row', `more than ${before}`, String(id));
      before = id;
    }
  }

  #checkOffsets(): number {
    let before = this.#dataAt;
    for (let place = 0; place < this.present; place++) {
      const stop = this.end(place);
      if (stop < before) {
        throw rowDamaged(
          'value offset of a row',
          `at least ${before - this.#dataAt}`,
          String(stop - this.#dataAt),
        );
      }
      before = stop;
    }
    return before;
  }
}
