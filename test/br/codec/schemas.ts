// Builders of schemas for tests of the codec, and arbitraries of columns with values and the text TiDB prints for them.

import fc from 'fast-check';
import type { CellValue } from '../../../lib/br/codec/cell-encoder.ts';
import type { ColumnInfo, FieldType, IndexInfo, TableInfo } from '../../../lib/br/codec/table-info.ts';

export const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/[ |]/g, ''), 'hex'));

export function fieldType(tp: number, overrides: Partial<FieldType> = {}): FieldType {
  return {
    tp,
    flag: 0,
    flen: -1,
    decimal: -1,
    charset: 'binary',
    collate: 'binary',
    elems: [],
    array: false,
    ...overrides,
  };
}

export const utf8mb4 = { charset: 'utf8mb4', collate: 'utf8mb4_bin' } as const;

export function column(id: number, type: FieldType, overrides: Partial<ColumnInfo> = {}): ColumnInfo {
  return {
    id: BigInt(id),
    name: `c${id}`,
    offset: id - 1,
    type,
    changingType: undefined,
    state: 5,
    hidden: false,
    defaultValue: null,
    defaultBit: undefined,
    defaultIsExpr: false,
    originDefault: null,
    originDefaultBit: undefined,
    generatedExpr: '',
    generatedStored: false,
    comment: '',
    version: 2,
    ...overrides,
  };
}

export function table(columns: readonly ColumnInfo[], overrides: Partial<TableInfo> = {}): TableInfo {
  return {
    id: 120n,
    name: 't',
    kind: 'table',
    charset: 'utf8mb4',
    collate: 'utf8mb4_bin',
    state: 5,
    comment: '',
    version: 5,
    pkIsHandle: false,
    isCommonHandle: false,
    columns: columns.map((one, offset) => ({ ...one, offset })),
    indexes: [],
    partition: undefined,
    autoIncId: 0n,
    autoRandId: 0n,
    autoIdCache: 0n,
    mode: 0,
    oldSchemaId: 0n,
    updateTs: 0n,
    raw: undefined,
    ...overrides,
  };
}

/** A clustered primary key over columns by position; length −1 = the whole column. */
export function primaryIndex(
  ...columns: readonly { readonly offset: number; readonly length?: number }[]
): IndexInfo {
  return {
    id: 1n,
    name: 'PRIMARY',
    columns: columns.map(({ offset, length = -1 }) => ({ name: `c${offset + 1}`, offset, length })),
    state: 5,
    unique: true,
    primary: true,
    invisible: false,
    indexType: 1,
    comment: '',
    global: false,
  };
}

/** A value of a column, and what its cell must read as. */
export interface Sample {
  readonly value: Exclude<CellValue, null>;
  /** Exactly the text of the cell. */
  readonly text?: string;
  /** For numbers whose text has more than one right form. */
  readonly number?: number;
  /** For JSON and vectors: the value that the text parses to. */
  readonly parsed?: unknown;
}

export interface TypeSamples {
  readonly type: FieldType;
  readonly sample: fc.Arbitrary<Sample>;
}

const exact = (type: FieldType, sample: fc.Arbitrary<CellValue>): TypeSamples => ({
  type,
  sample: sample.map((value) => ({ value: value!, text: String(value) })),
});

const digits = (value: number, width: number): string => String(value).padStart(width, '0');
const signed = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
);
const unsigned = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 70000n }));

const intTypes = fc.constantFrom(1, 2, 3, 8, 9);
export const ints = intTypes.map((tp) => exact(fieldType(tp), signed));
export const uints = intTypes.map((tp) => exact(fieldType(tp, { flag: 32 }), unsigned));
const years: TypeSamples = {
  type: fieldType(13, { flag: 104, flen: 4 }),
  sample: fc
    .oneof(fc.constant(0), fc.integer({ min: 1901, max: 2155 }))
    .map((year) => ({ value: year, text: digits(year, 4) })),
};
const finite = { noNaN: true, noDefaultInfinity: true } as const;
const doubles: TypeSamples = {
  type: fieldType(5),
  sample: fc.double(finite).map((value) => ({ value, number: value + 0 })),
};
const floats: TypeSamples = {
  type: fieldType(4),
  sample: fc
    .float({ ...finite, min: Math.fround(-9e14), max: Math.fround(9e14) })
    .filter((value) => value === 0 || Math.abs(value) >= 1e-15)
    .map((value) => ({ value, number: value + 0 })),
};
export const decimals = fc
  .integer({ min: 1, max: 65 })
  .chain((flen) => fc.integer({ min: 0, max: Math.min(30, flen) }).map((decimal) => ({ flen, decimal })))
  .map(({ flen, decimal }): TypeSamples => {
    const limit = 10n ** BigInt(flen) - 1n;
    const unscaled = fc.oneof(fc.bigInt({ min: -limit, max: limit }), fc.constantFrom(0n, limit, -limit));
    const text = (value: bigint): string => {
      const all = String(value < 0n ? -value : value).padStart(decimal + 1, '0');
      const point = decimal === 0 ? '' : `.${all.slice(all.length - decimal)}`;
      return `${value < 0n ? '-' : ''}${all.slice(0, all.length - decimal)}${point}`;
    };
    return exact(fieldType(246, { flen, decimal }), unscaled.map(text));
  });
export const texts = fc
  .constantFrom(15, 249, 250, 251, 252, 253, 254)
  .map((tp) =>
    exact(fieldType(tp, { ...utf8mb4, flen: 300 }), fc.string({ unit: 'grapheme', maxLength: 60 })),
  );
const binaries: TypeSamples = {
  type: fieldType(15, { flen: 100 }),
  sample: fc
    .uint8Array({ maxLength: 60 })
    .map((value) => ({ value, text: Buffer.from(value).toString('hex') })),
};
const paddedBinaries: TypeSamples = {
  type: fieldType(254, { flen: 12 }),
  sample: fc
    .uint8Array({ maxLength: 12 })
    .map((value) => ({ value, text: Buffer.from(value).toString('hex').padEnd(24, '0') })),
};
const dateText = fc
  .tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 31 }))
  .map(([year, month, day]) => `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`);
const sixty = fc.integer({ min: 0, max: 59 }).map((value) => digits(value, 2));
const fraction = (fsp: number): fc.Arbitrary<string> =>
  fsp === 0 ? fc.constant('') : fc.nat(10 ** fsp - 1).map((value) => `.${digits(value, fsp)}`);
const fsp = fc.integer({ min: 0, max: 6 });
export const dates: TypeSamples = exact(fieldType(10, { decimal: 0 }), dateText);
export const times = fc.tuple(fc.constantFrom(7, 12), fsp).map(([tp, decimal]): TypeSamples => {
  const hour = fc.integer({ min: 0, max: 23 }).map((value) => digits(value, 2));
  const text = fc
    .tuple(dateText, hour, sixty, sixty, fraction(decimal))
    .map(([day, h, m, s, f]) => `${day} ${h}:${m}:${s}${f}`);
  return exact(fieldType(tp, { decimal }), text);
});
export const durations = fsp.map((decimal): TypeSamples => {
  const text = fc
    .tuple(fc.boolean(), fc.integer({ min: 0, max: 838 }), sixty, sixty, fraction(decimal))
    .map(([negative, h, m, s, f]) => {
      const clock = `${digits(h, 2)}:${m}:${s}${f}`;
      return negative && /[1-9]/.test(clock) ? `-${clock}` : clock;
    });
  return exact(fieldType(11, { decimal }), text);
});
const members = ['new', 'paid', 'Shipped', 'été', ''];
const enums = exact(fieldType(247, { ...utf8mb4, elems: members }), fc.constantFrom(...members));
const setMembers = Array.from({ length: 64 }, (_, i) => `m${i}`);
const sets = exact(
  fieldType(248, { ...utf8mb4, elems: setMembers }),
  fc.subarray(setMembers).map((chosen) => chosen.join(',')),
);
export const bits = fc.integer({ min: 1, max: 64 }).map(
  (flen): TypeSamples => ({
    type: fieldType(16, { flen, flag: 32 }),
    sample: fc
      .bigInt({ min: 0n, max: 2n ** BigInt(flen) - 1n })
      .map((value) => ({ value, text: value.toString(16).padStart(2 * Math.ceil(flen / 8), '0') })),
  }),
);
const documents: TypeSamples = {
  type: fieldType(245),
  sample: fc.json({ maxDepth: 4 }).map((value) => ({ value, parsed: JSON.parse(value) as unknown })),
};
const vectors: TypeSamples = {
  type: fieldType(225),
  sample: fc
    .array(
      fc.float(finite).map((value) => value + 0),
      { maxLength: 8 },
    )
    .map((value) => ({
      value: `[${value.join(',')}]`,
      parsed: value,
    })),
};

/** Every type, with values at and between its limits. */
export const typeSamples: fc.Arbitrary<TypeSamples> = fc.oneof(
  ints,
  uints,
  decimals,
  texts,
  times,
  durations,
  bits,
  fc.constantFrom(years, doubles, floats, binaries, paddedBinaries, dates, enums, sets, documents, vectors),
);

/** Types that a clustered key holds so that they can be read back from it. */
export const keySamples: fc.Arbitrary<TypeSamples> = fc.oneof(
  ints,
  uints,
  decimals,
  times,
  durations,
  bits,
  fc.constantFrom(years, doubles, binaries, paddedBinaries, dates, enums, sets),
);
