// Writes tables of the form that TiKV writes in a backup (FACTS §9), without the filter block that readers skip:
// for tests, the benchmark's synthetic backups and the simulator. Streams: memory is one block and the index.

import { createHash } from 'node:crypto';
import { PitrError } from '../../domain/errors.ts';
import { type BlockCompression, blockCompressionTypes, compressBlock } from '../block-codec.ts';
import { compareBytes } from '../bytes.ts';
import { maskedCrc32c } from '../checksum/crc32c.ts';
import { BlockBuilder } from './block-builder.ts';
import { FileTotals } from './file-totals.ts';
import {
  type BlockHandle,
  blockTrailerLength,
  encodeFooter,
  keyTrailerLength,
  pushVarint,
  valueType,
} from './sst-format.ts';

export interface SstWriterOptions {
  readonly cf: 'default' | 'write';
  /** Default zstd. */
  readonly compression?: BlockCompression;
  /** Size at which a block is closed, default 32 KiB. */
  readonly blockBytes?: number;
}

/** What the metadata says of a finished table: the fields of BR's File. */
export interface SstFacts {
  readonly size: number;
  /** Of the bytes as written; when they are encrypted afterwards it is the ciphertext's that goes into File. */
  readonly sha256: Uint8Array;
  readonly crc64xor: bigint;
  readonly totalKvs: bigint;
  readonly totalBytes: bigint;
  /** Entries of the table; above totalKvs in a write CF whose values are in the default CF. */
  readonly entries: number;
  /** First and last user key, with `z` and timestamp. */
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
}

const compressionNames: Readonly<Record<BlockCompression, string>> = {
  none: 'NoCompression',
  snappy: 'Snappy',
  lz4: 'LZ4',
  zstd: 'ZSTD',
};
const restartInterval = 16;
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** `add` entries in ascending order, then `finish`; the bytes of the file go to `emit` in order. */
export class SstWriter {
  private readonly emit: (bytes: Uint8Array) => void;
  private readonly cf: 'default' | 'write';
  private readonly compression: BlockCompression;
  private readonly blockBytes: number;
  private readonly block = new BlockBuilder(restartInterval);
  private readonly index = new BlockBuilder(1);
  private readonly hash = createHash('sha256');
  private readonly totals: FileTotals;
  private internal = new Uint8Array(256);
  private lastKey: Uint8Array | undefined;
  private firstKey: Uint8Array | undefined;
  private written = 0;
  private entries = 0;
  private blocks = 0;
  private keyBytes = 0;
  private valueBytes = 0;
  private minTs = 0xffff_ffff_ffff_ffffn;
  private maxTs = 0n;

  /** `emit` gets bytes that are not changed afterwards. */
  constructor(options: SstWriterOptions, emit: (bytes: Uint8Array) => void) {
    this.emit = emit;
    this.cf = options.cf;
    this.compression = options.compression ?? 'zstd';
    this.blockBytes = options.blockBytes ?? 32 * 1024;
    this.totals = new FileTotals(options.cf);
  }

  /** `userKey`: `z`, memcomparable raw key, 8 bytes ~ts. Errors: INTERNAL when keys do not ascend; ROW_DAMAGED. */
  add(userKey: Uint8Array, value: Uint8Array): void {
    if (this.lastKey !== undefined && compareBytes(this.lastKey, userKey) >= 0) {
      throw new PitrError('INTERNAL', `entry ${this.entries} of a table does not follow the one before`);
    }
    this.totals.add(userKey, userKey.length, value, 0, value.length);
    const length = userKey.length + keyTrailerLength;
    if (this.internal.length < length) this.internal = new Uint8Array(length * 2);
    this.internal.set(userKey);
    this.internal.fill(0, userKey.length, length);
    this.internal[userKey.length] = valueType;
    this.block.add(this.internal, length, value);
    this.noteTs(userKey);
    this.lastKey = userKey.slice();
    this.firstKey ??= this.lastKey;
    this.entries++;
    this.keyBytes += length;
    this.valueBytes += value.length;
    if (this.block.size >= this.blockBytes) this.closeBlock();
  }

  /** Writes index, properties and footer. Nothing can be added afterwards. */
  finish(): SstFacts {
    if (this.block.entries > 0) this.closeBlock();
    const dataSize = this.written;
    const indexBlock = this.index.finish();
    const indexSize = indexBlock.length + blockTrailerLength;
    const indexHandle = this.writeBlock(indexBlock, this.compression);
    const properties = this.writeMeta(this.propertyList(dataSize, indexSize));
    const metaIndex = this.writeMeta([['rocksdb.properties', handleBytes(properties)]]);
    this.write(encodeFooter(metaIndex, indexHandle));
    return {
      size: this.written,
      sha256: Uint8Array.from(this.hash.digest()),
      crc64xor: this.totals.crc64xor,
      totalKvs: BigInt(this.totals.totalKvs),
      totalBytes: BigInt(this.totals.totalBytes),
      entries: this.entries,
      firstKey: this.firstKey ?? new Uint8Array(0),
      lastKey: this.lastKey ?? new Uint8Array(0),
    };
  }

  private noteTs(userKey: Uint8Array): void {
    if (this.cf !== 'write' || userKey.length < 8) return;
    const view = new DataView(userKey.buffer, userKey.byteOffset + userKey.length - 8, 8);
    const ts = BigInt.asUintN(64, ~view.getBigUint64(0));
    if (ts < this.minTs) this.minTs = ts;
    if (ts > this.maxTs) this.maxTs = ts;
  }

  private closeBlock(): void {
    const handle = this.writeBlock(this.block.finish(), this.compression);
    const key = this.lastKey ?? new Uint8Array(0);
    // The separator is the block's last key itself: as long as allowed, and always right.
    this.internal.set(key);
    this.internal.fill(0, key.length, key.length + keyTrailerLength);
    this.internal[key.length] = valueType;
    this.index.add(this.internal, key.length + keyTrailerLength, handleBytes(handle));
    this.blocks++;
  }

  private writeMeta(entries: readonly (readonly [string, Uint8Array])[]): BlockHandle {
    const block = new BlockBuilder(Number.MAX_SAFE_INTEGER);
    for (const [name, value] of entries) block.add(latin1(name), name.length, value);
    return this.writeBlock(block.finish(), 'none');
  }

  private writeBlock(block: Uint8Array, compression: BlockCompression): BlockHandle {
    let body = compressBlock(block, compression);
    let type: number = blockCompressionTypes[compression];
    // As RocksDB does it: what gains less than an eighth is stored as it is.
    if (compression === 'zstd' && body.length > block.length - block.length / 8) {
      body = block;
      type = blockCompressionTypes.none;
    }
    const bytes = new Uint8Array(body.length + blockTrailerLength);
    bytes.set(body);
    bytes[body.length] = type;
    const checksum = maskedCrc32c(bytes, 0, body.length + 1);
    new DataView(bytes.buffer).setUint32(body.length + 1, checksum, true);
    const handle = { offset: this.written, size: body.length };
    this.write(bytes);
    return handle;
  }

  private write(bytes: Uint8Array): void {
    this.hash.update(bytes);
    this.written += bytes.length;
    this.emit(bytes);
  }

  private propertyList(dataSize: number, indexSize: number): (readonly [string, Uint8Array])[] {
    const numbers: readonly (readonly [string, number])[] = [
      ['rocksdb.data.size', dataSize],
      ['rocksdb.deleted.keys', 0],
      ['rocksdb.filter.size', 0],
      ['rocksdb.format.version', 0],
      ['rocksdb.index.key.is.user.key', 0],
      ['rocksdb.index.size', indexSize],
      ['rocksdb.index.value.is.delta.encoded', 0],
      ['rocksdb.merge.operands', 0],
      ['rocksdb.num.data.blocks', this.blocks],
      ['rocksdb.num.entries', this.entries],
      ['rocksdb.num.range-deletions', 0],
      ['rocksdb.raw.key.size', this.keyBytes],
      ['rocksdb.raw.value.size', this.valueBytes],
    ];
    const list: (readonly [string, Uint8Array])[] = [
      ['rocksdb.block.based.table.index.type', new Uint8Array(4)],
      ['rocksdb.comparator', latin1('leveldb.BytewiseComparator')],
      ['rocksdb.compression', latin1(compressionNames[this.compression])],
      ...numbers.map(([name, value]) => [name, varintBytes(value)] as const),
    ];
    if (this.cf === 'write' && this.entries > 0) {
      list.push(['tikv.max_ts', u64Bytes(this.maxTs)], ['tikv.min_ts', u64Bytes(this.minTs)]);
    }
    return list.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** A whole table in memory. Entries must ascend by key. Errors: as SstWriter. */
export function buildSst(
  entries: Iterable<readonly [userKey: Uint8Array, value: Uint8Array]>,
  options: SstWriterOptions,
): { readonly bytes: Uint8Array; readonly facts: SstFacts } {
  const parts: Uint8Array[] = [];
  const writer = new SstWriter(options, (part) => parts.push(part));
  for (const [key, value] of entries) writer.add(key, value);
  const facts = writer.finish();
  const bytes = new Uint8Array(facts.size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, facts };
}

function varintBytes(value: number): Uint8Array {
  const out: number[] = [];
  pushVarint(out, value);
  return Uint8Array.from(out);
}

function handleBytes(handle: BlockHandle): Uint8Array {
  const out: number[] = [];
  pushVarint(out, handle.offset);
  pushVarint(out, handle.size);
  return Uint8Array.from(out);
}

function u64Bytes(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}
