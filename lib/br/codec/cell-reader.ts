// Answers: the bytes of one cell, in a row of the new format or as a datum, as one cell of a column vector
// (CODEC §1.3, §2, §3.2). It must not know tables: which bytes belong to which column is row-decoder.ts.

import { checkBits, checkDuration, checkTime, checkVector, littleWord } from './cell-checks.ts';
import { bitBytes, type ColumnKind, columnKind, columnScale } from './column-kind.ts';
import type { Datum } from './datum.ts';
import { checkDecimal, decimalFrac, roundedDecimal } from './decimal.ts';
import { readU32 } from './keys.ts';
import type { ColumnVector } from './row-batch.ts';
import { rowDamaged } from './row-damage.ts';
import type { FieldType } from './table-info.ts';

/** What reading a cell needs to know of its column. */
export interface CellShape {
  readonly kind: ColumnKind;
  /** Digits after the point of a DECIMAL column; -1 when the document leaves it open. */
  readonly scale: number;
  /** Bits that a BIT column holds. */
  readonly bits: number;
}

/** Errors: UNSUPPORTED for a column type that TiDB does not store. */
export function cellShape(type: FieldType): CellShape {
  const kind = columnKind(type);
  return {
    kind,
    scale: kind === 'decimal' ? type.decimal : columnScale(type),
    bits: kind === 'bit' && type.flen > 0 ? type.flen : 8 * bitBytes(type),
  };
}

/** Appends the cell in src[start, end) of a row of the new format (CODEC §3.2). Errors: ROW_DAMAGED. */
export function pushCell(
  shape: CellShape,
  src: Uint8Array,
  start: number,
  end: number,
  into: ColumnVector,
): void {
  switch (shape.kind) {
    case 'int':
    case 'year':
      pushInteger(src, start, end, true, into);
      return;
    case 'text':
    case 'binary':
      into.pushBytes(src, start, end);
      return;
    case 'uint':
    case 'enum':
    case 'set':
      pushInteger(src, start, end, false, into);
      return;
    case 'datetime':
    case 'timestamp':
    case 'date':
      pushTime(src, start, end, into);
      return;
    case 'decimal':
      pushDecimal(shape, src, start, end, into);
      return;
    case 'float':
    case 'double':
      if (end - start !== 8) throw badWidth(shape.kind, '8', end - start);
      pushComparableFloat(readU32(src, start), readU32(src, start + 4), shape.kind === 'float', into);
      return;
    default:
      pushRareCell(shape, src, start, end, into);
  }
}

function pushRareCell(
  shape: CellShape,
  src: Uint8Array,
  start: number,
  end: number,
  into: ColumnVector,
): void {
  switch (shape.kind) {
    case 'time':
      pushInteger(src, start, end, true, into);
      checkDuration(into);
      return;
    case 'bit':
      pushInteger(src, start, end, false, into);
      checkBits(shape.bits, into);
      return;
    case 'json':
      if (start >= end) throw badWidth('json', 'at least 1', 0);
      into.pushBytes(src, start, end);
      return;
    default:
      checkVector(src, start, end);
      into.pushBytes(src, start, end);
  }
}

/** Appends the cell of a parsed datum; any numeric flag is taken, as TiDB does it (CODEC §2). Errors: ROW_DAMAGED. */
export function pushDatum(shape: CellShape, datum: Datum, into: ColumnVector): void {
  if (datum.shape === 'nil') {
    into.pushNull();
    return;
  }
  switch (shape.kind) {
    case 'float':
    case 'double':
      expectShape(shape, datum, datum.shape === 'double');
      pushDoubleBits(datum.lo, datum.hi, shape.kind === 'float', into);
      return;
    case 'decimal':
      expectShape(shape, datum, datum.shape === 'decimal');
      pushDecimal(shape, datum.buffer, datum.start, datum.end, into);
      return;
    case 'text':
    case 'binary':
      expectShape(shape, datum, datum.shape === 'bytes');
      into.pushBytes(datum.buffer, datum.start, datum.end);
      return;
    case 'json':
    case 'vector':
      expectShape(shape, datum, datum.shape === shape.kind);
      into.pushBytes(datum.buffer, datum.start, datum.end);
      return;
    default:
      pushNumber(shape, datum, into);
  }
}

/** A number whose sign form may be the other one, as long as the value exists in both. */
function pushNumber(shape: CellShape, datum: Datum, into: ColumnVector): void {
  const signed = shape.kind === 'int' || shape.kind === 'year' || shape.kind === 'time';
  expectShape(shape, datum, datum.shape === 'int' || datum.shape === 'uint');
  const sameForm = datum.shape === (signed ? 'int' : 'uint');
  if (!sameForm && datum.hi < 0) throw badShape(shape, 'a number of the other sign');
  into.pushWords(datum.lo | 0, datum.hi | 0);
  if (shape.kind === 'time') checkDuration(into);
  else if (shape.kind === 'bit') checkBits(shape.bits, into);
  else if (shape.kind === 'date' || shape.kind === 'datetime' || shape.kind === 'timestamp') checkTime(into);
}

function expectShape(shape: CellShape, datum: Datum, holds: boolean): void {
  if (!holds) throw badShape(shape, `a datum of shape ${datum.shape}`);
}

function badShape(shape: CellShape, found: string): Error {
  return rowDamaged('datum', `one that fits a column of kind ${shape.kind}`, found);
}

function badWidth(kind: string, expected: string, found: number): Error {
  return rowDamaged(`cell of kind ${kind}`, `${expected} bytes`, String(found));
}

/** 1, 2, 4 or 8 bytes, little endian, sign- or zero-extended. */
function pushInteger(src: Uint8Array, start: number, end: number, signed: boolean, into: ColumnVector): void {
  switch (end - start) {
    case 1: {
      const value = src[start] as number;
      const lo = signed ? (value << 24) >> 24 : value;
      into.pushWords(lo, signed ? lo >> 31 : 0);
      return;
    }
    case 2: {
      const value = (src[start] as number) | ((src[start + 1] as number) << 8);
      const lo = signed ? (value << 16) >> 16 : value;
      into.pushWords(lo, signed ? lo >> 31 : 0);
      return;
    }
    case 4: {
      const lo = littleWord(src, start);
      into.pushWords(lo, signed ? lo >> 31 : 0);
      return;
    }
    case 8:
      into.pushWords(littleWord(src, start), littleWord(src, start + 4));
      return;
    default:
      throw badWidth('integer', '1, 2, 4 or 8', end - start);
  }
}

function pushTime(src: Uint8Array, start: number, end: number, into: ColumnVector): void {
  pushInteger(src, start, end, false, into);
  checkTime(into);
}

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

function pushComparableFloat(high: number, low: number, isFloat: boolean, into: ColumnVector): void {
  if (high >= 0x80000000) pushDoubleBits(low, high & 0x7fffffff, isFloat, into);
  else pushDoubleBits(~low, ~high, isFloat, into);
}

function pushDoubleBits(lo: number, hi: number, isFloat: boolean, into: ColumnVector): void {
  if (!isFloat) {
    into.pushWords(lo, hi);
    return;
  }
  scratchWords[0] = lo;
  scratchWords[1] = hi;
  into.pushDouble(Math.fround(scratch[0] as number));
}

function pushDecimal(
  shape: CellShape,
  src: Uint8Array,
  start: number,
  end: number,
  into: ColumnVector,
): void {
  const size = checkDecimal(src, start, end);
  if (start + size !== end) throw badWidth('decimal', String(size), end - start);
  if (shape.scale >= 0 && decimalFrac(src, start) > shape.scale) {
    const rounded = roundedDecimal(src, start, end, shape.scale);
    into.pushBytes(rounded, 0, rounded.length);
  } else into.pushBytes(src, start, end);
}
