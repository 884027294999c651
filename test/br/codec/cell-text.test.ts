import assert from 'node:assert/strict';
import test from 'node:test';
import type { CellValue } from '../../../lib/br/codec/cell-encoder.ts';
import { encodeCell } from '../../../lib/br/codec/cell-encoder.ts';
import { cellJson } from '../../../lib/br/codec/cell-json.ts';
import { cellShape, pushCell } from '../../../lib/br/codec/cell-reader.ts';
import { cellText } from '../../../lib/br/codec/cell-text.ts';
import { vectorForm } from '../../../lib/br/codec/column-kind.ts';
import { doubleText, floatText, jsonDoubleText, plainFloat32Text } from '../../../lib/br/codec/float-text.ts';
import { ColumnVector } from '../../../lib/br/codec/row-batch.ts';
import type { FieldType } from '../../../lib/br/codec/table-info.ts';
import { packedUnixDays, packTime, writeUnixMicros } from '../../../lib/br/codec/time.ts';
import { utf8Text } from '../../../lib/br/codec/utf8-text.ts';
import { fieldType, hex, utf8mb4 } from './schemas.ts';

function vectorOf(type: FieldType, bytes: Uint8Array): ColumnVector {
  const shape = cellShape(type);
  const vector = new ColumnVector(vectorForm(shape.kind), 4);
  pushCell(shape, bytes, 0, bytes.length, vector);
  return vector;
}
const both = (type: FieldType, value: Exclude<CellValue, null>): readonly [string | null, string] => {
  const vector = vectorOf(type, encodeCell(type, value));
  return [cellText(type, vector, 0), cellJson(type, vector, 0)];
};

test('integers beyond 2^53 − 1 are strings in JSON and digits in text', () => {
  const bigint = fieldType(8);
  const unsigned = fieldType(8, { flag: 32 });
  assert.deepEqual(both(bigint, 2n ** 53n - 1n), ['9007199254740991', '9007199254740991']);
  assert.deepEqual(both(bigint, 2n ** 53n), ['9007199254740992', '"9007199254740992"']);
  assert.deepEqual(both(bigint, -(2n ** 53n) + 1n), ['-9007199254740991', '-9007199254740991']);
  assert.deepEqual(both(bigint, -(2n ** 53n)), ['-9007199254740992', '"-9007199254740992"']);
  assert.deepEqual(both(bigint, -(2n ** 63n)), ['-9223372036854775808', '"-9223372036854775808"']);
  assert.deepEqual(both(unsigned, 2n ** 64n - 1n), ['18446744073709551615', '"18446744073709551615"']);
  assert.deepEqual(both(unsigned, 2n ** 64n - 5n), ['18446744073709551611', '"18446744073709551611"']);
  assert.deepEqual(both(unsigned, 2n ** 32n - 1n), ['4294967295', '4294967295']);
});

test('years have four digits in text and are numbers in JSON', () => {
  const year = fieldType(13, { flag: 104 });
  assert.deepEqual(both(year, 2026), ['2026', '2026']);
  assert.deepEqual(both(year, 0), ['0000', '0']);
});

test('doubles and floats print as TiDB prints them', () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [0, '0', '0.0'],
    [3, '3', '3.0'],
    [-2.5, '-2.5', '-2.5'],
    [0.1, '0.1', '0.1'],
    [1e-7, '0.0000001', '0.0000001'],
    [-1.25e-15, '-0.00000000000000125', '-0.00000000000000125'],
    [1e-16, '1e-16', '1e-16'],
    [999999999999999, '999999999999999', '999999999999999.0'],
    [1e15, '1e15', '1e15'],
    [1.5e200, '1.5e200', '1.5e200'],
    [123456.5, '123456.5', '123456.5'],
  ];
  for (const [value, text, json] of cases) {
    assert.equal(doubleText(value), text);
    assert.equal(jsonDoubleText(value), json);
  }
  assert.equal(floatText(Math.fround(0.1)), '0.1');
  assert.equal(floatText(16777216), '16777216');
  assert.equal(floatText(Math.fround(1.23456789e20)), '1.23457e20');
  assert.equal(floatText(Math.fround(1e20)), '1e20');
  assert.equal(plainFloat32Text(Math.fround(1e20)), '100000000000000000000');
  assert.deepEqual(both(fieldType(4), 0.1), ['0.1', '0.1']);
  assert.deepEqual(both(fieldType(5), 1e300), ['1e300', '1e+300']);
});

test('zero dates and times keep their text', () => {
  assert.deepEqual(both(fieldType(10), '0000-00-00'), ['0000-00-00', '"0000-00-00"']);
  const stamp = fieldType(7, { decimal: 3 });
  assert.deepEqual(both(stamp, '0000-00-00 00:00:00'), [
    '0000-00-00 00:00:00.000',
    '"0000-00-00 00:00:00.000"',
  ]);
  assert.deepEqual(both(fieldType(12, { decimal: 0 }), '2020-00-00 00:00:00')[0], '2020-00-00 00:00:00');
  assert.deepEqual(both(fieldType(11, { decimal: 1 }), '-838:59:59.0')[0], '-838:59:59.0');
});

test('the packed time of the facts has its documented bytes', () => {
  assert.equal(packTime('2026-11-22 04:24:36.614'), 0x19bb6c4624095e70n);
  assert.equal(packTime('1951-02-02'), 0x18c5440000000000n);
});

test('packed times become days and microseconds since 1970 only when they are days of the calendar', () => {
  const halves = (text: string): [number, number] => {
    const packed = packTime(text);
    return [Number(packed & 0xffffffffn) | 0, Number(packed >> 32n) | 0];
  };
  for (const text of ['1970-01-01', '2026-11-22', '1600-02-29', '0001-01-01', '9999-12-31']) {
    assert.equal(packedUnixDays(halves(text)[1]), Date.parse(`${text}T00:00:00Z`) / 86_400_000, text);
  }
  const out = new Int32Array(2);
  for (const [text, micros] of [
    ['1969-12-31 23:59:59.999999', -1n],
    ['1970-01-01 00:00:00.000001', 1n],
    ['0001-01-01 00:00:00', -62_135_596_800_000_000n],
    ['9999-12-31 23:59:59.999999', 253_402_300_799_999_999n],
  ] as const) {
    const [lo, hi] = halves(text);
    assert.ok(writeUnixMicros(lo, hi, out, 0));
    assert.equal(new BigInt64Array(out.buffer)[0], micros, text);
  }
  assert.equal(writeUnixMicros(0, 0, out, 0), false, 'the zero date has no microseconds');
  for (const text of [
    '0000-00-00',
    '0000-01-01',
    '2020-00-10',
    '2020-01-00',
    '2021-02-29',
    '1900-02-29',
    '2020-04-31',
  ]) {
    assert.equal(packedUnixDays(halves(text)[1]), undefined, text);
  }
});

test('enum numbers outside the members are the empty text', () => {
  const type = fieldType(247, { ...utf8mb4, elems: ['a', 'b'] });
  assert.deepEqual(both(type, 2n), ['b', '"b"']);
  assert.deepEqual(both(type, 0n), ['', '""']);
  assert.deepEqual(both(type, 3n), ['', '""']);
});

test('BIT and binary strings are lower-case hex of their full width', () => {
  assert.deepEqual(both(fieldType(16, { flen: 9, flag: 32 }), 5n), ['0005', '"0005"']);
  assert.deepEqual(both(fieldType(16, { flen: 64, flag: 32 }), 2n ** 64n - 1n)[0], 'ffffffffffffffff');
  assert.deepEqual(both(fieldType(252), hex('00ab')), ['00ab', '"00ab"']);
});

test('a BIT number too large for its column is refused, not cut', () => {
  assert.throws(() => vectorOf(fieldType(16, { flen: 4 }), Uint8Array.of(16)), { code: 'ROW_DAMAGED' });
  assert.throws(() => vectorOf(fieldType(16, { flen: 40 }), hex('0000000000010000')), {
    code: 'ROW_DAMAGED',
  });
});

test('text that is not UTF-8 keeps every byte as an escape', () => {
  const text = fieldType(15, { charset: 'latin1', collate: 'latin1_bin' });
  assert.deepEqual(both(text, hex('61 e9 62')), ['a\\xe9b', '"a\\\\xe9b"']);
  const long = Buffer.from('déjà vu, a text longer than sixteen bytes');
  assert.equal(utf8Text(long, 0, long.length), long.toString());
  assert.equal(utf8Text(Buffer.concat([long, hex('c3')]), 0, long.length + 1), `${long}\\xc3`);
  assert.equal(utf8Text(hex('eda080 f5 c0af efbbbf'), 0, 9), '\\xed\\xa0\\x80\\xf5\\xc0\\xaf\ufeff');
});

test('vectors print without blanks and read back', () => {
  assert.deepEqual(both(fieldType(225), '[1, 2.5, -3]'), ['[1,2.5,-3]', '[1,2.5,-3]']);
});

test('times that no server writes are refused', () => {
  const hour24 = packTime('2020-01-01 00:00:00') | (24n << 36n);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, hour24, true);
  assert.throws(() => vectorOf(fieldType(12), bytes), { code: 'ROW_DAMAGED' });
  assert.throws(() => vectorOf(fieldType(11), hex('ffffffffffffff7f')), { code: 'ROW_DAMAGED' });
});

test('an integer of three bytes is refused', () => {
  assert.throws(() => vectorOf(fieldType(3), hex('010203')), { code: 'ROW_DAMAGED' });
});

test('a FLOAT cell whose bytes hold more than float32 is rounded to float32 when it is read', () => {
  const vector = vectorOf(fieldType(4), encodeCell(fieldType(5), 0.1));
  assert.equal(vector.f64s[0], Math.fround(0.1));
});
