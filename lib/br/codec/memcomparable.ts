// Answers: how bytes become groups of eight that compare like the bytes themselves, and back (FACTS §4.3, CODEC §1.3).
// It must not know what the bytes mean: the same groups carry keys of the engine and strings inside a key.

import { PitrError } from '../../domain/errors.ts';
import { hexByte, rowDamaged } from './row-damage.ts';

const groupSize = 8;
const fullMarker = 0xff;

/** Bytes that `rawLength` bytes take when encoded. */
export function encodedLength(rawLength: number): number {
  return (Math.floor(rawLength / groupSize) + 1) * (groupSize + 1);
}

/** Upper limit of the raw bytes that `encodedBytes` encoded bytes can hold: how large an `out` must be. */
export function decodedLimit(encodedBytes: number): number {
  return Math.floor(encodedBytes / (groupSize + 1)) * groupSize;
}

/** The groups of `raw` (FACTS §4.3): every group of 8 with its marker, the last one padded with zeros. */
export function encodeBytes(raw: Uint8Array): Uint8Array {
  const out = new Uint8Array(encodedLength(raw.length));
  encodeBytesInto(raw, out, 0);
  return out;
}

/** Writes the groups of `raw` into `out` from `offset`, which has room for encodedLength(raw.length); returns the end. */
export function encodeBytesInto(raw: Uint8Array, out: Uint8Array, offset: number): number {
  let at = offset;
  for (let from = 0; from <= raw.length; from += groupSize) {
    const count = Math.min(groupSize, raw.length - from);
    for (let i = 0; i < count; i++) out[at + i] = raw[from + i] as number;
    for (let i = count; i < groupSize; i++) out[at + i] = 0;
    out[at + groupSize] = fullMarker - (groupSize - count);
    at += groupSize + 1;
  }
  return at;
}

/** Where a decode ended; one object serves any number of calls of decodeBytesInto. */
export interface DecodedSpan {
  /** Raw bytes written to the front of `out`. */
  length: number;
  /** Offset of the first byte after the groups. */
  next: number;
}

export function newDecodedSpan(): DecodedSpan {
  return { length: 0, next: 0 };
}

/**
 * Undoes the groups that begin at `offset`, never reading at or past `end`, into the front of `out`, without allocating.
 * `out` needs room for decodedLimit(end - offset) bytes at most.
 * Errors: ROW_DAMAGED for a pad count over 8, a pad byte that is not zero, or groups without an end.
 */
export function decodeBytesInto(
  src: Uint8Array,
  offset: number,
  end: number,
  out: Uint8Array,
  into: DecodedSpan,
): void {
  const stop = Math.min(end, src.length);
  let at = offset;
  let length = 0;
  for (;;) {
    if (at + groupSize >= stop) throw outOfBytes(offset, stop);
    if (length + groupSize > out.length) ensureRoom(src, at, length, out);
    const marker = src[at + groupSize] as number;
    if (marker === fullMarker) {
      for (let i = 0; i < groupSize; i++) out[length + i] = src[at + i] as number;
      length += groupSize;
      at += groupSize + 1;
      continue;
    }
    const count = marker - (fullMarker - groupSize);
    if (count < 0) throw badMarker(at + groupSize, marker);
    for (let i = 0; i < count; i++) out[length + i] = src[at + i] as number;
    for (let i = count; i < groupSize; i++)
      if (src[at + i] !== 0) throw badPad(at + i, src[at + i] as number);
    into.length = length + count;
    into.next = at + groupSize + 1;
    return;
  }
}

/** The bytes of the groups at `offset` and where they end; a convenience that allocates. Errors as decodeBytesInto. */
export function decodeBytes(
  src: Uint8Array,
  offset = 0,
  end = src.length,
): { readonly bytes: Uint8Array; readonly next: number } {
  const out = new Uint8Array(decodedLimit(groupsEnd(src, offset, end) - offset));
  const span = newDecodedSpan();
  decodeBytesInto(src, offset, end, out, span);
  return { bytes: out.subarray(0, span.length), next: span.next };
}

/** Where the groups that begin at `offset` end, so that `decodeBytes` allocates what they need and no more. */
function groupsEnd(src: Uint8Array, offset: number, end: number): number {
  const stop = Math.min(end, src.length);
  let at = offset + groupSize;
  while (at < stop && src[at] === fullMarker) at += groupSize + 1;
  return Math.min(at + 1, stop);
}

function ensureRoom(src: Uint8Array, at: number, length: number, out: Uint8Array): void {
  const marker = src[at + groupSize] as number;
  const count = marker === fullMarker ? groupSize : Math.max(0, marker - (fullMarker - groupSize));
  if (length + count <= out.length) return;
  throw new PitrError(
    'INTERNAL',
    `the buffer for decoded bytes holds ${out.length}, at least ${length + count} are needed`,
  );
}

function outOfBytes(offset: number, stop: number): PitrError {
  return rowDamaged(
    `encoded bytes at offset ${offset}`,
    'a last group with a pad marker',
    `the end at ${stop}`,
  );
}

function badMarker(offset: number, marker: number): PitrError {
  return rowDamaged(`group marker at offset ${offset}`, 'f7 to ff', hexByte(marker));
}

function badPad(offset: number, byte: number): PitrError {
  return rowDamaged(`pad byte at offset ${offset}`, '00', hexByte(byte));
}
