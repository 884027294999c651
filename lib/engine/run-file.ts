// A sorted run: changes of the log in key order on scratch disk, in blocks, with an index of each block's first key
// behind them, so that every shard of a table starts reading at its own place.
//
//   block* | index: (u32 key length, u32 offset high, u32 offset low, key)*

import { compareRanges, readU32, writeU32 } from '../br/bytes.ts';
import type { SpillFile, SpillSpace } from '../ports/spill.ts';
import { type ChangeHeader, ChangeView, changeSize, writeChange } from './change.ts';
import type { RowCursor } from './row-cursor.ts';
import type { VersionPicker } from './version-picker.ts';

const BLOCK_BYTES = 128 * 1024;
const INDEX_ENTRY_BYTES = 12;

/** A finished run; plain data, so that it can go to another thread. */
export interface Run {
  readonly name: string;
  readonly records: number;
  readonly dataBytes: number;
  readonly indexBytes: number;
}

/** Writes records, which must come in key order. */
export class RunWriter {
  readonly #file: SpillFile;
  #block = new Uint8Array(BLOCK_BYTES);
  #used = 0;
  #offset = 0;
  #records = 0;
  #index: { key: Uint8Array; offset: number }[] = [];

  constructor(space: SpillSpace) {
    this.#file = space.create();
  }

  append(
    header: ChangeHeader,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const size = changeSize(keyEnd - keyStart, valueEnd - valueStart);
    if (this.#used > 0 && this.#used + size > this.#block.length) this.#flushBlock();
    if (size > this.#block.length) this.#block = new Uint8Array(size);
    if (this.#used === 0) this.#index.push({ key: key.slice(keyStart, keyEnd), offset: this.#offset });
    this.#used = writeChange(
      this.#block,
      this.#used,
      header,
      key,
      keyStart,
      keyEnd,
      value,
      valueStart,
      valueEnd,
    );
    this.#records++;
  }

  finish(): Run {
    this.#flushBlock();
    const index = encodeIndex(this.#index);
    this.#file.append(index);
    this.#file.close();
    return {
      name: this.#file.name,
      records: this.#records,
      dataBytes: this.#offset,
      indexBytes: index.length,
    };
  }

  #flushBlock(): void {
    if (this.#used === 0) return;
    this.#file.append(this.#block.subarray(0, this.#used));
    this.#offset += this.#used;
    this.#used = 0;
    if (this.#block.length > BLOCK_BYTES) this.#block = new Uint8Array(BLOCK_BYTES);
  }
}

function encodeIndex(entries: readonly { key: Uint8Array; offset: number }[]): Uint8Array {
  let size = 0;
  for (const { key } of entries) size += INDEX_ENTRY_BYTES + key.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const { key, offset } of entries) {
    writeU32(out, at, key.length);
    writeU32(out, at + 4, Math.floor(offset / 2 ** 32));
    writeU32(out, at + 8, offset % 2 ** 32);
    out.set(key, at + INDEX_ENTRY_BYTES);
    at += INDEX_ENTRY_BYTES + key.length;
  }
  return out;
}

/** A run that is open for reading: its file and its index, kept as bytes (a large run has very many blocks). */
export class OpenRun {
  readonly file: SpillFile;
  readonly blocks: number;
  readonly #run: Run;
  readonly #index: Uint8Array;
  /** Where each block's index entry begins. */
  readonly #entries: Uint32Array;

  constructor(space: SpillSpace, run: Run) {
    this.file = space.open(run.name);
    this.#run = run;
    this.#index = new Uint8Array(run.indexBytes);
    this.file.readInto(run.dataBytes, this.#index);
    const entries: number[] = [];
    for (let at = 0; at < this.#index.length; at += INDEX_ENTRY_BYTES + readU32(this.#index, at))
      entries.push(at);
    this.#entries = Uint32Array.from(entries);
    this.blocks = entries.length;
  }

  close(): void {
    this.file.close();
  }

  offset(block: number): number {
    if (block >= this.blocks) return this.#run.dataBytes;
    const at = this.#entries[block];
    return readU32(this.#index, at + 4) * 2 ** 32 + readU32(this.#index, at + 8);
  }

  /** The last block whose first key is ≤ `key`, the first one if there is none: where `key` can be. */
  blockFor(key: Uint8Array): number {
    let low = 0;
    let high = this.blocks;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compareFirstKey(middle, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  #compareFirstKey(block: number, key: Uint8Array): number {
    const at = this.#entries[block] + INDEX_ENTRY_BYTES;
    return compareRanges(
      this.#index,
      at,
      at + readU32(this.#index, at - INDEX_ENTRY_BYTES),
      key,
      0,
      key.length,
    );
  }
}

/** Reads a run in key order, from a key on. Many can read one open run. */
export class RunCursor implements RowCursor {
  key: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  readonly #view = new ChangeView();
  readonly #run: OpenRun;
  readonly #from: Uint8Array;
  #nextBlock: number;
  #at = 0;

  /** from: the first encoded key that is wanted; empty = all. */
  constructor(run: OpenRun, from: Uint8Array) {
    this.#run = run;
    this.#from = from;
    this.#nextBlock = run.blockFor(from);
  }

  next(): boolean {
    if (this.#at >= this.key.length) return false;
    const view = this.#view;
    this.#at = view.at(this.key, this.#at);
    this.keyStart = view.keyStart;
    this.keyEnd = view.keyEnd;
    return true;
  }

  async refill(): Promise<boolean> {
    const run = this.#run;
    const from = this.#from;
    while (this.#nextBlock < run.blocks) {
      const offset = run.offset(this.#nextBlock++);
      this.key = new Uint8Array(run.offset(this.#nextBlock) - offset);
      run.file.readInto(offset, this.key);
      this.#at = 0;
      while (this.next())
        if (compareRanges(this.key, this.keyStart, this.keyEnd, from, 0, from.length) >= 0) return true;
    }
    return false;
  }

  addTo(picker: VersionPicker): void {
    picker.addView(this.#view);
  }

  close(): void {}
}
