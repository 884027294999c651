import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { cellJson } from '../../../lib/br/codec/cell-json.ts';
import { cellText } from '../../../lib/br/codec/cell-text.ts';
import type { RowBatch } from '../../../lib/br/codec/row-batch.ts';
import { compileRowDecoder, type RowDecoder } from '../../../lib/br/codec/row-decoder.ts';
import {
  encodeCommonRowKey,
  encodeIntRowKey,
  encodeRowV1,
  encodeRowV2,
  type RowCell,
} from '../../../lib/br/codec/row-encoder.ts';
import type { TableInfo } from '../../../lib/br/codec/table-info.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import {
  column,
  keySamples,
  primaryIndex,
  type Sample,
  type TypeSamples,
  table,
  texts,
  typeSamples,
} from './schemas.ts';

/** One column of a generated row: NULL, left out of the row (which is NULL too), or a sample. */
type Generated = Sample | 'null' | 'absent';
interface Field {
  readonly samples: TypeSamples;
  readonly values: readonly Generated[];
}
type Format = 'v1' | 'v2' | 'large' | 'checksum';

const rowCount = 3;
const field = (types: fc.Arbitrary<TypeSamples>, nullable: boolean): fc.Arbitrary<Field> =>
  types.chain((samples) => {
    const value: fc.Arbitrary<Generated> = nullable
      ? fc.oneof(
          { weight: 4, arbitrary: samples.sample },
          fc.constantFrom('null' as const, 'absent' as const),
        )
      : samples.sample;
    return fc
      .array(value, { minLength: rowCount, maxLength: rowCount })
      .map((values) => ({ samples, values }));
  });
const fields = fc.array(field(typeSamples, true), { minLength: 1, maxLength: 8 });
const formats = fc.constantFrom<Format>('v1', 'v2', 'large', 'checksum');
const unknownId = fc.boolean();

function encodeRow(cells: readonly RowCell[], format: Format): Uint8Array {
  if (format === 'v1') return encodeRowV1([...cells].reverse());
  if (format === 'checksum') return encodeRowV2(cells, { checksum: Uint8Array.of(2, 1, 2, 3, 4) });
  return encodeRowV2(cells, { large: format === 'large' });
}

function assertCell(
  decoder: RowDecoder,
  batch: RowBatch,
  position: number,
  row: number,
  expected: Generated,
): void {
  const { type, name } = decoder.columns[position]!;
  const vector = batch.columns[position]!;
  const text = cellText(type, vector, row);
  const json = JSON.parse(cellJson(type, vector, row)) as unknown;
  if (expected === 'null' || expected === 'absent') {
    assert.equal(text, null, name);
    assert.equal(json, null, name);
    return;
  }
  assert.ok(text !== null, name);
  if (expected.text !== undefined) assert.equal(text, expected.text, name);
  if (expected.number !== undefined) {
    assert.equal(type.tp === 4 ? Math.fround(Number(text)) : Number(text), expected.number, name);
    assert.equal(type.tp === 4 ? Math.fround(Number(json)) : json, expected.number, name);
  } else if (expected.parsed !== undefined) {
    const plain = (value: unknown): string => JSON.stringify(value, sortedMembers);
    const floats = type.tp === 225 ? (JSON.parse(text) as number[]).map(Math.fround) : JSON.parse(text);
    assert.equal(plain(floats), plain(expected.parsed), name);
  } else if (typeof json === 'number') assert.equal(json, Number(text), name);
  else assert.equal(json, text, name);
}

function sortedMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The cells of one row of the fields whose ids begin at `firstId`; a dropped column in front when asked for. */
function cellsOf(all: readonly Field[], row: number, firstId: number, withUnknown: boolean): RowCell[] {
  const cells: RowCell[] = all.flatMap(({ samples, values }, i): RowCell[] => {
    const value = values[row]!;
    if (value === 'absent') return [];
    return [{ id: BigInt(firstId + i), type: samples.type, value: value === 'null' ? null : value.value }];
  });
  const first = all[0]!;
  const known = first.values.find((value) => typeof value === 'object');
  if (withUnknown && typeof known === 'object')
    cells.push({ id: 90n, type: first.samples.type, value: known.value });
  return cells;
}

function roundTrip(
  schema: TableInfo,
  expected: readonly (readonly Generated[])[],
  rows: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[],
): void {
  const decoder = compileRowDecoder(schema);
  const batch = decoder.newBatch(rows.length);
  for (const { key, value } of rows) {
    const padded = Buffer.concat([Buffer.from([9, 9]), value, Buffer.from([9])]);
    decoder.decode(key, 0, key.length, padded, 2, 2 + value.length, batch);
  }
  assert.equal(batch.rows, rows.length);
  for (const [position, column] of expected.entries()) {
    for (const [row, one] of column.entries()) assertCell(decoder, batch, position, row, one);
  }
}

const handles = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), {
  minLength: rowCount,
  maxLength: rowCount,
});

test('rows of a table with a hidden row id come back as they were written, in both formats', () => {
  fc.assert(
    fc.property(fields, handles, formats, unknownId, (all, ids, format, withUnknown) => {
      const schema = table(all.map(({ samples }, i) => column(i + 1, samples.type)));
      const rows = ids.map((id, row) => ({
        key: encodeIntRowKey(120n, id),
        value: encodeRow(cellsOf(all, row, 1, withUnknown), format),
      }));
      roundTrip(
        schema,
        all.map(({ values }) => values),
        rows,
      );
    }),
    { seed: 641, numRuns: 300 },
  );
});

test('an integer key, signed or unsigned to 2^64, comes back from the row key', () => {
  fc.assert(
    fc.property(fields, handles, fc.boolean(), formats, (all, ids, isUnsigned, format) => {
      const pk = {
        tp: 8,
        flag: 3 | (isUnsigned ? 32 : 0),
        flen: 20,
        decimal: 0,
        charset: 'binary',
        collate: 'binary',
      };
      const schema = table(
        [
          column(1, { ...pk, elems: [], array: false }),
          ...all.map(({ samples }, i) => column(i + 2, samples.type)),
        ],
        { pkIsHandle: true },
      );
      const rows = ids.map((id, row) => ({
        key: encodeIntRowKey(120n, id),
        value: encodeRow(cellsOf(all, row, 2, false), format),
      }));
      const keys = ids.map((id) => {
        const text = String(isUnsigned ? id : BigInt.asIntN(64, id));
        return { value: id, text };
      });
      roundTrip(schema, [keys, ...all.map(({ values }) => values)], rows);
    }),
    { seed: 642, numRuns: 200 },
  );
});

test('a clustered key of one to three columns comes back from key or row', () => {
  const keyFields = fc.array(field(keySamples, false), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(keyFields, fields, formats, fc.boolean(), (keys, all, format, alsoInRow) => {
      const both = [...keys, ...all];
      const schema = table(
        both.map(({ samples }, i) => column(i + 1, samples.type)),
        { isCommonHandle: true, indexes: [primaryIndex(...keys.map((_, offset) => ({ offset })))] },
      );
      const rows = Array.from({ length: rowCount }, (_, row) => {
        const inKey = cellsOf(keys, row, 1, false);
        const inRow = cellsOf(all, row, keys.length + 1, false);
        return {
          key: encodeCommonRowKey(120n, inKey),
          value: encodeRow(alsoInRow ? [...inKey, ...inRow] : inRow, format),
        };
      });
      roundTrip(
        schema,
        both.map(({ values }) => values),
        rows,
      );
    }),
    { seed: 643, numRuns: 200 },
  );
});

test('a varchar key is taken from the row, never from the sort key', () => {
  fc.assert(
    fc.property(field(texts, false), formats, (key, format) => {
      const samples = { ...key.samples, type: { ...key.samples.type, tp: 15 } };
      const schema = table([column(1, samples.type)], {
        isCommonHandle: true,
        indexes: [primaryIndex({ offset: 0 })],
      });
      const rows = key.values.map((_, row) => ({
        key: encodeCommonRowKey(120n, [{ type: samples.type, value: 'SORT KEY' }]),
        value: encodeRow(cellsOf([{ ...key, samples }], row, 1, false), format),
      }));
      roundTrip(schema, [key.values], rows);
    }),
    { seed: 644, numRuns: 50 },
  );
});

test('damaged rows decode, or are refused with ROW_DAMAGED or UNSUPPORTED, and never leave half a row', () => {
  const damage = fc.record({ at: fc.nat(), bit: fc.nat(7), cut: fc.option(fc.nat()), inKey: fc.boolean() });
  fc.assert(
    fc.property(fields, formats, damage, (all, format, { at, bit, cut, inKey }) => {
      const schema = table(all.map(({ samples }, i) => column(i + 1, samples.type)));
      const decoder = compileRowDecoder(schema);
      const batch = decoder.newBatch(4);
      const key = encodeIntRowKey(120n, 1n);
      const value = encodeRow(cellsOf(all, 0, 1, false), format);
      decoder.decode(key, 0, key.length, value, 0, value.length, batch);
      const target = inKey ? key : value;
      target[at % target.length]! ^= 1 << bit;
      const end = cut === null ? value.length : cut % (value.length + 1);
      decodeOrRefuse(decoder, key, key.length, value, end, batch);
    }),
    { seed: 645, numRuns: 1500 },
  );
});

test('random bytes decode, or are refused with a named error', () => {
  const first = fc.constantFrom(0x80, 0x00, 0x08, 0x02);
  fc.assert(
    fc.property(
      fields,
      first,
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 40 }),
      (all, byte, value, tail) => {
        const schema = table(
          all.map(({ samples }, i) => column(i + 1, samples.type)),
          { isCommonHandle: true, indexes: [primaryIndex({ offset: 0 })] },
        );
        const decoder = compileRowDecoder(schema, { newCollation: false });
        const batch = decoder.newBatch(4);
        value[0] = byte;
        if (byte === 0x80 && value.length > 6) value.set([0, 2, 0, 1, 0], 1);
        const key = Buffer.concat([encodeIntRowKey(120n, 1n).subarray(0, 11), tail]);
        decodeOrRefuse(decoder, key, key.length, value, value.length, batch);
      },
    ),
    { seed: 646, numRuns: 2000 },
  );
});

function decodeOrRefuse(
  decoder: RowDecoder,
  key: Uint8Array,
  keyEnd: number,
  value: Uint8Array,
  end: number,
  batch: RowBatch,
): void {
  const before = batch.rows;
  try {
    decoder.decode(key, 0, keyEnd, value, 0, end, batch);
    assert.equal(batch.rows, before + 1);
    for (const [position, { type }] of decoder.columns.entries())
      cellJson(type, batch.columns[position]!, before);
  } catch (caught) {
    assert.ok(caught instanceof PitrError, String(caught));
    assert.ok(caught.code === 'ROW_DAMAGED' || caught.code === 'UNSUPPORTED', caught.message);
  }
  for (const vector of batch.columns) assert.equal(vector.length, batch.rows);
}
