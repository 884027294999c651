// Answers: one self-describing datum, a flag byte and its payload, as keys and rows of the old format hold them
// (CODEC §1.3, §2). It must not know the column: cell-reader.ts turns a datum into a cell.

import { binaryJsonLength } from './binary-json.ts';
import { littleWord } from './cell-checks.ts';
import { checkDecimal } from './decimal.ts';
import { readU32 } from './keys.ts';
import { type DecodedSpan, decodeBytesInto, decodedLimit, newDecodedSpan } from './memcomparable.ts';
import { hexByte, rowDamaged } from './row-damage.ts';

export const datumFlags = {
  nil: 0x00,
  bytes: 0x01,
  compactBytes: 0x02,
  int: 0x03,
  uint: 0x04,
  float: 0x05,
  decimal: 0x06,
  duration: 0x07,
  varint: 0x08,
  uvarint: 0x09,
  json: 0x0a,
  vector: 0x14,
} as const;

/** What a datum's payload turned out to be; numbers are in lo and hi, the rest in buffer[start, end). */
export type DatumShape = 'nil' | 'int' | 'uint' | 'double' | 'bytes' | 'decimal' | 'json' | 'vector';

/** One parsed datum; made once and filled again. */
export class Datum {
  shape: DatumShape = 'nil';
  /** int, uint: the 64 bits; double: the bits of an IEEE double. */
  lo = 0;
  hi = 0;
  /** Where start and end point into: the buffer that was parsed, or the scratch of decoded groups. */
  buffer: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Offset after the datum. */
  next = 0;
  #scratch = new Uint8Array(256);
  readonly #span: DecodedSpan = newDecodedSpan();

  /** Parses the datum at `at`, reading nothing at or past `end`. Errors: ROW_DAMAGED. */
  parse(src: Uint8Array, at: number, end: number): void {
    if (at >= end) throw rowDamaged('datum', 'a flag byte', `the end at ${end}`);
    switch (src[at]) {
      case datumFlags.nil:
        this.shape = 'nil';
        this.next = at + 1;
        return;
      case datumFlags.varint:
        this.#varint(src, at + 1, end, true);
        return;
      case datumFlags.uvarint:
        this.#varint(src, at + 1, end, false);
        return;
      case datumFlags.compactBytes:
        this.#compactBytes(src, at + 1, end);
        return;
      case datumFlags.bytes:
        this.#groups(src, at + 1, end);
        return;
      case datumFlags.int:
      case datumFlags.duration:
        this.#word(src, at + 1, end, 'int', 0x80000000);
        return;
      case datumFlags.uint:
        this.#word(src, at + 1, end, 'uint', 0);
        return;
      case datumFlags.float:
        this.#word(src, at + 1, end, 'double', 0);
        this.#uncompareFloat();
        return;
      case datumFlags.decimal:
        this.#slice(src, 'decimal', at + 1, at + 1 + checkDecimal(src, at + 1, end));
        return;
      case datumFlags.json:
        this.#slice(src, 'json', at + 1, at + 1 + binaryJsonLength(src, at + 1, end));
        return;
      case datumFlags.vector:
        this.#vector(src, at + 1, end);
        return;
      default:
        throw rowDamaged(`datum flag at offset ${at}`, 'one of CODEC §1.3', hexByte(src[at] as number));
    }
  }

  #slice(src: Uint8Array, shape: DatumShape, start: number, end: number): void {
    this.shape = shape;
    this.buffer = src;
    this.start = start;
    this.end = end;
    this.next = end;
  }

  #word(src: Uint8Array, at: number, end: number, shape: DatumShape, flip: number): void {
    if (at + 8 > end) throw rowDamaged(`datum at offset ${at}`, '8 bytes', `${end - at}`);
    this.shape = shape;
    this.hi = readU32(src, at) ^ flip;
    this.lo = readU32(src, at + 4);
    this.next = at + 8;
  }

  #uncompareFloat(): void {
    if (this.hi & 0x80000000) this.hi = this.hi & 0x7fffffff;
    else {
      this.hi = ~this.hi;
      this.lo = ~this.lo;
    }
  }

  #varint(src: Uint8Array, at: number, end: number, zigzag: boolean): void {
    let lo = 0;
    let hi = 0;
    for (let i = 0; ; i++) {
      if (at + i >= end || i > 9)
        throw rowDamaged(`varint at offset ${at}`, 'at most 10 bytes with an end', 'more');
      const byte = src[at + i] as number;
      const bits = byte & 0x7f;
      if (i < 4) lo |= bits << (7 * i);
      else if (i === 4) {
        lo |= bits << 28;
        hi |= bits >>> 4;
      } else hi |= bits << (7 * i - 32);
      if (i === 9 && byte > 1) throw rowDamaged(`varint at offset ${at}`, 'at most 64 bits', 'more');
      if (byte >= 0x80) continue;
      this.next = at + i + 1;
      break;
    }
    if (zigzag) {
      const sign = -(lo & 1);
      this.lo = ((lo >>> 1) | (hi << 31)) ^ sign;
      this.hi = (hi >>> 1) ^ sign;
    } else {
      this.lo = lo;
      this.hi = hi;
    }
    this.shape = zigzag ? 'int' : 'uint';
  }

  #compactBytes(src: Uint8Array, at: number, end: number): void {
    this.#varint(src, at, end, true);
    const length = this.hi === 0 ? this.lo >>> 0 : Number.POSITIVE_INFINITY;
    if (this.next + length > end) {
      throw rowDamaged(`bytes at offset ${at}`, `at most ${end - this.next} bytes`, `a length of ${length}`);
    }
    this.#slice(src, 'bytes', this.next, this.next + length);
  }

  #groups(src: Uint8Array, at: number, end: number): void {
    const limit = decodedLimit(end - at);
    if (limit > this.#scratch.length)
      this.#scratch = new Uint8Array(Math.max(limit, 2 * this.#scratch.length));
    decodeBytesInto(src, at, end, this.#scratch, this.#span);
    this.#slice(this.#scratch, 'bytes', 0, this.#span.length);
    this.next = this.#span.next;
  }

  #vector(src: Uint8Array, at: number, end: number): void {
    const count = at + 4 > end ? Number.POSITIVE_INFINITY : littleWord(src, at) >>> 0;
    const stop = at + 4 + count * 4;
    if (stop > end)
      throw rowDamaged(`vector at offset ${at}`, `at most ${end - at} bytes`, `${4 + count * 4}`);
    this.#slice(src, 'vector', at, stop);
  }
}
