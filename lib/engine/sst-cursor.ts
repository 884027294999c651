// Rows of a snapshot as a sorted source: files of one column family one after another, none kept in memory.

import { compareRanges } from '../br/bytes.ts';
import { tsBytes, tsHi, tsLo } from '../br/codec/keys.ts';
import { parseWriteRecord, WriteRecord, writeTypes } from '../br/codec/write-record.ts';
import type { SstBlock } from '../br/sst/sst-block.ts';
import type { SstReader } from '../br/sst/sst-reader.ts';
import { damagedObject } from '../domain/errors.ts';
import { ChangeKind } from './change.ts';
import type { RowCursor } from './row-cursor.ts';
import type { SnapshotFile } from './shards.ts';
import type { VersionPicker } from './version-picker.ts';

/** Opens one file of the chain; errors name it. */
export type OpenSst = (file: SnapshotFile) => Promise<SstReader>;

const DATA_PREFIX = 0x7a;
const noValue = new Uint8Array(0);

export class SstCursor implements RowCursor {
  key: Uint8Array = new Uint8Array(0);
  keyStart = 1;
  keyEnd = 1;
  readonly #files: readonly SnapshotFile[];
  readonly #open: OpenSst;
  readonly #from: Uint8Array;
  readonly #record = new WriteRecord();
  #nextFile = 0;
  #isWrite = true;
  #name = '';
  #block: SstBlock | undefined;
  #blocks: AsyncGenerator<SstBlock, void, undefined> | undefined;

  /** files: of one chain, without overlap, in key order. from: first encoded key that is wanted. */
  constructor(files: readonly SnapshotFile[], open: OpenSst, from: Uint8Array) {
    this.#files = files;
    this.#open = open;
    this.#from = from;
  }

  next(): boolean {
    const block = this.#block;
    if (block === undefined || !block.next()) return false;
    this.key = block.key;
    this.keyEnd = block.keyLength - tsBytes;
    if (this.keyEnd <= 1 || this.key[0] !== DATA_PREFIX)
      throw damagedObject(
        this.#name,
        'keys that begin with z and end with a timestamp',
        Buffer.from(this.key.subarray(0, block.keyLength)).toString('hex'),
      );
    return true;
  }

  async refill(): Promise<boolean> {
    for (;;) {
      if (this.#blocks === undefined && !(await this.#openNext())) return false;
      const step = await this.#blocks?.next();
      if (step === undefined || step.done === true) {
        this.#blocks = undefined;
        this.#block = undefined;
        continue;
      }
      this.#block = step.value;
      const from = this.#from;
      while (this.next())
        if (compareRanges(this.key, this.keyStart, this.keyEnd, from, 0, from.length) >= 0) return true;
    }
  }

  addTo(picker: VersionPicker): void {
    const block = this.#block;
    if (block === undefined) return;
    const tsHigh = tsHi(this.key, this.keyEnd);
    const tsLow = tsLo(this.key, this.keyEnd);
    if (!this.#isWrite) {
      picker.add(ChangeKind.default, tsHigh, tsLow, 0, 0, 0, 0, block.data, block.valueStart, block.valueEnd);
      return;
    }
    const record = this.#record;
    parseWriteRecord(block.data, block.valueStart, block.valueEnd, record);
    const { startTsHi, startTsLo, shortValueOffset, shortValueEnd } = record;
    if (record.type === writeTypes.put && shortValueOffset >= 0)
      picker.add(
        ChangeKind.put,
        tsHigh,
        tsLow,
        startTsHi,
        startTsLo,
        0,
        0,
        block.data,
        shortValueOffset,
        shortValueEnd,
      );
    else if (record.type === writeTypes.put)
      picker.add(ChangeKind.putLong, tsHigh, tsLow, startTsHi, startTsLo, 0, 0, noValue, 0, 0);
    else if (record.type === writeTypes.delete)
      picker.add(ChangeKind.delete, tsHigh, tsLow, startTsHi, startTsLo, 0, 0, noValue, 0, 0);
  }

  close(): void {
    // A file that is left early has nothing to give back: its source holds no handle.
    this.#blocks = undefined;
    this.#block = undefined;
  }

  async #openNext(): Promise<boolean> {
    const file = this.#files[this.#nextFile++];
    if (file === undefined) return false;
    const reader = await this.#open(file);
    this.#name = reader.name;
    this.#isWrite = file.cf === 'write';
    this.#blocks = reader.blocks(this.#userKeyFrom());
    return true;
  }

  /** Only the first file of the chain can begin before the wanted range; the others are read, and checked, whole. */
  #userKeyFrom(): Uint8Array | undefined {
    if (this.#nextFile > 1 || this.#from.length === 0) return undefined;
    const key = new Uint8Array(1 + this.#from.length);
    key[0] = DATA_PREFIX;
    key.set(this.#from, 1);
    return key;
  }
}
