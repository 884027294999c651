// Zstandard frames as BR and TiKV write them: exactly one frame, whose decompressed size is known beforehand.
// node:zlib silently returns only the first of several frames, so the frame's own length is walked and checked here.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { damagedObject } from '../domain/errors.ts';

const magic = 0xfd2fb528;
const mostWindowBytes = 128 * 1024 * 1024;

/** What the header and the block headers of a frame say. */
interface FrameFacts {
  /** Bytes of the frame in the input. */
  readonly length: number;
  /** Decompressed bytes when the frame states them. */
  readonly contentSize: number | undefined;
}

/**
 * Decompresses `bytes[start, end)`, which must be one frame that gives exactly `size` bytes; memory is bounded by
 * `size` and a window of at most 128 MiB. Errors: OBJECT_DAMAGED naming `object`.
 */
export function decompressZstd(
  bytes: Uint8Array,
  start: number,
  end: number,
  size: number,
  object: string,
): Uint8Array {
  const frame = walkFrame(bytes, start, end);
  if (typeof frame === 'string') throw damagedObject(object, 'one whole zstd frame', frame);
  if (frame.length !== end - start) {
    throw damagedObject(object, `one zstd frame of ${end - start} bytes`, `a frame of ${frame.length} bytes`);
  }
  if (frame.contentSize !== undefined && frame.contentSize !== size) {
    throw damagedObject(object, `${size} decompressed bytes`, `a zstd frame of ${frame.contentSize}`);
  }
  let plain: Uint8Array;
  try {
    // A chunk a little larger than the output lets node take it in one step, without joining pieces.
    plain = zstdDecompressSync(bytes.subarray(start, end), {
      chunkSize: size + 64,
      maxOutputLength: Math.max(size, 1),
    });
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw damagedObject(object, `a zstd frame of ${size} bytes`, found.toLowerCase());
  }
  if (plain.length !== size) throw damagedObject(object, `${size} decompressed bytes`, `${plain.length}`);
  return plain;
}

/**
 * The plaintexts of frames that stand one after another, as in a `.log` object whose meta is not at hand; each may hold
 * up to `mostBytes`. Errors: OBJECT_DAMAGED naming `object`.
 */
export function* decompressFrames(
  bytes: Uint8Array,
  mostBytes: number,
  object: string,
): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const frame = walkFrame(bytes, at, bytes.length);
    if (typeof frame === 'string') throw damagedObject(object, 'whole zstd frames', `${frame} at ${at}`);
    try {
      yield zstdDecompressSync(bytes.subarray(at, at + frame.length), { maxOutputLength: mostBytes });
    } catch (cause) {
      const found = cause instanceof Error ? cause.message : String(cause);
      throw damagedObject(object, `zstd frames of at most ${mostBytes} bytes`, found.toLowerCase());
    }
    at += frame.length;
  }
}

/** Whether bytes begin with a zstd frame. */
export function isZstd(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === magic;
}

/** One frame at the given level (1 is what TiKV uses for logs); for tests, benchmarks and the simulator. */
export function compressZstd(bytes: Uint8Array, level = 1): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } });
}

/** The frame's length by walking its headers (RFC 8878 §3.1.1), or what is wrong with it. */
function walkFrame(bytes: Uint8Array, start: number, end: number): FrameFacts | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  const length = end - start;
  if (length < 6) return `${length} bytes`;
  if (view.getUint32(0, true) !== magic) return `magic 0x${view.getUint32(0, true).toString(16)}`;
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  const headerLength = 5 + (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (headerLength > length) return 'a header that is cut off';
  const contentSize = readContentSize(view, headerLength - sizeBytes, sizeBytes);
  const windowBytes = singleSegment ? (contentSize ?? 0) : windowSize(view.getUint8(5));
  if (windowBytes > mostWindowBytes) return `a window of ${windowBytes} bytes`;
  let at = headerLength;
  for (;;) {
    if (at + 3 > length) return 'a block header that is cut off';
    const header = view.getUint8(at) | (view.getUint8(at + 1) << 8) | (view.getUint8(at + 2) << 16);
    const kind = (header >>> 1) & 3;
    if (kind === 3) return 'a reserved block type';
    at += 3 + (kind === 1 ? 1 : header >>> 3);
    if (header & 1) break;
  }
  at += descriptor & 4 ? 4 : 0;
  return at > length ? 'a block that is cut off' : { length: at, contentSize };
}

function readContentSize(view: DataView, at: number, bytes: number): number | undefined {
  switch (bytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}
