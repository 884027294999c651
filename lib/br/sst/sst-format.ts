// The fixed parts of a RocksDB block-based table as BR writes them: footer, block handles, the names of properties.
// FACTS §9. Holds no reading and no writing of files.

import { damagedObject, PitrError } from '../../domain/errors.ts';

export const footerLength = 53;
/** Behind each block: one byte of compression type and four of checksum. */
export const blockTrailerLength = 5;
/** Behind each key inside a block: little-endian (sequence << 8 | type). */
export const keyTrailerLength = 8;
/** The only type in a backup: a plain value. */
export const valueType = 1;
export const tableMagic = 0x88e241b785f4cff7n;

export type BlockChecksum = 'none' | 'crc32c';

/** Where a block is: bytes from the start of the file, and its length without trailer. */
export interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

export interface SstFooter {
  readonly checksum: BlockChecksum;
  readonly formatVersion: number;
  readonly metaIndex: BlockHandle;
  readonly index: BlockHandle;
}

/** Reads varints of a bounded stretch of bytes; what runs over its end, or past 2^53, is damage of `object`. */
export class VarintReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly object: string;
  at: number;

  constructor(bytes: Uint8Array, start: number, end: number, object: string) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.object = object;
  }

  read(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.at < this.end ? this.bytes[this.at++] : undefined;
      if (byte === undefined)
        throw damagedObject(this.object, 'a varint', `the end of the bytes at ${this.at}`);
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER)
        throw damagedObject(this.object, 'a number below 2^53', `${value}`);
      if (byte < 128) return value;
      scale *= 128;
      if (scale > 2 ** 63) throw damagedObject(this.object, 'a varint of at most 10 bytes', 'a longer one');
    }
  }

  handle(): BlockHandle {
    const offset = this.read();
    return { offset, size: this.read() };
  }
}

export function pushVarint(out: number[], value: number): void {
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  out.push(value);
}

/**
 * The last 53 bytes of a table. `fileSize` bounds the handles. Errors: OBJECT_DAMAGED when they are no footer of a
 * block-based table; UNSUPPORTED for format versions outside 2–5 (version 1 has other size prefixes) and for checksums other than none and crc32c
 * (TiKV writes version 2 with crc32c).
 */
export function decodeFooter(bytes: Uint8Array, fileSize: number, object: string): SstFooter {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length !== footerLength)
    throw damagedObject(object, 'a footer of 53 bytes', `${bytes.length} bytes`);
  const magic = view.getBigUint64(45, true);
  if (magic !== tableMagic) {
    const found = `0x${magic.toString(16).padStart(16, '0')}`;
    throw damagedObject(object, `the table magic 0x${tableMagic.toString(16)} in its last 8 bytes`, found);
  }
  const formatVersion = view.getUint32(41, true);
  if (formatVersion < 2 || formatVersion > 5) {
    throw unsupportedTable(object, `format version ${formatVersion}`, 'format versions 2 to 5');
  }
  const checksumType = view.getUint8(0);
  if (checksumType > 1) {
    throw unsupportedTable(object, `block checksum type ${checksumType}`, 'type 0 (none) or 1 (crc32c)');
  }
  const reader = new VarintReader(bytes, 1, 41, `${object} footer`);
  const metaIndex = reader.handle();
  const index = reader.handle();
  for (const handle of [metaIndex, index]) checkHandle(handle, fileSize - footerLength, object);
  return { checksum: checksumType === 1 ? 'crc32c' : 'none', formatVersion, metaIndex, index };
}

/** Errors: OBJECT_DAMAGED when the block and its trailer do not end before `end`. */
export function checkHandle(handle: BlockHandle, end: number, object: string): void {
  if (handle.offset + handle.size + blockTrailerLength > end) {
    throw damagedObject(
      object,
      `blocks before byte ${end}`,
      `one of ${handle.size} bytes at ${handle.offset}`,
    );
  }
}

/** A footer of format version 2 with crc32c. */
export function encodeFooter(metaIndex: BlockHandle, index: BlockHandle): Uint8Array {
  const handles: number[] = [];
  for (const value of [metaIndex.offset, metaIndex.size, index.offset, index.size])
    pushVarint(handles, value);
  const out = new Uint8Array(footerLength);
  const view = new DataView(out.buffer);
  out[0] = 1;
  out.set(handles, 1);
  view.setUint32(41, 2, true);
  view.setBigUint64(45, tableMagic, true);
  return out;
}

/** A table that RocksDB knows and BR does not write; refused rather than guessed. */
export function unsupportedTable(object: string, found: string, expected: string): PitrError {
  return new PitrError('UNSUPPORTED', `${object} is a table with ${found}, this version reads ${expected}`, {
    hint: 'check that the object was written by br or TiKV; if it was, report the versions of both',
    details: { object, expected, found },
  });
}
