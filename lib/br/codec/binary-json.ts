// Answers: the text TiDB prints for a value of its binary JSON (CODEC §5). It must not follow offsets backwards: values
// lie one after another, so that the work is never more than the bytes.

import { ByteSink } from './byte-sink.ts';
import { littleWord } from './cell-checks.ts';
import { lengthEnd, littleHalf, need, needBuffer, sizedEnd } from './json-bounds.ts';
import { appendCoreTime, appendDouble, appendI64, appendU64 } from './json-fixed.ts';
import { appendQuoted } from './json-quote.ts';
import { rowDamaged } from './row-damage.ts';
import { durationText, isDuration } from './time.ts';

export const jsonTypes = {
  object: 0x01,
  array: 0x03,
  literal: 0x04,
  int64: 0x09,
  uint64: 0x0a,
  double: 0x0b,
  string: 0x0c,
  opaque: 0x0d,
  date: 0x0e,
  datetime: 0x0f,
  timestamp: 0x10,
  time: 0x11,
} as const;

/** Containers within containers that are followed; TiDB refuses deeper documents when they are written. */
export const jsonDepthLimit = 100;
const containerHeader = 8;
const keyEntry = 6;
const valueEntry = 5;
/** The texts of the literals 0, 1 and 2, one after another. */
const literals = new TextEncoder().encode('nulltruefalse');
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;
const blank = 0x20;
/** A sink that grew beyond this for one long document is not kept for the next. */
const keptBytes = 1 << 20;

let scratch = new ByteSink();
let scratchText = Buffer.from(scratch.bytes.buffer);

/**
 * Text of the value whose type byte is at `start` and which fills src[start, end), exactly as TiDB prints it; it is
 * valid JSON. Errors: ROW_DAMAGED for an unknown type, offsets that leave their container or overlap, bytes left over,
 * or more than 100 levels.
 */
export function binaryJsonText(src: Uint8Array, start: number, end: number): string {
  scratch.clear();
  appendBinaryJson(src, start, end, scratch);
  if (scratchText.buffer !== scratch.bytes.buffer) scratchText = Buffer.from(scratch.bytes.buffer);
  const text = scratchText.toString('utf8', 0, scratch.length);
  if (scratch.bytes.length > keptBytes) scratch = new ByteSink();
  return text;
}

/**
 * Appends the text of binaryJsonText to `sink` as UTF-8: at most six bytes for each byte of the value. Errors: as
 * binaryJsonText; the sink then holds what it held before.
 */
export function appendBinaryJson(src: Uint8Array, start: number, end: number, sink: ByteSink): void {
  if (start >= end) throw rowDamaged('JSON value', 'a type byte', 'no bytes');
  needBuffer(src, end);
  const before = sink.length;
  try {
    const next = appendValue(src, src[start], start + 1, end, 0, sink);
    if (next !== end) throw rowDamaged('JSON value', `an end at ${end - start}`, `one at ${next - start}`);
  } catch (caught) {
    sink.length = before;
    throw caught;
  }
}

/** Bytes of the JSON value (type byte included) that begins at `start`, without looking inside (CODEC §5, last line). */
export function binaryJsonLength(src: Uint8Array, start: number, end: number): number {
  need(start, 1, end);
  needBuffer(src, end);
  const at = start + 1;
  switch (src[start]) {
    case jsonTypes.object:
    case jsonTypes.array: {
      need(at, containerHeader, end);
      const size = littleWord(src, at + 4) >>> 0;
      need(at, size, end);
      return 1 + size;
    }
    case jsonTypes.string:
      return sizedEnd(src, at, lengthEnd(src, at, end), end) - start;
    case jsonTypes.opaque:
      need(at, 1, end);
      return sizedEnd(src, at + 1, lengthEnd(src, at + 1, end), end) - start;
    default:
      scratch.clear();
      return appendValue(src, src[start], at, end, 0, scratch) - start;
  }
}

/** Each of these functions appends the value at `at` and returns the offset after it. */
function appendValue(
  src: Uint8Array,
  type: number,
  at: number,
  end: number,
  depth: number,
  sink: ByteSink,
): number {
  switch (type) {
    case jsonTypes.object:
    case jsonTypes.array:
      if (depth >= jsonDepthLimit) throw rowDamaged('JSON value', `at most ${jsonDepthLimit} levels`, 'more');
      return appendContainer(src, type === jsonTypes.object, at, end, depth, sink);
    case jsonTypes.literal:
      return appendLiteral(src, at, end, sink);
    case jsonTypes.string: {
      const from = lengthEnd(src, at, end);
      const stop = sizedEnd(src, at, from, end);
      appendQuoted(src, from, stop, sink);
      return stop;
    }
    case jsonTypes.opaque:
      return appendOpaque(src, at, end, sink);
    case jsonTypes.time:
      return appendTime(src, at, end, sink);
    default:
      return appendFixed(src, type, at, end, sink);
  }
}

/** The types of exactly eight bytes. */
function appendFixed(src: Uint8Array, type: number, at: number, end: number, sink: ByteSink): number {
  if (type < jsonTypes.int64 || type > jsonTypes.timestamp)
    throw rowDamaged('JSON type', 'one of CODEC §5', `0x${type.toString(16)}`);
  need(at, 8, end);
  const lo = littleWord(src, at);
  const hi = littleWord(src, at + 4);
  if (type === jsonTypes.int64) appendI64(lo, hi, sink);
  else if (type === jsonTypes.uint64) appendU64(lo, hi, sink);
  else if (type === jsonTypes.double) appendDouble(lo, hi, sink);
  else appendCoreTime(lo, hi, type === jsonTypes.date, sink);
  return at + 8;
}

function appendLiteral(src: Uint8Array, at: number, end: number, sink: ByteSink): number {
  need(at, 1, end);
  const literal = src[at];
  if (literal > 2) throw rowDamaged('JSON literal', '0, 1 or 2', String(literal));
  sink.copy(literals, 4 * literal, literal === 2 ? literals.length : 4 * literal + 4);
  return at + 1;
}

function appendOpaque(src: Uint8Array, at: number, end: number, sink: ByteSink): number {
  need(at, 1, end);
  const from = lengthEnd(src, at + 1, end);
  const stop = sizedEnd(src, at + 1, from, end);
  const bytes = Buffer.from(src.buffer, src.byteOffset + from, stop - from);
  sink.ascii(`"base64:type${src[at]}:${bytes.toString('base64')}"`);
  return stop;
}

function appendTime(src: Uint8Array, at: number, end: number, sink: ByteSink): number {
  need(at, 12, end);
  const lo = littleWord(src, at);
  const hi = littleWord(src, at + 4);
  if (!isDuration(lo, hi)) throw rowDamaged('JSON time', 'at most 838:59:59', 'more');
  sink.ascii(`"${durationText(lo, hi, 6)}"`);
  return at + 12;
}

function appendContainer(
  src: Uint8Array,
  isObject: boolean,
  at: number,
  end: number,
  depth: number,
  sink: ByteSink,
): number {
  need(at, containerHeader, end);
  const count = littleWord(src, at) >>> 0;
  const size = littleWord(src, at + 4) >>> 0;
  need(at, size, end);
  const stop = at + size;
  const keys = at + containerHeader;
  const entries = keys + (isObject ? count * keyEntry : 0);
  let free = entries + count * valueEntry;
  if (free > stop) throw rowDamaged('JSON container', `room for ${count} entries`, `${size} bytes`);
  if (isObject) free = checkKeys(src, at, count, free, stop);
  sink.byte(isObject ? openBrace : openBracket);
  for (let i = 0; i < count; i++) {
    if (i > 0) sink.pair(comma, blank);
    if (isObject) {
      const entry = keys + i * keyEntry;
      const from = at + littleWord(src, entry);
      appendQuoted(src, from, from + littleHalf(src, entry + 4), sink);
      sink.pair(colon, blank);
    }
    const entry = entries + i * valueEntry;
    const type = src[entry];
    if (type === jsonTypes.literal) appendLiteral(src, entry + 1, entry + valueEntry, sink);
    else {
      const from = offsetIn(src, entry + 1, at, free, stop);
      free = appendValue(src, type, from, stop, depth + 1, sink);
    }
  }
  sink.byte(isObject ? closeBrace : closeBracket);
  return stop;
}

/** Keys lie one after another from `free` on and end by `stop`; returns the offset after the last. */
function checkKeys(src: Uint8Array, at: number, count: number, free: number, stop: number): number {
  const last = at + containerHeader + count * keyEntry;
  for (let entry = at + containerHeader; entry < last; entry += keyEntry) {
    const offset = littleWord(src, entry);
    const from = at + offset;
    const to = from + littleHalf(src, entry + 4);
    if (from < free || to > stop) throw badOffset(offset, free - at, stop - at);
    free = to;
  }
  return free;
}

/**
 * Where the value of the entry whose offset is at `place` begins, in the container at `at`: free to stop. An offset of
 * 2^31 or more is read as a negative one, which is refused as well, so that all stays in 32 bits.
 */
function offsetIn(src: Uint8Array, place: number, at: number, free: number, stop: number): number {
  const offset = littleWord(src, place);
  const from = at + offset;
  if (from < free || from > stop) throw badOffset(offset, free - at, stop - at);
  return from;
}

function badOffset(found: number, from: number, size: number): Error {
  return rowDamaged('offset in a JSON container', `${from} to ${size}`, String(found >>> 0));
}
