// Many sorted sources → the live rows of a key range, in key order: the heart of a restore. One pass, no row kept.

import { compareRanges } from '../br/bytes.ts';
import type { RowCursor } from './row-cursor.ts';
import type { ValueRef, VersionPicker } from './version-picker.ts';

/** Called for every live row, in key order; the key range is valid during the call only. */
export type OnRow = (
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  value: ValueRef,
) => void | Promise<void>;

/** Called with each key's records still in the picker, before the next key is read. */
export type OnKey = (key: Uint8Array, keyEnd: number, picker: VersionPicker) => void | Promise<void>;

/**
 * Walks all keys in [each cursor's start, endKey) in order. Cursors are closed at the end, also when it throws.
 * endKey: exclusive memcomparable bound; undefined = to the end.
 */
export async function mergeKeys(
  cursors: readonly RowCursor[],
  picker: VersionPicker,
  endKey: Uint8Array | undefined,
  onKey: OnKey,
): Promise<void> {
  try {
    const heap = new CursorHeap();
    for (const cursor of cursors) if (await cursor.refill()) heap.push(cursor);
    let key: Uint8Array = new Uint8Array(256);
    while (heap.size > 0) {
      let top = heap.top();
      const length = top.keyEnd - top.keyStart;
      if (
        endKey !== undefined &&
        compareRanges(top.key, top.keyStart, top.keyEnd, endKey, 0, endKey.length) >= 0
      )
        return;
      if (length > key.length) key = new Uint8Array(length * 2);
      for (let i = 0, from = top.keyStart; i < length; i++) key[i] = top.key[from + i];
      picker.reset();
      for (;;) {
        top.addTo(picker);
        if (top.next() || (await top.refill())) heap.sinkTop();
        else heap.dropTop();
        if (heap.size === 0) break;
        top = heap.top();
        if (compareRanges(top.key, top.keyStart, top.keyEnd, key, 0, length) !== 0) break;
      }
      const pending = onKey(key, length, picker);
      if (pending !== undefined) await pending;
    }
  } finally {
    for (const cursor of cursors) cursor.close();
  }
}

/** mergeKeys, and of each key the value at the moment. */
export function mergeRows(
  cursors: readonly RowCursor[],
  picker: VersionPicker,
  endKey: Uint8Array | undefined,
  onRow: OnRow,
): Promise<void> {
  return mergeKeys(cursors, picker, endKey, (key, keyEnd) => {
    const value = picker.pick(key, keyEnd);
    return value === undefined ? undefined : onRow(key, 0, keyEnd, value);
  });
}

/** A binary heap by current key. */
class CursorHeap {
  #items: RowCursor[] = [];

  get size(): number {
    return this.#items.length;
  }

  top(): RowCursor {
    return this.#items[0];
  }

  push(cursor: RowCursor): void {
    this.#items.push(cursor);
    let at = this.#items.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(this.#items[at], this.#items[parent])) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  dropTop(): void {
    const last = this.#items.pop();
    if (this.#items.length === 0 || last === undefined) return;
    this.#items[0] = last;
    this.sinkTop();
  }

  sinkTop(): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= items.length) return;
      const right = left + 1;
      const child = right < items.length && before(items[right], items[left]) ? right : left;
      if (!before(items[child], items[at])) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #swap(a: number, b: number): void {
    const kept = this.#items[a];
    this.#items[a] = this.#items[b];
    this.#items[b] = kept;
  }
}

function before(a: RowCursor, b: RowCursor): boolean {
  return compareRanges(a.key, a.keyStart, a.keyEnd, b.key, b.keyStart, b.keyEnd) < 0;
}
