// One change of one key as it travels from the log through sorting and scratch files to the merge: a flat record
// of bytes, so that millions of them cost no objects. Keys stay memcomparable-encoded, because they sort like that.
//
//   u32 key length | u32 value length | u8 kind | 6 × u32 (ts, start, fence: high then low) | key | value

import { compareRanges, readU32, writeU32 } from '../br/bytes.ts';

/** What a record says. PUT carries its value; PUT_LONG's value is the DEFAULT record of its start_ts (FACTS §4.4). */
export const ChangeKind = { put: 1, putLong: 2, delete: 3, default: 4 } as const;

export const CHANGE_HEADER_BYTES = 33;

/** Timestamps as two unsigned 32-bit halves: no BigInt in the loops. */
export interface ChangeHeader {
  kind: number;
  /** commit_ts of a write; start_ts of a DEFAULT record. */
  tsHigh: number;
  tsLow: number;
  /** start_ts of a write. */
  startHigh: number;
  startLow: number;
  /** gc fence of a write (FACTS §4.4); both 0 when there is none. */
  fenceHigh: number;
  fenceLow: number;
}

/** Bytes that the record takes. */
export function changeSize(keyLength: number, valueLength: number): number {
  return CHANGE_HEADER_BYTES + keyLength + valueLength;
}

/** Writes one record at `offset` of `into`, which has the room. Returns the offset behind it. */
export function writeChange(
  into: Uint8Array,
  offset: number,
  header: ChangeHeader,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  value: Uint8Array,
  valueStart: number,
  valueEnd: number,
): number {
  const keyLength = keyEnd - keyStart;
  const valueLength = valueEnd - valueStart;
  writeU32(into, offset, keyLength);
  writeU32(into, offset + 4, valueLength);
  into[offset + 8] = header.kind;
  writeU32(into, offset + 9, header.tsHigh);
  writeU32(into, offset + 13, header.tsLow);
  writeU32(into, offset + 17, header.startHigh);
  writeU32(into, offset + 21, header.startLow);
  writeU32(into, offset + 25, header.fenceHigh);
  writeU32(into, offset + 29, header.fenceLow);
  let at = offset + CHANGE_HEADER_BYTES;
  for (let i = keyStart; i < keyEnd; i++) into[at++] = key[i];
  if (valueLength > 0) into.set(value.subarray(valueStart, valueEnd), at);
  return at + valueLength;
}

/** A reader of records in place; one object is moved from record to record. */
export class ChangeView implements ChangeHeader {
  buffer: Uint8Array = new Uint8Array(0);
  kind = 0;
  tsHigh = 0;
  tsLow = 0;
  startHigh = 0;
  startLow = 0;
  fenceHigh = 0;
  fenceLow = 0;
  keyStart = 0;
  keyEnd = 0;
  valueEnd = 0;

  /** Reads the record at `offset`; returns the offset behind it. */
  at(buffer: Uint8Array, offset: number): number {
    this.buffer = buffer;
    this.keyStart = offset + CHANGE_HEADER_BYTES;
    this.keyEnd = this.keyStart + readU32(buffer, offset);
    this.valueEnd = this.keyEnd + readU32(buffer, offset + 4);
    this.kind = buffer[offset + 8];
    this.tsHigh = readU32(buffer, offset + 9);
    this.tsLow = readU32(buffer, offset + 13);
    this.startHigh = readU32(buffer, offset + 17);
    this.startLow = readU32(buffer, offset + 21);
    this.fenceHigh = readU32(buffer, offset + 25);
    this.fenceLow = readU32(buffer, offset + 29);
    return this.valueEnd;
  }
}

/** Order of records in a sorted run: by key only; what a key's records mean together is the picker's business. */
export function compareChangesAt(buffer: Uint8Array, a: number, b: number): number {
  const aKey = a + CHANGE_HEADER_BYTES;
  const bKey = b + CHANGE_HEADER_BYTES;
  return compareRanges(buffer, aKey, aKey + readU32(buffer, a), buffer, bKey, bKey + readU32(buffer, b));
}
