// The two small parts of a table that say what is in it: the index (where each data block is) and the properties.
// Both from decompressed, verified blocks; no reading of files.

import { damagedObject } from '../../domain/errors.ts';
import { compareBytes } from '../bytes.ts';
import { SstBlock } from './sst-block.ts';
import {
  checkHandle,
  keyTrailerLength,
  type SstFooter,
  unsupportedTable,
  VarintReader,
} from './sst-format.ts';

/** What a table says about itself; FACTS §9. */
export interface SstProperties {
  readonly entries: number;
  /** RocksDB's name of the compression that was asked for, e.g. `ZSTD`; each block carries its own type. */
  readonly compression: string;
  /** Smallest and largest timestamp of the keys; only files of the write CF have them. */
  readonly minTs: bigint | undefined;
  readonly maxTs: bigint | undefined;
  readonly indexKeyIsUserKey: boolean;
  readonly indexValueIsDelta: boolean;
  /** Every property by its name, undecoded. */
  readonly raw: ReadonlyMap<string, Uint8Array>;
}

const text = new TextDecoder('latin1');

/** Name and value of each entry of a meta block. Errors: OBJECT_DAMAGED. */
export function readMetaBlock(data: Uint8Array, offset: number, object: string): Map<string, Uint8Array> {
  const block = new SstBlock(object, 'plain');
  const entries = new Map<string, Uint8Array>();
  block.load(data, offset);
  while (block.next()) {
    const name = text.decode(block.key.subarray(0, block.keyLength));
    entries.set(name, block.data.subarray(block.valueStart, block.valueEnd));
  }
  return entries;
}

/**
 * Errors: OBJECT_DAMAGED; UNSUPPORTED for tables that have no plain binary-search index or not only plain values.
 */
export function decodeProperties(raw: ReadonlyMap<string, Uint8Array>, object: string): SstProperties {
  const number = (name: string, missing?: number): number => {
    const value = raw.get(name);
    if (value === undefined && missing !== undefined) return missing;
    if (value === undefined) throw damagedObject(object, `the property ${name}`, 'none');
    return new VarintReader(value, 0, value.length, `${object} property ${name}`).read();
  };
  const string = (name: string): string => text.decode(raw.get(name));
  const indexType = raw.get('rocksdb.block.based.table.index.type')?.[0] ?? 0;
  if (indexType !== 0) {
    const form =
      ['binary search', 'hash', 'two-level', 'binary search with first key'][indexType] ?? `${indexType}`;
    throw unsupportedTable(object, `an index of the form ${form}`, 'binary search');
  }
  const comparator = string('rocksdb.comparator');
  if (comparator !== '' && comparator !== 'leveldb.BytewiseComparator') {
    throw unsupportedTable(object, `the comparator ${comparator}`, 'leveldb.BytewiseComparator');
  }
  for (const name of ['rocksdb.num.range-deletions', 'rocksdb.deleted.keys', 'rocksdb.merge.operands']) {
    if (number(name, 0) !== 0) throw unsupportedTable(object, `${name} = ${number(name)}`, '0');
  }
  return {
    entries: number('rocksdb.num.entries'),
    compression: string('rocksdb.compression'),
    minTs: timestamp(raw.get('tikv.min_ts')),
    maxTs: timestamp(raw.get('tikv.max_ts')),
    indexKeyIsUserKey: number('rocksdb.index.key.is.user.key', 0) !== 0,
    indexValueIsDelta: number('rocksdb.index.value.is.delta.encoded', 0) !== 0,
    raw,
  };
}

function timestamp(bytes: Uint8Array | undefined): bigint | undefined {
  if (bytes?.length !== 8) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
}

/** Where each data block is, in the order of the file, and a key at or behind its last one. */
export class SstIndex {
  readonly count: number;
  private readonly offsets: Float64Array;
  private readonly sizes: Float64Array;
  private readonly keys: Uint8Array;
  private readonly keyEnds: Float64Array;

  constructor(handles: readonly number[], keys: readonly Uint8Array[]) {
    this.count = keys.length;
    this.offsets = Float64Array.from(keys, (_, i) => handles[2 * i] ?? 0);
    this.sizes = Float64Array.from(keys, (_, i) => handles[2 * i + 1] ?? 0);
    this.keyEnds = new Float64Array(keys.length);
    let total = 0;
    for (const [i, key] of keys.entries()) this.keyEnds[i] = total += key.length;
    this.keys = new Uint8Array(total);
    for (const [i, key] of keys.entries()) this.keys.set(key, (this.keyEnds[i] ?? 0) - key.length);
  }

  offset(block: number): number {
    return this.offsets[block] ?? 0;
  }

  size(block: number): number {
    return this.sizes[block] ?? 0;
  }

  /** A user key that no key of the block is behind, as a view. */
  separator(block: number): Uint8Array {
    return this.keys.subarray(block === 0 ? 0 : this.keyEnds[block - 1], this.keyEnds[block]);
  }

  /** The first block that may hold a user key ≥ `key`; `count` when none does. */
  find(key: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.separator(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Most bytes of keys that an index may hold; a real one has a few MiB per GB of table. */
const mostKeyBytes = 256 * 1024 * 1024;

/**
 * The index of a table whose data ends before `dataEnd`. Blocks must follow each other in the file.
 * Errors: OBJECT_DAMAGED.
 */
export function decodeIndex(
  data: Uint8Array,
  footer: SstFooter,
  properties: SstProperties,
  object: string,
): SstIndex {
  const { offset } = footer.index;
  const block = new SstBlock(object, 'plain');
  const handles: number[] = [];
  const keys: Uint8Array[] = [];
  const trailer = properties.indexKeyIsUserKey ? 0 : keyTrailerLength;
  let free = 0;
  let keyBytes = 0;
  block.load(data, offset);
  while (block.next()) {
    if (block.keyLength < trailer)
      throw damagedObject(object, 'index keys with a trailer', `${block.keyLength} bytes`);
    const key = block.key.slice(0, block.keyLength - trailer);
    keyBytes += key.length;
    if (keyBytes > mostKeyBytes)
      throw damagedObject(object, `at most ${mostKeyBytes} bytes of index keys`, 'more');
    const reader = new VarintReader(data, block.valueStart, block.valueEnd, `${object} index`);
    const handle = reader.handle();
    if (reader.at !== block.valueEnd) throw damagedObject(object, 'a block handle per index entry', 'more');
    if (handle.offset < free)
      throw damagedObject(object, `a block at or behind ${free}`, `one at ${handle.offset}`);
    checkHandle(handle, offset, object);
    free = handle.offset + handle.size + 5;
    handles.push(handle.offset, handle.size);
    keys.push(key);
  }
  return new SstIndex(handles, keys);
}
