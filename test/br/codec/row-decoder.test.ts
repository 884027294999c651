import assert from 'node:assert/strict';
import test from 'node:test';
import { cellText } from '../../../lib/br/codec/cell-text.ts';
import { compileRowDecoder, type RowDecoderOptions } from '../../../lib/br/codec/row-decoder.ts';
import {
  encodeCommonRowKey,
  encodeIntRowKey,
  encodeRowV1,
  encodeRowV2,
} from '../../../lib/br/codec/row-encoder.ts';
import type { ColumnInfo, FieldType, TableInfo } from '../../../lib/br/codec/table-info.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { column, fieldType, hex, primaryIndex, table, utf8mb4 } from './schemas.ts';

const int = fieldType(3);
const varchar = fieldType(15, { ...utf8mb4, flen: 20 });
const rowKey = encodeIntRowKey(120n, 1n);

function decode(
  schema: TableInfo,
  value: Uint8Array,
  key: Uint8Array = rowKey,
  options: RowDecoderOptions = {},
): (string | null)[] {
  const decoder = compileRowDecoder(schema, options);
  const batch = decoder.newBatch(2);
  decoder.decode(key, 0, key.length, value, 0, value.length, batch);
  return decoder.columns.map(({ type }, i) => cellText(type, batch.columns[i]!, 0));
}

test('the recorded row of the facts decodes to what SQL shows', () => {
  const schema = table(
    [
      column(1, fieldType(8, { flag: 3 })),
      column(2, varchar),
      column(3, varchar),
      column(4, fieldType(10)),
      column(5, fieldType(1)),
      column(6, fieldType(246, { flen: 20, decimal: 4 })),
      column(7, fieldType(7, { decimal: 3 })),
    ],
    { pkIsHandle: true },
  );
  const value = hex(
    '80 00 0600 0000 02 03 04 05 06 07 0e00 1300 1b00 1c00 2800 3000 6331406578616d706c652e636f6d 64656c7461' +
      '000000000044c518 01 14 04 80000000000000 84217b 705e0924466cbb19',
  );
  const expected = ['1', 'c1@example.com', 'delta', '1951-02-02', '1', '132.8571', '2026-11-22 04:24:36.614'];
  assert.deepEqual(decode(schema, value, hex('7480000000000000785f728000000000000001')), expected);
});

const emptyRow = encodeRowV2([]);
const absentText = (type: FieldType, overrides: Partial<ColumnInfo>): string | null | undefined =>
  decode(table([column(1, type, overrides)]), emptyRow)[0];

test('a column that the row lacks has its original default, cast to its type', () => {
  const cases: readonly (readonly [FieldType, string, string])[] = [
    [int, '-42', '-42'],
    [fieldType(8, { flag: 32 }), '18446744073709551615', '18446744073709551615'],
    [fieldType(246, { flen: 6, decimal: 2 }), '1.5', '1.50'],
    [fieldType(5), '1e3', '1000'],
    [fieldType(4), '0.1', '0.1'],
    [varchar, 'web', 'web'],
    [fieldType(254, { flen: 4 }), 'ab', '61620000'],
    [fieldType(15, { flen: 4 }), 'ab', '6162'],
    [fieldType(10), '2020-01-02', '2020-01-02'],
    [fieldType(12, { decimal: 3 }), '2020-01-02 03:04:05.678', '2020-01-02 03:04:05.678'],
    [fieldType(7), '2020-01-02 03:04:05', '2020-01-02 03:04:05'],
    [fieldType(11, { decimal: 0 }), '-12:00:01', '-12:00:01'],
    [fieldType(13, { flag: 104 }), '2026', '2026'],
    [fieldType(247, { ...utf8mb4, elems: ['a', 'b'] }), 'b', 'b'],
    [fieldType(248, { ...utf8mb4, elems: ['a', 'b', 'c'] }), 'c,a', 'a,c'],
    [fieldType(245), '{"b": 1.0, "a": []}', '{"a": [], "b": 1.0}'],
    [fieldType(225), '[1,2]', '[1,2]'],
  ];
  for (const [type, originDefault, text] of cases) assert.equal(absentText(type, { originDefault }), text);
});

test('the original default of a BIT column comes from its base64', () => {
  const type = fieldType(16, { flen: 10, flag: 32 });
  assert.equal(absentText(type, { originDefault: '\ufffd', originDefaultBit: 'Av8=' }), '02ff');
});

test('a column without an original default is NULL, or the zero of its type when it is NOT NULL', () => {
  assert.equal(absentText(int, {}), null);
  const notNull = (type: FieldType): string | null | undefined =>
    absentText({ ...type, flag: type.flag | 1 }, {});
  assert.equal(notNull(int), '0');
  assert.equal(notNull(fieldType(246, { flen: 6, decimal: 2 })), '0.00');
  assert.equal(notNull(varchar), '');
  assert.equal(notNull(fieldType(254, { flen: 3 })), '000000');
  assert.equal(notNull(fieldType(12, { decimal: 0 })), '0000-00-00 00:00:00');
  assert.equal(notNull(fieldType(247, { ...utf8mb4, elems: ['first', 'b'] })), 'first');
  assert.equal(notNull(fieldType(248, { ...utf8mb4, elems: ['a'] })), '');
  assert.equal(notNull(fieldType(245)), 'null');
});

test('a default that the document does not tell is refused only when a row needs it', () => {
  const schema = table([column(1, fieldType(15, { flen: 4 }), { originDefault: 'a\ufffd' })]);
  assert.throws(() => decode(schema, emptyRow), { code: 'UNSUPPORTED' });
  assert.deepEqual(decode(schema, encodeRowV2([{ id: 1n, type: int, value: 0x61 }])), ['61']);
  const stamp = table([column(1, fieldType(7), { originDefault: '2020-01-01 00:00:00', version: 0 })]);
  assert.throws(() => decode(stamp, emptyRow), { code: 'UNSUPPORTED' });
});

test('NULL in the row is NULL whatever the original default says', () => {
  const schema = table([column(1, int, { originDefault: '7' })]);
  for (const encode of [encodeRowV1, encodeRowV2]) {
    assert.deepEqual(decode(schema, encode([{ id: 1n, type: int, value: null }])), [null]);
    assert.deepEqual(decode(schema, encode([])), ['7']);
  }
});

test('only public, visible, stored columns come out, in the order of their offsets', () => {
  const columns = [
    column(3, int, { name: 'third id' }),
    column(1, int, { name: 'virtual', generatedExpr: 'a + 1' }),
    column(2, int, { name: 'stored', generatedExpr: 'a + 1', generatedStored: true }),
    column(4, int, { name: 'hidden', hidden: true }),
    column(5, int, { name: 'leaving', state: 2 }),
  ];
  const decoder = compileRowDecoder(table(columns));
  assert.deepEqual(
    decoder.columns.map(({ name }) => name),
    ['third id', 'stored'],
  );
  assert.deepEqual(decoder.skipped, ['virtual']);
  const cells = [1n, 2n, 3n, 4n, 5n].map((id) => ({ id, type: int, value: id * 10n }));
  assert.deepEqual(decode(table(columns), encodeRowV2(cells)), ['30', '20']);
});

test('a clustered varchar that the row lacks is refused under the new collations and read under the old', () => {
  const schema = table([column(1, varchar)], {
    isCommonHandle: true,
    indexes: [primaryIndex({ offset: 0 })],
  });
  const key = encodeCommonRowKey(120n, [{ type: varchar, value: 'abc' }]);
  assert.throws(() => decode(schema, emptyRow, key), { code: 'ROW_DAMAGED', message: /column c1/ });
  assert.deepEqual(decode(schema, emptyRow, key, { newCollation: false }), ['abc']);
});

test('a prefix of a clustered column is never taken for the column', () => {
  const binary = fieldType(15, { flen: 20 });
  const schema = (length: number): TableInfo =>
    table([column(1, binary)], { isCommonHandle: true, indexes: [primaryIndex({ offset: 0, length })] });
  const key = encodeCommonRowKey(120n, [{ type: binary, value: 'abc' }]);
  assert.throws(() => decode(schema(3), emptyRow, key), { code: 'ROW_DAMAGED' });
  assert.deepEqual(decode(schema(20), emptyRow, key), ['616263']);
});

test('a char key under a *_bin collation is read from the key', () => {
  const char = fieldType(254, { ...utf8mb4, flen: 20 });
  const schema = table([column(1, char)], { isCommonHandle: true, indexes: [primaryIndex({ offset: 0 })] });
  assert.deepEqual(decode(schema, emptyRow, encodeCommonRowKey(120n, [{ type: char, value: 'abc' }])), [
    'abc',
  ]);
  const ci = { ...char, collate: 'utf8mb4_general_ci' };
  const other = table([column(1, ci)], { isCommonHandle: true, indexes: [primaryIndex({ offset: 0 })] });
  assert.throws(() => decode(other, emptyRow, encodeCommonRowKey(120n, [{ type: ci, value: 'x' }])), {
    code: 'ROW_DAMAGED',
  });
});

test('a short clustered key filled with zeros is read, other bytes after it are refused', () => {
  const bit = fieldType(15, { flen: 1 });
  const year = fieldType(13, { flag: 104 });
  const schema = table([column(1, year)], { isCommonHandle: true, indexes: [primaryIndex({ offset: 0 })] });
  assert.deepEqual(decode(schema, emptyRow, encodeCommonRowKey(120n, [{ type: year, value: 2020 }])), [
    '2020',
  ]);
  const two = encodeCommonRowKey(120n, [
    { type: year, value: 2020 },
    { type: bit, value: 'a' },
  ]);
  assert.throws(() => decode(schema, emptyRow, two), { code: 'ROW_DAMAGED' });
});

test('an error names the table, the key and what was found, and takes the half row back', () => {
  const schema = table([column(1, int), column(2, int)]);
  const decoder = compileRowDecoder(schema);
  const batch = decoder.newBatch(2);
  const value = hex('80 00 0200 0000 01 02 0100 0400 05 010203');
  try {
    decoder.decode(rowKey, 0, rowKey.length, value, 0, value.length, batch);
    assert.fail('the row has an integer of three bytes');
  } catch (caught) {
    assert.ok(caught instanceof PitrError);
    assert.equal(
      caught.message,
      'row of table t with key 7480000000000000785f728000000000000001: ' +
        'cell of kind integer: expected 1, 2, 4 or 8 bytes, found 3',
    );
    assert.equal(caught.details['table'], 't');
  }
  assert.equal(batch.rows, 0);
  assert.deepEqual(
    batch.columns.map(({ length }) => length),
    [0, 0],
  );
});

test('rows whose frame contradicts itself are refused', () => {
  const schema = table([column(1, int), column(2, int)]);
  const cases: Readonly<Record<string, string>> = {
    'ids that do not ascend': '80 00 0200 0000 02 01 0100 0200 05 06',
    'an id twice': '80 00 0200 0000 01 01 0100 0200 05 06',
    'offsets that go back': '80 00 0200 0000 01 02 0200 0100 05 06',
    'offsets past the end': '80 00 0200 0000 01 02 0100 0900 05 06',
    'bytes left over': '80 00 0100 0000 01 0100 05 06',
    'a header without room': '80 00 ff00 0000 01',
    'no bytes': '',
    'an old row with an id twice': '08 02 08 02 08 02 08 04',
    'an old row that ends in a value': '08 02 08',
    'an old row with an unknown flag': '08 02 55',
  };
  for (const [name, bytes] of Object.entries(cases)) {
    assert.throws(() => decode(schema, hex(bytes)), { code: 'ROW_DAMAGED' }, name);
  }
  assert.throws(() => decode(schema, hex('80 04 0000 0000')), { code: 'UNSUPPORTED' });
});

test('a handle of another length than eight bytes is refused', () => {
  const schema = table([column(1, int)]);
  assert.throws(() => decode(schema, emptyRow, rowKey.subarray(0, 18)), { code: 'ROW_DAMAGED' });
});

test('a negative number for an unsigned column of an old row is refused', () => {
  const schema = table([column(1, fieldType(8, { flag: 32 }))]);
  assert.throws(() => decode(schema, hex('08 02 08 01')), { code: 'ROW_DAMAGED' });
  assert.deepEqual(decode(schema, hex('08 02 08 04')), ['2']);
  assert.deepEqual(decode(schema, hex('08 02 04 ffffffffffffffff')), ['18446744073709551615']);
});

test('a decimal with more digits than its column is rounded when it is read', () => {
  const stored = fieldType(246, { flen: 10, decimal: 4 });
  const schema = table([column(1, fieldType(246, { flen: 10, decimal: 2 }))]);
  const row = [{ id: 1n, type: stored, value: '-1.2350' }];
  assert.deepEqual(decode(schema, encodeRowV2(row)), ['-1.24']);
  assert.deepEqual(decode(schema, encodeRowV1(row)), ['-1.24']);
});

test('a column of a type that TiDB does not store is refused when the table is opened', () => {
  assert.throws(() => compileRowDecoder(table([column(1, fieldType(255))])), { code: 'UNSUPPORTED' });
});
