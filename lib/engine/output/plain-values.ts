// Cells of one column of a batch as Parquet's PLAIN bytes, straight from the vector: no value becomes an object on the
// way. Cells without a native value (the date 0000-00-00) are reported and written as something harmless; the caller
// then writes the table again with the column as text.

import { isAscii, isUtf8 } from 'node:buffer';
import { writeU32 } from '../../br/bytes.ts';
import { appendBinaryJson } from '../../br/codec/binary-json.ts';
import { ByteSink } from '../../br/codec/byte-sink.ts';
import { cellText } from '../../br/codec/cell-text.ts';
import { bitBytes, columnKind, columnScale } from '../../br/codec/column-kind.ts';
import { smallUnscaledDecimal, unscaledDecimal } from '../../br/codec/decimal.ts';
import type { ColumnVector } from '../../br/codec/row-batch.ts';
import type { FieldType } from '../../br/codec/table-info.ts';
import { packedUnixDays, writeUnixMicros } from '../../br/codec/time.ts';
import { type Conversion, isWideDecimal, WIDE_DECIMAL_BYTES } from './column-mapping.ts';

export interface PlainValues {
  /** The values that are not NULL, one after another. */
  readonly bytes: Uint8Array;
  /** A cell had no native value. */
  readonly unrepresentable: boolean;
}

const utf8 = new TextEncoder();
const LENGTH_BYTES = 4;
/** Below this, copying byte by byte is faster than a call. */
const SHORT_COPY = 96;

/** Errors: ROW_DAMAGED for binary JSON that no version of TiDB writes. */
export function plainValues(conversion: Conversion, type: FieldType, vector: ColumnVector): PlainValues {
  switch (conversion) {
    case 'int64':
    case 'uint64':
    case 'double':
      return exact(wideWords(vector));
    case 'float':
      return exact(floats(vector));
    case 'int32':
      return exact(lowWords(vector));
    case 'date':
      return dates(vector);
    case 'timestamp':
      return timestamps(vector);
    case 'decimal':
      return exact(decimals(type, vector));
    case 'bit':
      return exact(bits(type, vector));
    case 'bytes':
      return exact(byteArrays(vector));
    case 'string':
      return exact(strings(type, vector));
    case 'text':
      return exact(texts(type, vector));
    default:
      return conversion satisfies never;
  }
}

const exact = (bytes: Uint8Array): PlainValues => ({ bytes, unrepresentable: false });

function presentCount(vector: ColumnVector): number {
  return vector.length - vector.nullCount;
}

/** The vector's own memory when no cell is NULL: it is used before the batch is cleared. */
function wideWords({ words, nulls, length, nullCount }: ColumnVector): Uint8Array {
  if (nullCount === 0) return new Uint8Array(words.buffer, words.byteOffset, length * 8);
  const out = new Int32Array((length - nullCount) * 2);
  let at = 0;
  for (let row = 0; row < length; row++) {
    if (nulls[row] === 1) continue;
    out[at++] = words[2 * row];
    out[at++] = words[2 * row + 1];
  }
  return new Uint8Array(out.buffer);
}

/** 8 to 32 bits, signed or not: the low word holds them as Parquet's INT32 does. */
function lowWords({ words, nulls, length, nullCount }: ColumnVector): Uint8Array {
  const out = new Int32Array(length - nullCount);
  let at = 0;
  for (let row = 0; row < length; row++) if (nulls[row] === 0) out[at++] = words[2 * row];
  return new Uint8Array(out.buffer);
}

function floats({ f64s, nulls, length, nullCount }: ColumnVector): Uint8Array {
  const out = new Float32Array(length - nullCount);
  let at = 0;
  for (let row = 0; row < length; row++) if (nulls[row] === 0) out[at++] = f64s[row];
  return new Uint8Array(out.buffer);
}

function dates(vector: ColumnVector): PlainValues {
  const out = new Int32Array(presentCount(vector));
  let unrepresentable = false;
  let at = 0;
  for (let row = 0; row < vector.length; row++) {
    if (vector.nulls[row] === 1) continue;
    const days = packedUnixDays(vector.words[2 * row + 1]);
    if (days === undefined) unrepresentable = true;
    out[at++] = days ?? 0;
  }
  return { bytes: new Uint8Array(out.buffer), unrepresentable };
}

function timestamps({ words, nulls, length, nullCount }: ColumnVector): PlainValues {
  const out = new Int32Array((length - nullCount) * 2);
  let unrepresentable = false;
  let at = 0;
  for (let row = 0; row < length; row++) {
    if (nulls[row] === 1) continue;
    if (!writeUnixMicros(words[2 * row], words[2 * row + 1], out, at)) unrepresentable = true;
    at += 2;
  }
  return { bytes: new Uint8Array(out.buffer), unrepresentable };
}

function decimals(type: FieldType, vector: ColumnVector): Uint8Array {
  const scale = columnScale(type);
  const wide = isWideDecimal(type);
  const out = new Uint8Array(presentCount(vector) * (wide ? WIDE_DECIMAL_BYTES : 8));
  const view = new DataView(out.buffer);
  let at = 0;
  for (let row = 0; row < vector.length; row++) {
    if (vector.nulls[row] === 1) continue;
    const start = vector.start(row);
    const small = wide ? undefined : smallUnscaledDecimal(vector.data, start, scale);
    if (small !== undefined) {
      const high = Math.floor(small / 2 ** 32);
      view.setUint32(at, small - high * 2 ** 32, true);
      view.setInt32(at + 4, high, true);
    } else writeWide(view, at, unscaledDecimal(vector.data, start, scale), wide);
    at += wide ? WIDE_DECIMAL_BYTES : 8;
  }
  return out;
}

/** INT64 is little endian, the two's complement of a FIXED_LEN_BYTE_ARRAY decimal is big endian. */
function writeWide(view: DataView, at: number, value: bigint, wide: boolean): void {
  if (wide) {
    view.setBigInt64(at, value >> 64n, false);
    view.setBigUint64(at + 8, BigInt.asUintN(64, value), false);
  } else view.setBigInt64(at, value, true);
}

function bits(type: FieldType, vector: ColumnVector): Uint8Array {
  const size = bitBytes(type);
  const out = new Uint8Array(presentCount(vector) * (LENGTH_BYTES + size));
  let at = 0;
  for (let row = 0; row < vector.length; row++) {
    if (vector.nulls[row] === 1) continue;
    writeU32(out, at, size);
    at += LENGTH_BYTES;
    for (let i = size - 1; i >= 0; i--)
      out[at++] = i >= 4 ? vector.words[2 * row + 1] >>> (8 * i - 32) : vector.words[2 * row] >>> (8 * i);
  }
  return out;
}

/** Each value with its length in front. */
function byteArrays(vector: ColumnVector): Uint8Array {
  const { data, nulls, ends, length, dataLength } = vector;
  const out = new Uint8Array(dataLength + LENGTH_BYTES * presentCount(vector));
  let at = 0;
  let start = 0;
  for (let row = 0; row < length; row++) {
    const end = ends[row];
    if (nulls[row] === 0) {
      writeU32(out, at, end - start);
      at += LENGTH_BYTES;
      if (end - start < SHORT_COPY) for (let i = start; i < end; i++) out[at++] = data[i];
      else {
        out.set(data.subarray(start, end), at);
        at += end - start;
      }
    }
    start = end;
  }
  return out;
}

/** Text columns hold UTF-8 nearly always (CODEC §10); values that do not are escaped as cellText does. */
function strings(type: FieldType, vector: ColumnVector): Uint8Array {
  const { data, nulls, length, dataLength } = vector;
  if (isAscii(data.subarray(0, dataLength))) return byteArrays(vector);
  for (let row = 0; row < length; row++)
    if (nulls[row] === 0 && !isUtf8(data.subarray(vector.start(row), vector.end(row))))
      return texts(type, vector);
  return byteArrays(vector);
}

/** Values as TiDB prints them. JSON, the dearest, is printed as bytes at once. */
function texts(type: FieldType, vector: ColumnVector): Uint8Array {
  const kind = columnKind(type);
  const known = kind === 'enum' || kind === 'set' ? new Map<number, Uint8Array>() : undefined;
  const sink = new ByteSink(64 * 1024);
  for (let row = 0; row < vector.length; row++) {
    if (vector.nulls[row] === 1) continue;
    const at = sink.length;
    sink.reserve(LENGTH_BYTES);
    sink.length += LENGTH_BYTES;
    if (kind === 'json') appendBinaryJson(vector.data, vector.start(row), vector.end(row), sink);
    else {
      const bytes = known === undefined ? textOf(type, vector, row) : memberText(known, type, vector, row);
      sink.copy(bytes, 0, bytes.length);
    }
    writeU32(sink.bytes, at, sink.length - at - LENGTH_BYTES);
  }
  return sink.bytes.subarray(0, sink.length);
}

function textOf(type: FieldType, vector: ColumnVector, row: number): Uint8Array {
  return utf8.encode(cellText(type, vector, row) ?? '');
}

/** ENUM and SET have few values: each is printed once. Members above the 32nd are printed every time. */
function memberText(
  known: Map<number, Uint8Array>,
  type: FieldType,
  vector: ColumnVector,
  row: number,
): Uint8Array {
  if (vector.words[2 * row + 1] !== 0) return textOf(type, vector, row);
  const member = vector.words[2 * row];
  let bytes = known.get(member);
  if (bytes === undefined) known.set(member, (bytes = textOf(type, vector, row)));
  return bytes;
}
