// Answers: a value of a column as the bytes TiDB stores for it: in a row of the new format, as a datum of an old row,
// as a datum of a key (CODEC §1.3, §2, §3.2). For defaults of columns, tests, benchmark and simulator; never fast.

import { PitrError } from '../../domain/errors.ts';
import { type ColumnKind, columnKind, typeChar } from './column-kind.ts';
import { datumFlags } from './datum.ts';
import { encodeDecimal } from './decimal.ts';
import { encodeBinaryJson } from './json-encode.ts';
import { encodeI64 } from './keys.ts';
import { encodeBytes } from './memcomparable.ts';
import { rowDamaged } from './row-damage.ts';
import type { FieldType } from './table-info.ts';
import { durationNanos, packTime } from './time.ts';

/**
 * A value as a person would write it, read by its column's type: numbers as bigint, number or text; decimals, times,
 * enum and set members (joined by `,`), JSON and vectors (`[1,2.5]`) as text; strings as text or bytes; BIT as a
 * number; enum and set also as their number. null is NULL and has no bytes.
 */
export type CellValue = bigint | number | string | Uint8Array | null;

type StoredForm = 'int' | 'uint' | 'duration' | 'double' | 'bytes' | 'decimal' | 'json' | 'vector';
interface StoredNumber {
  readonly form: 'int' | 'uint' | 'duration';
  readonly value: bigint;
}
interface StoredBytes {
  readonly form: Exclude<StoredForm, 'int' | 'uint' | 'duration'>;
  readonly bytes: Uint8Array;
}

const utf8 = new TextEncoder();

/** The bytes of a cell in a row of the new format (CODEC §3.2). Errors: ROW_DAMAGED for a value the type cannot have. */
export function encodeCell(type: FieldType, value: Exclude<CellValue, null>): Uint8Array {
  const stored = storedValue(type, value);
  return 'bytes' in stored ? stored.bytes : shortestInteger(stored.value, stored.form === 'uint');
}

/** The datum of a cell in a row of the old format (CODEC §2). Errors as encodeCell. */
export function encodeRowDatum(type: FieldType, value: CellValue): Uint8Array {
  if (value === null) return Uint8Array.of(datumFlags.nil);
  const stored = storedValue(type, value);
  switch (stored.form) {
    case 'int':
    case 'duration':
      return flagged(datumFlags.varint, encodeVarint(stored.value));
    case 'uint':
      return flagged(datumFlags.uvarint, encodeUvarint(stored.value));
    case 'bytes': {
      const length = encodeVarint(BigInt(stored.bytes.length));
      return flagged(datumFlags.compactBytes, Uint8Array.from([...length, ...stored.bytes]));
    }
    default:
      return flagged(flagOf(stored.form), stored.bytes);
  }
}

/** The datum of a clustered key's column (CODEC §1.3). `value` is what the key holds: the caller makes sort keys. */
export function encodeKeyDatum(type: FieldType, value: Exclude<CellValue, null>): Uint8Array {
  const stored = storedValue(type, value);
  switch (stored.form) {
    case 'int':
      return flagged(datumFlags.int, encodeI64(stored.value));
    case 'duration':
      return flagged(datumFlags.duration, encodeI64(stored.value));
    case 'uint':
      return flagged(datumFlags.uint, encodeI64(stored.value - 2n ** 63n));
    case 'bytes':
      return flagged(datumFlags.bytes, encodeBytes(stored.bytes));
    default:
      return flagged(flagOf(stored.form), stored.bytes);
  }
}

function flagOf(form: 'double' | 'decimal' | 'json' | 'vector'): number {
  return form === 'double' ? datumFlags.float : datumFlags[form];
}

function flagged(flag: number, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(1 + payload.length);
  out[0] = flag;
  out.set(payload, 1);
  return out;
}

function storedValue(type: FieldType, value: Exclude<CellValue, null>): StoredNumber | StoredBytes {
  const kind = columnKind(type);
  switch (kind) {
    case 'int':
    case 'year':
      return { form: 'int', value: inRange(integer(value), -(2n ** 63n), 2n ** 63n - 1n) };
    case 'uint':
    case 'bit':
      return { form: 'uint', value: inRange(integer(value), 0n, 2n ** 64n - 1n) };
    case 'float':
    case 'double':
      return {
        form: 'double',
        bytes: comparableFloat(kind === 'float' ? Math.fround(Number(value)) : Number(value)),
      };
    case 'decimal':
      return { form: 'decimal', bytes: decimalBytesOf(type, String(value)) };
    case 'text':
    case 'binary':
      return { form: 'bytes', bytes: stringBytes(type, kind, value) };
    case 'date':
      return { form: 'uint', value: (packTime(String(value)) >> 41n) << 41n };
    case 'datetime':
    case 'timestamp':
      return { form: 'uint', value: packTime(String(value)) };
    case 'time':
      return { form: 'duration', value: durationNanos(String(value)) };
    case 'enum':
      return { form: 'uint', value: typeof value === 'string' ? enumNumber(type, value) : integer(value) };
    case 'set':
      return { form: 'uint', value: typeof value === 'string' ? setMask(type, value) : integer(value) };
    case 'json':
      return { form: 'json', bytes: value instanceof Uint8Array ? value : encodeBinaryJson(String(value)) };
    case 'vector':
      return { form: 'vector', bytes: value instanceof Uint8Array ? value : vectorBytes(String(value)) };
    default: {
      const unknown: never = kind;
      throw new PitrError('INTERNAL', `no bytes for a column of kind ${String(unknown)}`);
    }
  }
}

function refused(expected: string, value: CellValue): PitrError {
  const shown = value instanceof Uint8Array ? `${value.length} bytes` : String(value).slice(0, 80);
  return rowDamaged('value of a column', expected, shown);
}

/** Text with a fraction is rounded, as TiDB casts it. */
function integer(value: Exclude<CellValue, null>): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint8Array) return value.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const text = String(value).trim();
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace('+', ''));
  const number = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number)) throw refused('an integer', value);
  return BigInt(Math.sign(number) * Math.round(Math.abs(number)));
}

function inRange(value: bigint, min: bigint, max: bigint): bigint {
  if (value < min || value > max) throw refused(`an integer from ${min} to ${max}`, value);
  return value;
}

function comparableFloat(value: number): Uint8Array {
  if (Number.isNaN(value)) throw refused('a number', 'NaN');
  const out = new Uint8Array(8);
  const view = new DataView(out.buffer);
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  view.setBigUint64(0, value >= 0 ? bits | (1n << 63n) : BigInt.asUintN(64, ~bits));
  return out;
}

function decimalBytesOf(type: FieldType, text: string): Uint8Array {
  if (type.decimal < 0 || type.flen <= 0) return encodeDecimal(text);
  return encodeDecimal(text, type.flen, type.decimal);
}

/** BINARY(n) is padded with zeros to n bytes, as it is written (CODEC §9). */
function stringBytes(type: FieldType, kind: ColumnKind, value: Exclude<CellValue, null>): Uint8Array {
  const bytes = value instanceof Uint8Array ? value : utf8.encode(String(value));
  if (kind !== 'binary' || type.tp !== typeChar || bytes.length >= type.flen) return bytes;
  const padded = new Uint8Array(type.flen);
  padded.set(bytes);
  return padded;
}

/** The number of an enum's member: its text exactly, then without regard to case, then a number in text. */
function enumNumber(type: FieldType, text: string): bigint {
  const exact = type.elems.indexOf(text);
  const index =
    exact >= 0 ? exact : type.elems.findIndex((elem) => elem.toLowerCase() === text.toLowerCase());
  if (index >= 0) return BigInt(index + 1);
  if (text === '') return 0n;
  if (/^\d+$/.test(text) && Number(text) <= type.elems.length) return BigInt(text);
  throw refused(`a member of the enum ${type.elems.join(',')}`, text);
}

function setMask(type: FieldType, text: string): bigint {
  if (text === '') return 0n;
  let mask = 0n;
  for (const member of text.split(',')) {
    const exact = type.elems.indexOf(member);
    const index =
      exact >= 0 ? exact : type.elems.findIndex((elem) => elem.toLowerCase() === member.toLowerCase());
    if (index >= 0) mask |= 1n << BigInt(index);
    else if (/^\d+$/.test(text)) return BigInt(text);
    else throw refused(`members of the set ${type.elems.join(',')}`, text);
  }
  return mask;
}

function vectorBytes(text: string): Uint8Array {
  const inner = /^\s*\[([^\]]*)\]\s*$/.exec(text)?.[1];
  if (inner === undefined) throw refused('a vector', text);
  const numbers = inner.trim() === '' ? [] : inner.split(',').map(Number);
  if (numbers.some(Number.isNaN)) throw refused('a vector of numbers', text);
  const out = new Uint8Array(4 + 4 * numbers.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, numbers.length, true);
  for (const [i, number] of numbers.entries()) view.setFloat32(4 + 4 * i, number, true);
  return out;
}

function shortestInteger(value: bigint, unsigned: boolean): Uint8Array {
  const fits = (bits: number): boolean =>
    (unsigned ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value)) === value;
  const width = fits(8) ? 1 : fits(16) ? 2 : fits(32) ? 4 : 8;
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return out.slice(0, width);
}

/** Zigzag varint (CODEC, first paragraph). */
export function encodeVarint(value: bigint): Uint8Array {
  return encodeUvarint(value >= 0n ? value * 2n : -value * 2n - 1n);
}

/** LEB128. */
export function encodeUvarint(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
  return Uint8Array.from(out);
}
