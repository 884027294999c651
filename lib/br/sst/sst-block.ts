// A cursor over the entries of a table's blocks: key deltas are joined in one reused buffer, values stay where they
// are. Nothing is allocated per entry. Holds no file access, no checksums and no decompression.

import { damagedObject, PitrError } from '../../domain/errors.ts';
import { keyTrailerLength, valueType } from './sst-format.ts';

/** Whether the block's keys carry the 8-byte trailer of RocksDB (data and index blocks) or are plain (meta blocks). */
export type KeyForm = 'internal' | 'plain';

/**
 * One cursor for one file: `load` points it at the next block, `next` moves it. After `next` returned true,
 * `key[0, keyLength)` is the user key and `data[valueStart, valueEnd)` the value. `key` is overwritten by the next
 * move; `data` is never written to, so views on it stay valid.
 * Keys must ascend strictly, within a block and from block to block.
 */
export class SstBlock {
  readonly name: string;
  data: Uint8Array = new Uint8Array(0);
  key: Uint8Array = new Uint8Array(256);
  /** Length of the user key, without trailer. */
  keyLength = 0;
  valueStart = 0;
  valueEnd = 0;
  /** Where the block is in the file. */
  offset = 0;
  /** Entries passed since the cursor was made. */
  entries = 0;

  private readonly trailer: number;
  private at = 0;
  private end = 0;
  /** Length of the whole key in the buffer; −1 before the first. */
  private held = -1;
  private atStart = true;

  constructor(name: string, form: KeyForm) {
    this.name = name;
    this.trailer = form === 'internal' ? keyTrailerLength : 0;
  }

  /** Starts on the entries of a decompressed block that is at `offset` in the file. Errors: OBJECT_DAMAGED. */
  load(data: Uint8Array, offset: number): void {
    this.data = data;
    this.offset = offset;
    this.at = 0;
    this.atStart = true;
    const length = data.length;
    if (length < 8) this.fail('at least 8 bytes', `${length}`);
    const restarts = new DataView(data.buffer, data.byteOffset + length - 4, 4).getUint32(0, true);
    if (restarts >= 0x8000_0000) {
      throw new PitrError(
        'UNSUPPORTED',
        `${this.name} block at ${offset} has a hash index inside, expected none`,
        {
          hint: 'check that the object was written by br or TiKV; if it was, report the versions of both',
          details: { object: this.name },
        },
      );
    }
    if (restarts === 0 || restarts * 4 + 4 > length)
      this.fail(`restart points in ${length} bytes`, `${restarts}`);
    this.end = length - 4 - restarts * 4;
  }

  /** Moves to the next entry of the block; false at its end. Errors: OBJECT_DAMAGED, OBJECT_UNRECOGNIZED. */
  next(): boolean {
    const data = this.data as unknown as number[];
    const end = this.end;
    let p = this.at;
    if (p >= end) return false;
    let shared: number;
    let fresh: number;
    let size: number;
    if (p + 4 <= end && (data[p] | data[p + 1]) < 128 && (data[p + 2] & data[p + 3]) < 128) {
      shared = data[p];
      fresh = data[p + 1];
      size = data[p + 2];
      p += 3;
      if (size > 127) size += (data[p++] - 1) << 7;
    } else {
      this.at = p;
      shared = this.varint();
      fresh = this.varint();
      size = this.varint();
      p = this.at;
    }
    if (fresh > end - p || size > end - p - fresh)
      this.fail('entries inside the block', `one past it at ${p}`);
    this.takeKey(p, shared, fresh);
    p += fresh;
    this.valueStart = p;
    this.valueEnd = p + size;
    this.at = p + size;
    this.entries++;
    return true;
  }

  /** Compares the current key with another as TiKV does: byte by byte, a prefix first. */
  compareKey(other: Uint8Array, otherLength: number = other.length): number {
    const key = this.key;
    const common = Math.min(this.keyLength, otherLength);
    for (let i = 0; i < common; i++) {
      const difference = (key[i] as number) - (other[i] as number);
      if (difference !== 0) return difference;
    }
    return this.keyLength - otherLength;
  }

  private takeKey(from: number, shared: number, fresh: number): void {
    const data = this.data as unknown as number[];
    const key = this.key as unknown as number[];
    const length = shared + fresh;
    const userLength = length - this.trailer;
    if (userLength < 0) this.fail(`keys of at least ${this.trailer} bytes`, `${length}`);
    if (this.atStart ? shared !== 0 : shared > this.held)
      this.fail('a key that builds on the one before', `${shared} shared bytes`);
    if (this.held >= 0) {
      const heldUser = this.held - this.trailer;
      const common = heldUser < userLength ? heldUser : userLength;
      let i = shared;
      while (i < common && key[i] === data[from + i - shared]) i++;
      const ascending = i < common ? data[from + i - shared] > key[i] : userLength > heldUser;
      if (!ascending) this.fail('keys that ascend', `one that does not at ${from}`);
    }
    this.atStart = false;
    if (length > this.key.length) this.grow(shared, length);
    const target = this.key as unknown as number[];
    for (let i = shared, j = from; i < length; i++, j++) target[i] = data[j];
    this.held = length;
    this.keyLength = userLength;
    if (this.trailer !== 0 && target[userLength] !== valueType) this.failType(target[userLength]);
  }

  private grow(kept: number, length: number): void {
    const larger = new Uint8Array(length * 2);
    larger.set(this.key.subarray(0, kept));
    this.key = larger;
  }

  private varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.at < this.end ? this.data[this.at++] : undefined;
      if (byte === undefined) break;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return this.fail('a varint32', `none at ${this.at}`);
  }

  private failType(type: number | undefined): never {
    throw new PitrError(
      'OBJECT_UNRECOGNIZED',
      `${this.name} block at ${this.offset} has an entry of type ${type}, expected type 1 (a value)`,
      {
        hint: 'check that the object was written by br',
        details: { object: this.name, expected: '1', found: type },
      },
    );
  }

  private fail(expected: string, found: string): never {
    throw damagedObject(`${this.name} block at ${this.offset}`, expected, found);
  }
}
