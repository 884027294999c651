// Which Parquet and DuckDB type a column of TiDB gets (docs/formats/outputs.md has the table, and why).

import type { SchemaElement } from 'hyparquet';
import type { FieldType } from '../../br/codec/table-info.ts';

/** How the cells of a column become Parquet values. */
export type Conversion =
  | 'int32'
  | 'int64'
  | 'uint64'
  | 'float'
  | 'double'
  | 'decimal'
  | 'date'
  | 'timestamp'
  | 'bytes'
  | 'bit'
  | 'string'
  | 'text';

export interface ColumnMapping {
  readonly element: SchemaElement;
  readonly duckdbType: string;
  readonly conversion: Conversion;
  /** What a SELECT over the Parquet file must say to get duckdbType; `#` stands for the column. */
  readonly duckdbExpression: string;
}

/** MySQL type codes, CODEC §6.3. */
export const Tp = {
  tiny: 1,
  short: 2,
  int: 3,
  float: 4,
  double: 5,
  timestamp: 7,
  bigint: 8,
  mediumint: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  varchar: 15,
  bit: 16,
  vector: 225,
  json: 245,
  decimal: 246,
  enum: 247,
  set: 248,
} as const;

const UNSIGNED_FLAG = 32;
const MAX_DUCKDB_DECIMAL = 38;
const MAX_INT64_DECIMAL = 18;

/** Mapping of one column; asText forces the text that TiDB prints, for values that the native type cannot hold. */
export function mapColumn(name: string, type: FieldType, asText: boolean): ColumnMapping {
  const native = asText ? undefined : nativeMapping(type);
  const [element, duckdbType, conversion] = native ?? [stringElement, 'VARCHAR', 'text' as const];
  return {
    element: { name, repetition_type: 'OPTIONAL', ...element },
    duckdbType,
    conversion,
    duckdbExpression: duckdbType === 'FLOAT[]' ? 'CAST(# AS FLOAT[])' : '#',
  };
}

type Element = Omit<SchemaElement, 'name' | 'repetition_type'>;
type Native = readonly [Element, string, Conversion];

const stringElement: Element = {
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
};

const signedInts: Record<number, Native> = {
  [Tp.tiny]: [{ type: 'INT32', converted_type: 'INT_8' }, 'TINYINT', 'int32'],
  [Tp.short]: [{ type: 'INT32', converted_type: 'INT_16' }, 'SMALLINT', 'int32'],
  [Tp.mediumint]: [{ type: 'INT32' }, 'INTEGER', 'int32'],
  [Tp.int]: [{ type: 'INT32' }, 'INTEGER', 'int32'],
  [Tp.bigint]: [{ type: 'INT64' }, 'BIGINT', 'int64'],
};

const unsignedInts: Record<number, Native> = {
  [Tp.tiny]: [{ type: 'INT32', converted_type: 'UINT_8' }, 'UTINYINT', 'int32'],
  [Tp.short]: [{ type: 'INT32', converted_type: 'UINT_16' }, 'USMALLINT', 'int32'],
  [Tp.mediumint]: [{ type: 'INT32', converted_type: 'UINT_32' }, 'UINTEGER', 'int32'],
  [Tp.int]: [{ type: 'INT32', converted_type: 'UINT_32' }, 'UINTEGER', 'int32'],
  [Tp.bigint]: [{ type: 'INT64', converted_type: 'UINT_64' }, 'UBIGINT', 'uint64'],
};

/** undefined: written as the text that TiDB prints. */
function nativeMapping(type: FieldType): Native | undefined {
  const ints = type.flag & UNSIGNED_FLAG && type.tp !== Tp.year ? unsignedInts : signedInts;
  if (type.tp in ints) return ints[type.tp];
  switch (type.tp) {
    case Tp.year:
      return [{ type: 'INT32', converted_type: 'INT_16' }, 'SMALLINT', 'int32'];
    case Tp.float:
      return [{ type: 'FLOAT' }, 'FLOAT', 'float'];
    case Tp.double:
      return [{ type: 'DOUBLE' }, 'DOUBLE', 'double'];
    case Tp.decimal:
      return decimalMapping(type);
    case Tp.date:
      return [{ type: 'INT32', converted_type: 'DATE' }, 'DATE', 'date'];
    case Tp.datetime:
    case Tp.timestamp:
      return [timestampElement, 'TIMESTAMP', 'timestamp'];
    case Tp.bit:
      return [{ type: 'BYTE_ARRAY' }, 'BLOB', 'bit'];
    case Tp.json:
      return [stringElement, 'JSON', 'text'];
    case Tp.vector:
      return [stringElement, 'FLOAT[]', 'text'];
    // TIME reaches ±838 hours, more than any native time of day holds.
    case Tp.time:
    case Tp.enum:
    case Tp.set:
      return undefined;
    default:
      return type.charset === 'binary'
        ? [{ type: 'BYTE_ARRAY' }, 'BLOB', 'bytes']
        : [stringElement, 'VARCHAR', 'string'];
  }
}

/** Without zone: DATETIME has none, and TIMESTAMP is given in UTC (CODEC §3.3). */
const timestampElement: Element = {
  type: 'INT64',
  converted_type: 'TIMESTAMP_MICROS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
};

function decimalMapping(type: FieldType): Native | undefined {
  const precision = type.flen > 0 ? type.flen : 10;
  const scale = type.decimal > 0 ? type.decimal : 0;
  if (precision > MAX_DUCKDB_DECIMAL) return undefined;
  const storage: Element =
    precision <= MAX_INT64_DECIMAL ? { type: 'INT64' } : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16 };
  return [
    { ...storage, converted_type: 'DECIMAL', precision, scale },
    `DECIMAL(${precision},${scale})`,
    'decimal',
  ];
}
