// Binary JSON as TiDB's text, slowly: one string per value, 64-bit numbers as bigint, no short cut. The judge of
// lib/br/codec/binary-json.ts, which writes bytes.

import { jsonDepthLimit, jsonTypes } from '../../lib/br/codec/binary-json.ts';
import { jsonDoubleText } from '../../lib/br/codec/float-text.ts';
import { rowDamaged } from '../../lib/br/codec/row-damage.ts';
import { durationText, isDuration } from '../../lib/br/codec/time.ts';
import { utf8CharLength } from '../../lib/br/codec/utf8-text.ts';

const containerHeader = 8;
const keyEntry = 6;
const valueEntry = 5;
const literals = ['null', 'true', 'false'] as const;

/** The text of src[start, end), or the ROW_DAMAGED that the format asks for. */
export function referenceJsonText(src: Uint8Array, start: number, end: number): string {
  if (start >= end) throw rowDamaged('JSON value', 'a type byte', 'no bytes');
  const reader = new ReferenceReader(src);
  const text = reader.value(src[start]!, start + 1, end, 0);
  if (reader.next !== end)
    throw rowDamaged('JSON value', `an end at ${end - start}`, `one at ${reader.next - start}`);
  return text;
}

class ReferenceReader {
  readonly src: Uint8Array;
  readonly view: DataView;
  /** Where the value that was read last ended. */
  next = 0;

  constructor(src: Uint8Array) {
    this.src = src;
    this.view = new DataView(src.buffer, src.byteOffset, src.byteLength);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  need(at: number, count: number, end: number): void {
    if (at + count > end)
      throw rowDamaged(`JSON value at offset ${at}`, `${count} bytes`, `${Math.max(0, end - at)}`);
  }

  value(type: number, at: number, end: number, depth: number): string {
    switch (type) {
      case jsonTypes.object:
      case jsonTypes.array:
        if (depth >= jsonDepthLimit)
          throw rowDamaged('JSON value', `at most ${jsonDepthLimit} levels`, 'more');
        return this.container(type === jsonTypes.object, at, end, depth);
      case jsonTypes.literal:
        return this.literal(at, end);
      case jsonTypes.string:
        return this.string(at, end);
      case jsonTypes.opaque:
        return this.opaque(at, end);
      case jsonTypes.time:
        return this.time(at, end);
      default:
        return this.fixed(type, at, end);
    }
  }

  fixed(type: number, at: number, end: number): string {
    if (type < jsonTypes.int64 || type > jsonTypes.timestamp)
      throw rowDamaged('JSON type', 'one of CODEC §5', `0x${type.toString(16)}`);
    this.need(at, 8, end);
    this.next = at + 8;
    if (type === jsonTypes.int64) return String(this.view.getBigInt64(at, true));
    if (type === jsonTypes.uint64) return String(this.view.getBigUint64(at, true));
    if (type !== jsonTypes.double)
      return coreTimeText(this.view.getBigUint64(at, true), type === jsonTypes.date);
    const value = this.view.getFloat64(at, true);
    if (!Number.isFinite(value)) throw rowDamaged('JSON number', 'a finite double', String(value));
    return jsonDoubleText(value);
  }

  literal(at: number, end: number): string {
    this.need(at, 1, end);
    const text = literals[this.src[at]!];
    if (text === undefined) throw rowDamaged('JSON literal', '0, 1 or 2', String(this.src[at]));
    this.next = at + 1;
    return text;
  }

  string(at: number, end: number): string {
    const stop = this.sized(at, end);
    const text = quotedText(this.src.subarray(this.next, stop));
    this.next = stop;
    return text;
  }

  opaque(at: number, end: number): string {
    this.need(at, 1, end);
    const stop = this.sized(at + 1, end);
    const bytes = Buffer.from(this.src.subarray(this.next, stop));
    this.next = stop;
    return `"base64:type${this.src[at]}:${bytes.toString('base64')}"`;
  }

  time(at: number, end: number): string {
    this.need(at, 12, end);
    const lo = this.u32(at);
    const hi = this.u32(at + 4);
    if (!isDuration(lo, hi)) throw rowDamaged('JSON time', 'at most 838:59:59', 'more');
    this.next = at + 12;
    return `"${durationText(lo, hi, 6)}"`;
  }

  /** Reads a uvarint length at `at`; leaves `next` at the first byte and returns the offset after the last. */
  sized(at: number, end: number): number {
    let length = 0;
    for (let i = 0; i < 5; i++) {
      this.need(at + i, 1, end);
      const byte = this.src[at + i]!;
      length += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      this.next = at + i + 1;
      this.need(this.next, length, end);
      return this.next + length;
    }
    throw rowDamaged('length of a JSON string', 'at most 5 bytes', 'more');
  }

  container(isObject: boolean, at: number, end: number, depth: number): string {
    this.need(at, containerHeader, end);
    const count = this.u32(at);
    const size = this.u32(at + 4);
    this.need(at, size, end);
    const stop = at + size;
    const entries = at + containerHeader + (isObject ? count * keyEntry : 0);
    let free = entries + count * valueEntry;
    if (free > stop) throw rowDamaged('JSON container', `room for ${count} entries`, `${size} bytes`);
    const keys = isObject ? this.keys(at, count, free, stop) : [];
    free = isObject ? Math.max(free, this.next) : free;
    const parts: string[] = [];
    for (let i = 0; i < count; i++) {
      const entry = entries + i * valueEntry;
      const type = this.src[entry]!;
      let text: string;
      if (type === jsonTypes.literal) text = this.literal(entry + 1, entry + valueEntry);
      else {
        const from = at + this.u32(entry + 1);
        if (from < free || from > stop) throw badOffset(from - at, free - at, size);
        text = this.value(type, from, stop, depth + 1);
        free = this.next;
      }
      parts.push(isObject ? `${keys[i]}: ${text}` : text);
    }
    this.next = stop;
    return isObject ? `{${parts.join(', ')}}` : `[${parts.join(', ')}]`;
  }

  /** The quoted keys of an object; leaves `next` after the last of them. */
  keys(at: number, count: number, free: number, stop: number): string[] {
    const keys: string[] = [];
    this.next = free;
    for (let i = 0; i < count; i++) {
      const entry = at + containerHeader + i * keyEntry;
      const from = at + this.u32(entry);
      const to = from + this.view.getUint16(entry + 4, true);
      if (from < this.next || to > stop) throw badOffset(from - at, this.next - at, stop - at);
      keys.push(quotedText(this.src.subarray(from, to)));
      this.next = to;
    }
    return keys;
  }
}

function badOffset(found: number, from: number, size: number): Error {
  return rowDamaged('offset in a JSON container', `${from} to ${size}`, String(found));
}

function coreTimeText(value: bigint, dateOnly: boolean): string {
  const field = (shift: bigint, mask: bigint, width: number): string =>
    String((value >> shift) & mask).padStart(width, '0');
  const date = `${field(50n, 0x3fffn, 4)}-${field(46n, 15n, 2)}-${field(41n, 31n, 2)}`;
  if (dateOnly) return `"${date}"`;
  const clock = `${field(36n, 31n, 2)}:${field(30n, 63n, 2)}:${field(24n, 63n, 2)}`;
  return `"${date} ${clock}.${field(4n, 0xfffffn, 6)}"`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** A JSON string as TiDB escapes it, one character after the other. */
export function quotedText(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '"';
  for (let at = 0; at < bytes.length; ) {
    const length = utf8CharLength(bytes, at, bytes.length);
    if (length === 0) text += '\\ufffd';
    else {
      const character = decoder.decode(bytes.subarray(at, at + length));
      const escaped = character < ' ' ? `\\u00${bytes[at]!.toString(16).padStart(2, '0')}` : character;
      text += shortEscapes[character] ?? escaped;
    }
    at += Math.max(1, length);
  }
  return `${text}"`;
}
