// Answers: what one value of the write column family says: put or delete, since when, and the short value (FACTS §4.4).
// It must not join the default column family: that is the engine's work.

import { PitrError } from '../../domain/errors.ts';
import { readU32 } from './keys.ts';
import { hexByte, rowDamaged } from './row-damage.ts';

/** Char codes of the four types of a write record. */
export const writeTypes = { put: 0x50, delete: 0x44, lock: 0x4c, rollback: 0x52 } as const;

const tagShortValue = 0x76;
const tagOverlappedRollback = 0x52;
const tagGcFence = 0x46;
const tagLastChange = 0x6c;
const tagTxnSource = 0x53;
const shortValueLimit = 255;

/** One parsed write record; made once and filled again for every value. Offsets are into the buffer that was parsed. */
export class WriteRecord {
  /** Char code: P, D, L or R (writeTypes). */
  type = 0;
  startTsHi = 0;
  startTsLo = 0;
  /** -1 when the record has no short value; an empty short value has start = end. */
  shortValueOffset = -1;
  shortValueEnd = -1;
  hasOverlappedRollback = false;
  hasGcFence = false;
  gcFenceHi = 0;
  gcFenceLo = 0;

  get startTs(): bigint {
    return (BigInt(this.startTsHi) << 32n) | BigInt(this.startTsLo);
  }

  /** undefined when the record carries no fence; 0n is a fence too. */
  get gcFence(): bigint | undefined {
    return this.hasGcFence ? (BigInt(this.gcFenceHi) << 32n) | BigInt(this.gcFenceLo) : undefined;
  }

  reset(): void {
    this.type = 0;
    this.startTsHi = 0;
    this.startTsLo = 0;
    this.shortValueOffset = -1;
    this.shortValueEnd = -1;
    this.hasOverlappedRollback = false;
    this.hasGcFence = false;
    this.gcFenceHi = 0;
    this.gcFenceLo = 0;
  }
}

/**
 * Parses the write record in buf[off, end) into `into`, without allocating. An unknown tag ends the parsing, as TiKV
 * does it (FACTS §4.4). Errors: ROW_DAMAGED for an empty value, an unknown type, or a field that is cut off.
 */
export function parseWriteRecord(buf: Uint8Array, off: number, end: number, into: WriteRecord): void {
  into.reset();
  const stop = Math.min(end, buf.length);
  if (off >= stop) throw rowDamaged('write record', 'a type byte', 'no bytes');
  const type = buf[off] as number;
  if (type !== 0x50 && type !== 0x44 && type !== 0x4c && type !== 0x52) {
    throw rowDamaged('type of a write record', 'P, D, L or R', hexByte(type));
  }
  into.type = type;
  let at = readStartTs(buf, off + 1, stop, into);
  while (at >= 0 && at < stop) at = parseField(buf, at, stop, into);
}

/** Parses one tagged field; returns the offset after it, or -1 at an unknown tag. */
function parseField(buf: Uint8Array, at: number, stop: number, into: WriteRecord): number {
  switch (buf[at]) {
    case tagShortValue: {
      if (at + 1 >= stop) throw cutOff('short value', stop);
      const valueEnd = at + 2 + (buf[at + 1] as number);
      if (valueEnd > stop) throw cutOff('short value', stop);
      into.shortValueOffset = at + 2;
      into.shortValueEnd = valueEnd;
      return valueEnd;
    }
    case tagOverlappedRollback:
      into.hasOverlappedRollback = true;
      return at + 1;
    case tagGcFence:
      if (at + 9 > stop) throw cutOff('gc fence', stop);
      into.hasGcFence = true;
      into.gcFenceHi = readU32(buf, at + 1);
      into.gcFenceLo = readU32(buf, at + 5);
      return at + 9;
    case tagLastChange:
      if (at + 9 > stop) throw cutOff('last change', stop);
      return skipVarint(buf, at + 9, stop);
    case tagTxnSource:
      return skipVarint(buf, at + 1, stop);
    default:
      return -1;
  }
}

/** LEB128 of a u64 into the two halves, without BigInt; returns the offset after it. */
function readStartTs(buf: Uint8Array, off: number, stop: number, into: WriteRecord): number {
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < 10; i++) {
    if (off + i >= stop) throw cutOff('start ts', stop);
    const byte = buf[off + i] as number;
    const bits = byte & 0x7f;
    if (i < 4) lo |= bits << (7 * i);
    else if (i === 4) {
      lo |= bits << 28;
      hi |= bits >>> 4;
    } else hi |= bits << (7 * i - 32);
    if (byte >= 0x80) continue;
    if (i === 9 && byte > 1) break;
    into.startTsLo = lo >>> 0;
    into.startTsHi = hi >>> 0;
    return off + i + 1;
  }
  throw rowDamaged('start ts of a write record', 'a varint of at most 64 bits', 'more');
}

function skipVarint(buf: Uint8Array, off: number, stop: number): number {
  for (let i = 0; i < 10; i++) {
    if (off + i >= stop) throw cutOff('varint', stop);
    if ((buf[off + i] as number) < 0x80) return off + i + 1;
  }
  throw rowDamaged('varint of a write record', 'at most 10 bytes', 'more');
}

function cutOff(field: string, stop: number): PitrError {
  return rowDamaged(`${field} of a write record`, 'all of its bytes', `the end at offset ${stop}`);
}

export interface WriteRecordFields {
  readonly type: 'P' | 'D' | 'L' | 'R';
  readonly startTs: bigint;
  /** At most 255 bytes. */
  readonly shortValue?: Uint8Array;
  readonly hasOverlappedRollback?: boolean;
  readonly gcFence?: bigint;
  /** `[last change ts, estimated versions]`; readers skip it. */
  readonly lastChange?: readonly [bigint, bigint];
  readonly txnSource?: bigint;
}

/** The bytes of a write record, fields in TiKV's order (FACTS §4.4); for tests, the benchmark and the simulator. */
export function encodeWriteRecord(record: WriteRecordFields): Uint8Array {
  const out: number[] = [record.type.charCodeAt(0)];
  pushVarint(out, record.startTs);
  if (record.shortValue !== undefined) {
    if (record.shortValue.length > shortValueLimit) {
      throw new PitrError('INTERNAL', `a short value has at most 255 bytes, got ${record.shortValue.length}`);
    }
    out.push(tagShortValue, record.shortValue.length, ...record.shortValue);
  }
  if (record.hasOverlappedRollback === true) out.push(tagOverlappedRollback);
  if (record.gcFence !== undefined) {
    out.push(tagGcFence);
    pushU64(out, record.gcFence);
  }
  if (record.lastChange !== undefined) {
    out.push(tagLastChange);
    pushU64(out, record.lastChange[0]);
    pushVarint(out, record.lastChange[1]);
  }
  if (record.txnSource !== undefined) {
    out.push(tagTxnSource);
    pushVarint(out, record.txnSource);
  }
  return Uint8Array.from(out);
}

function pushU64(out: number[], value: bigint): void {
  for (let shift = 56n; shift >= 0n; shift -= 8n) out.push(Number((value >> shift) & 0xffn));
}

function pushVarint(out: number[], value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
}
