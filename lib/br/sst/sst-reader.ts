// Reads one RocksDB table of a backup from front to back, or from a key on, with memory bounded by chunk and block:
// footer, properties and index first, then data blocks in key order, each verified and decompressed.
// It gives entries as they are stored; what keys and values mean is read above (lib/br/codec).

import { damagedObject, PitrError } from '../../domain/errors.ts';
import { decompressBlock } from '../block-codec.ts';
import { compareBytes } from '../bytes.ts';
import { maskedCrc32c } from '../checksum/crc32c.ts';
import { wrongKey } from '../encryption.ts';
import { SstBlock } from './sst-block.ts';
import {
  type BlockChecksum,
  type BlockHandle,
  blockTrailerLength,
  checkHandle,
  decodeFooter,
  footerLength,
  type SstFooter,
  unsupportedTable,
  VarintReader,
} from './sst-format.ts';
import {
  decodeIndex,
  decodeProperties,
  readMetaBlock,
  type SstIndex,
  type SstProperties,
} from './sst-index.ts';
import type { SstSource } from './sst-source.ts';

export interface SstReaderOptions {
  /** File.sha256 of the metadata: over the bytes as stored. Checked when the table is read from its first block on. */
  readonly sha256?: Uint8Array | undefined;
  /** Most decompressed bytes of one block, default 64 MiB. */
  readonly maxBlockBytes?: number;
}

const defaultMaxBlockBytes = 64 * 1024 * 1024;
/** One request for footer, properties and, in most files, the index. */
const tailBytes = 64 * 1024;

export class SstReader {
  readonly name: string;
  readonly properties: SstProperties;
  /** Entries that the properties promise; a whole read checks it. */
  readonly entryCount: number;
  private readonly source: SstSource;
  private readonly footer: SstFooter;
  private readonly index: SstIndex;
  private readonly sha256: string | undefined;
  private readonly maxBlockBytes: number;

  private constructor(source: SstSource, parts: TableParts, options: SstReaderOptions) {
    this.name = source.name;
    this.source = source;
    this.footer = parts.footer;
    this.properties = parts.properties;
    this.entryCount = parts.properties.entries;
    this.index = parts.index;
    this.sha256 = hexOf(options.sha256);
    this.maxBlockBytes = options.maxBlockBytes ?? defaultMaxBlockBytes;
  }

  /**
   * Reads footer, properties and index. Errors: OBJECT_DAMAGED; UNSUPPORTED for a table that RocksDB knows and BR
   * does not write, only after the sha256 (when given) has shown that it is not damage that looks like one; KEY_WRONG
   * when the sha256 is right and the decrypted bytes are no table.
   */
  static async open(source: SstSource, options: SstReaderOptions = {}): Promise<SstReader> {
    try {
      const parts = await readParts(source, options.maxBlockBytes ?? defaultMaxBlockBytes);
      return new SstReader(source, parts, options);
    } catch (caught) {
      throw await trueCause(caught, source, hexOf(options.sha256));
    }
  }

  /** Data blocks of the table. */
  get blockCount(): number {
    return this.index.count;
  }

  /**
   * Data blocks in key order, from the one that may hold `fromUserKey` on (its first entries may be before that key),
   * or all. It is the same cursor each time, loaded with the next block: take what you need before you go on.
   * A read of all blocks checks, at its end, the number of entries and the sha256: a caller who stops before has no
   * such proof, only each block's own checksum.
   * Errors: OBJECT_DAMAGED, OBJECT_UNRECOGNIZED, UNSUPPORTED, those of the source.
   */
  async *blocks(fromUserKey?: Uint8Array): AsyncGenerator<SstBlock, void, undefined> {
    const first = fromUserKey === undefined ? 0 : this.index.find(fromUserKey);
    const cursor = new SstBlock(this.name, 'internal');
    for (let i = first; i < this.index.count; i++) {
      const offset = this.index.offset(i);
      const bytes = await readBlock(this.source, offset, this.index.size(i), this.maxBlockBytes);
      try {
        cursor.load(openBlock(bytes, offset, this.footer.checksum, this.maxBlockBytes, this.name), offset);
      } catch (caught) {
        throw await trueCause(caught, this.source, this.sha256);
      }
      const before = cursor.entries;
      yield cursor;
      while (cursor.next());
      this.checkBlock(cursor, before, i);
    }
    if (first > 0) return;
    if (cursor.entries !== this.entryCount) {
      throw damagedObject(this.name, `${this.entryCount} entries`, `${cursor.entries}`);
    }
    if (this.sha256 !== undefined) {
      const found = await this.source.sha256();
      if (found !== this.sha256) throw damagedObject(this.name, `sha256 ${this.sha256}`, found);
    }
  }

  private checkBlock(cursor: SstBlock, before: number, block: number): void {
    const object = `${this.name} block at ${cursor.offset}`;
    if (cursor.entries === before) throw damagedObject(object, 'at least one entry', 'none');
    if (cursor.compareKey(this.index.separator(block)) > 0) {
      throw damagedObject(object, 'no key behind the one of the index', 'a last key behind it');
    }
    const previous = block === 0 ? undefined : this.index.separator(block - 1);
    if (previous !== undefined && compareBytes(previous, this.index.separator(block)) > 0) {
      throw damagedObject(`${this.name} index`, 'keys that ascend', `a smaller one for block ${block}`);
    }
  }
}

interface TableParts {
  readonly footer: SstFooter;
  readonly properties: SstProperties;
  readonly index: SstIndex;
}

async function readParts(source: SstSource, maxBlockBytes: number): Promise<TableParts> {
  const { name, size } = source;
  if (size < footerLength)
    throw damagedObject(name, `a table of at least ${footerLength} bytes`, `${size} bytes`);
  const tailStart = Math.max(0, size - tailBytes);
  const tail = await source.read(tailStart, size - tailStart);
  const footer = decodeFooter(tail.subarray(tail.length - footerLength), size, name);
  const load = async (handle: BlockHandle): Promise<Uint8Array> => {
    const at = handle.offset - tailStart;
    const bytes =
      at >= 0
        ? tail.subarray(at, at + handle.size + blockTrailerLength)
        : await readBlock(source, handle.offset, handle.size, maxBlockBytes);
    return openBlock(bytes, handle.offset, footer.checksum, maxBlockBytes, name);
  };
  const meta = readMetaBlock(await load(footer.metaIndex), footer.metaIndex.offset, name);
  for (const part of ['rocksdb.compression_dict', 'rocksdb.range_del']) {
    if (meta.has(part)) throw unsupportedTable(name, `a block ${part}`, 'none');
  }
  const where = meta.get('rocksdb.properties');
  if (where === undefined) throw damagedObject(name, 'a block of properties', 'none');
  const handle = new VarintReader(where, 0, where.length, `${name} metaindex`).handle();
  checkHandle(handle, size - footerLength, name);
  const properties = decodeProperties(readMetaBlock(await load(handle), handle.offset, name), name);
  if (properties.indexValueIsDelta)
    throw unsupportedTable(name, 'an index with delta values', 'whole values');
  const index = decodeIndex(await load(footer.index), footer, properties, name);
  return { footer, properties, index };
}

/** A block with its trailer; a size beyond the limit is damage, before memory is taken for it. */
function readBlock(source: SstSource, offset: number, size: number, most: number): Promise<Uint8Array> {
  if (size <= most) return source.read(offset, size + blockTrailerLength);
  return Promise.reject(
    damagedObject(`${source.name} block at ${offset}`, `at most ${most} bytes`, `${size}`),
  );
}

/** Verifies a block with its trailer and decompresses it. `bytes` = block, type byte, checksum. */
function openBlock(
  bytes: Uint8Array,
  offset: number,
  checksum: BlockChecksum,
  maxBlockBytes: number,
  name: string,
): Uint8Array {
  const object = `${name} block at ${offset}`;
  const end = bytes.length - blockTrailerLength;
  if (checksum === 'crc32c') {
    const stored = new DataView(bytes.buffer, bytes.byteOffset + end + 1, 4).getUint32(0, true);
    const actual = maskedCrc32c(bytes, 0, end + 1);
    if (stored !== actual) throw damagedObject(object, `the checksum ${hex(stored)}`, hex(actual));
  }
  return decompressBlock(bytes[end] ?? 0, bytes, 0, end, maxBlockBytes, object);
}

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/**
 * Why a table could not be read, told by the sha256 of its stored bytes when there is one: a form that is refused may
 * be damage in disguise, and bytes that are whole but do not open were decrypted with another key.
 */
async function trueCause(caught: unknown, source: SstSource, sha256: string | undefined): Promise<unknown> {
  if (!(caught instanceof PitrError) || sha256 === undefined) return caught;
  const code = caught.code;
  const doubtful = code === 'UNSUPPORTED' || (source.encrypted && code.startsWith('OBJECT_'));
  if (!doubtful || code === 'OBJECT_MISSING') return caught;
  const found = await source.sha256();
  if (found !== sha256) return damagedObject(source.name, `sha256 ${sha256}`, found);
  return source.encrypted ? wrongKey(source.name, 'snapshot', caught.message) : caught;
}
