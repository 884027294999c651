// Answers: the raw keys of tables, rows and indexes, and the versioned keys of the engine (CODEC §1.1, FACTS §4.3).
// It must not decode handles: a handle has meaning only beside its table's schema (row-decoder.ts).

import { encodeBytesInto, encodedLength } from './memcomparable.ts';
import { rowDamaged } from './row-damage.ts';

const byteT = 0x74;
const byteM = 0x6d;
const underscore = 0x5f;
const byteR = 0x72;
const byteI = 0x69;
const signBit = 1n << 63n;

/** Bytes of the ts that ends an engine key (FACTS §4.3). */
export const tsBytes = 8;
/** Bytes of `t` + table id + `_r`: where the handle begins in a raw row key. */
export const handleOffset = 11;
/** Bytes of a raw row key with an integer handle. */
export const intRowKeyLength = 19;
/** Bytes of `t` + table id + `_i` + index id. */
const indexKeyPrefixLength = 19;

/** Big-endian u32 without bounds check: the caller has seen that `offset + 4` bytes are there. */
export function readU32(buf: Uint8Array, offset: number): number {
  return (
    (((buf[offset] as number) << 24) |
      ((buf[offset + 1] as number) << 16) |
      ((buf[offset + 2] as number) << 8) |
      (buf[offset + 3] as number)) >>>
    0
  );
}

function writeU64(value: bigint, out: Uint8Array, offset: number): void {
  new DataView(out.buffer, out.byteOffset, out.byteLength).setBigUint64(offset, BigInt.asUintN(64, value));
}

function readU64(buf: Uint8Array, offset: number): bigint {
  if (offset < 0 || offset + 8 > buf.length) {
    throw rowDamaged(`integer at offset ${offset}`, '8 bytes', `${Math.max(0, buf.length - offset)} bytes`);
  }
  return (BigInt(readU32(buf, offset)) << 32n) | BigInt(readU32(buf, offset + 4));
}

/** i64 as 8 bytes that compare like the number: big endian with the sign bit flipped (CODEC §1.1 i64c). */
export function encodeI64(v: bigint): Uint8Array {
  const out = new Uint8Array(8);
  writeU64(v ^ signBit, out, 0);
  return out;
}

/** The i64 of 8 comparable bytes at `off`. Errors: ROW_DAMAGED when fewer than 8 bytes are left. */
export function readI64(buf: Uint8Array, off: number): bigint {
  return BigInt.asIntN(64, readU64(buf, off) ^ signBit);
}

/** The ts of 8 bytes that hold its complement, big endian (FACTS §4.3). Errors: ROW_DAMAGED when too short. */
export function readTs(buf: Uint8Array, off: number): bigint {
  return BigInt.asUintN(64, ~readU64(buf, off));
}

/** Upper 32 bits of the ts whose complement is at `off`; for hot paths, without bounds check. */
export function tsHi(buf: Uint8Array, off: number): number {
  return ~readU32(buf, off) >>> 0;
}

/** Lower 32 bits of the ts whose complement is at `off`; for hot paths, without bounds check. */
export function tsLo(buf: Uint8Array, off: number): number {
  return ~readU32(buf, off + 4) >>> 0;
}

/** Upper 32 bits (signed) of the table id of a raw key that begins at `start`; for hot paths, without bounds check. */
export function tableIdHi(raw: Uint8Array, start = 0): number {
  return readU32(raw, start + 1) ^ 0x80000000;
}

/** Lower 32 bits (unsigned) of the table id of a raw key that begins at `start`; for hot paths, no bounds check. */
export function tableIdLo(raw: Uint8Array, start = 0): number {
  return readU32(raw, start + 5);
}

/** Whether `raw` from `start` to `end` is a row key: `t` + 8 bytes + `_r` + at least one byte of handle. */
export function isRowKey(raw: Uint8Array, start = 0, end = raw.length): boolean {
  return (
    end - start > handleOffset &&
    raw[start] === byteT &&
    raw[start + 9] === underscore &&
    raw[start + 10] === byteR
  );
}

/** `t` + table id + `_r`: the 11 bytes before every handle of a physical table (CODEC §1.1). */
export function rowKeyPrefix(tableId: bigint): Uint8Array {
  const out = new Uint8Array(handleOffset);
  out[0] = byteT;
  writeU64(tableId ^ signBit, out, 1);
  out[9] = underscore;
  out[10] = byteR;
  return out;
}

/** Raw keys `start` (inclusive) and `end` (exclusive) around all rows of a physical table. */
export function rowRange(tableId: bigint): { readonly start: Uint8Array; readonly end: Uint8Array } {
  const end = rowKeyPrefix(tableId);
  end[10] = byteR + 1;
  return { start: rowKeyPrefix(tableId), end };
}

/** `t` + table id + `_r` + handle bytes. */
export function encodeRowKey(tableId: bigint, handle: Uint8Array): Uint8Array {
  const out = new Uint8Array(handleOffset + handle.length);
  out.set(rowKeyPrefix(tableId), 0);
  out.set(handle, handleOffset);
  return out;
}

export type RawKey =
  | { readonly kind: 'row'; readonly tableId: bigint; readonly handleOffset: 11 }
  | { readonly kind: 'index'; readonly tableId: bigint; readonly indexId: bigint }
  | { readonly kind: 'meta' }
  | { readonly kind: 'other' };

/**
 * What a raw user key is (CODEC §1.1). `handleOffset` counts from `start`. A key of no known family (a keyspace prefix,
 * a `t` key that is too short) is `other`, never an error: the cluster may hold keys that are not TiDB's.
 */
export function parseRawKey(raw: Uint8Array, start = 0, end = raw.length): RawKey {
  if (start >= end) return { kind: 'other' };
  if (raw[start] === byteM) return { kind: 'meta' };
  if (isRowKey(raw, start, end)) return { kind: 'row', tableId: readI64(raw, start + 1), handleOffset };
  const isIndex =
    end - start >= indexKeyPrefixLength &&
    raw[start] === byteT &&
    raw[start + 9] === underscore &&
    raw[start + 10] === byteI;
  if (!isIndex) return { kind: 'other' };
  return { kind: 'index', tableId: readI64(raw, start + 1), indexId: readI64(raw, start + handleOffset) };
}

/** The engine's key of one version: memcomparable(raw) and the complement of ts, big endian (FACTS §4.3). */
export function encodeVersionedKey(raw: Uint8Array, ts: bigint): Uint8Array {
  const length = encodedLength(raw.length);
  const out = new Uint8Array(length + 8);
  encodeBytesInto(raw, out, 0);
  writeU64(~ts, out, length);
  return out;
}
