// The compressions of RocksDB blocks: which byte means what, and bytes in, bytes out with a bounded result.
// Knows nothing of tables, keys or checksums.

import { damagedObject, PitrError } from '../domain/errors.ts';
import { decodeLz4 } from './sst/lz4.ts';
import { decodeSnappy } from './sst/snappy.ts';
import { compressZstd, decompressZstd } from './zstd.ts';

/** RocksDB's compression types that BR writes: the byte after each block (FACTS §9). */
export const blockCompressionTypes = { none: 0, snappy: 1, lz4: 4, zstd: 7 } as const;

export type BlockCompression = keyof typeof blockCompressionTypes;

/** Real types of RocksDB that BR has no flag for. */
const otherTypes: Readonly<Record<number, string>> = {
  2: 'zlib',
  3: 'bzip2',
  5: 'lz4hc',
  6: 'xpress',
  64: 'zstd not final',
};

/**
 * The block content in `bytes[start, end)`, decompressed by the type byte that follows it in the file. Type 0 gives a
 * view on `bytes`. zstd and lz4 have a varint32 size in front (format_version ≥ 2), snappy has its own of the same
 * form. `limit`: most decompressed bytes. `object`: file and block, for messages.
 * Errors: OBJECT_DAMAGED, UNSUPPORTED for a type that BR does not write.
 */
export function decompressBlock(
  type: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
  object: string,
): Uint8Array {
  if (type === blockCompressionTypes.none) return bytes.subarray(start, end);
  const other = otherTypes[type];
  if (other !== undefined) {
    throw new PitrError(
      'UNSUPPORTED',
      `${object} is compressed with ${other}, expected none, snappy, lz4 or zstd`,
      {
        hint: 'make the backup with --compression zstd, lz4 or snappy',
        details: { object },
      },
    );
  }
  if (type !== 1 && type !== 4 && type !== 7) {
    throw damagedObject(object, 'compression type 0, 1, 4 or 7', `${type}`);
  }
  let size = 0;
  let at = start;
  for (let scale = 1; ; scale *= 128) {
    if (at >= end || scale > 2 ** 28) throw damagedObject(object, 'a varint32 size in front', 'none');
    const byte = bytes[at++] as number;
    size += (byte & 127) * scale;
    if (byte < 128) break;
  }
  if (size > limit) throw damagedObject(object, `at most ${limit} decompressed bytes`, `${size}`);
  if (type === blockCompressionTypes.zstd) return decompressZstd(bytes, at, end, size, object);
  const out = new Uint8Array(size);
  const reason = type === 1 ? decodeSnappy(bytes, at, end, out) : decodeLz4(bytes, at, end, out);
  if (reason !== undefined) throw damagedObject(object, `a ${type === 1 ? 'snappy' : 'lz4'} block`, reason);
  return out;
}

/** A block in compressed form, and the type byte for it. snappy and lz4 are written as literals only. */
export function compressBlock(bytes: Uint8Array, compression: BlockCompression): Uint8Array {
  switch (compression) {
    case 'none':
      return bytes;
    case 'zstd':
      return withSize(bytes.length, compressZstd(bytes, 3));
    case 'snappy':
      return withSize(bytes.length, snappyLiterals(bytes));
    case 'lz4':
      return withSize(bytes.length, lz4Literals(bytes));
    default: {
      const never: never = compression;
      throw new PitrError('INTERNAL', `unknown block compression ${String(never)}`);
    }
  }
}

function withSize(size: number, body: Uint8Array): Uint8Array {
  const prefix: number[] = [];
  let rest = size;
  for (; rest > 127; rest = Math.floor(rest / 128)) prefix.push((rest % 128) | 128);
  prefix.push(rest);
  const out = new Uint8Array(prefix.length + body.length);
  out.set(prefix);
  out.set(body, prefix.length);
  return out;
}

function snappyLiterals(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const last = bytes.length - 1;
  const out = new Uint8Array(5 + bytes.length);
  out[0] = 63 << 2;
  new DataView(out.buffer).setUint32(1, last, true);
  out.set(bytes, 5);
  return out;
}

function lz4Literals(bytes: Uint8Array): Uint8Array {
  const head: number[] = [Math.min(bytes.length, 15) << 4];
  if (bytes.length >= 15) {
    let rest = bytes.length - 15;
    for (; rest >= 255; rest -= 255) head.push(255);
    head.push(rest);
  }
  const out = new Uint8Array(head.length + bytes.length);
  out.set(head);
  out.set(bytes, head.length);
  return out;
}
