// Which Parquet and DuckDB type a column of TiDB gets (docs/formats/outputs.md has the table, and why).

import type { SchemaElement } from 'hyparquet';
import { columnKind, columnScale } from '../../br/codec/column-kind.ts';
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

const MAX_DUCKDB_DECIMAL = 38;
const MAX_INT64_DECIMAL = 18;
/** Bytes of a DECIMAL that an INT64 does not hold. */
export const WIDE_DECIMAL_BYTES = 16;

/** Mapping of one column; asText forces the text that TiDB prints, for values that the native type cannot hold. */
export function mapColumn(name: string, type: FieldType, asText: boolean): ColumnMapping {
  const native = asText ? undefined : nativeMapping(type);
  const [element, duckdbType, conversion]: Native = native ?? [stringElement, 'VARCHAR', 'text'];
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

/** By the width in bits that the type code of CODEC §6.3 says. */
const intBits: Readonly<Record<number, 8 | 16 | 32 | 64>> = { 1: 8, 2: 16, 9: 32, 3: 32, 8: 64 };

const signedInts: Readonly<Record<8 | 16 | 32 | 64, Native>> = {
  8: [{ type: 'INT32', converted_type: 'INT_8' }, 'TINYINT', 'int32'],
  16: [{ type: 'INT32', converted_type: 'INT_16' }, 'SMALLINT', 'int32'],
  32: [{ type: 'INT32' }, 'INTEGER', 'int32'],
  64: [{ type: 'INT64' }, 'BIGINT', 'int64'],
};

const unsignedInts: Readonly<Record<8 | 16 | 32 | 64, Native>> = {
  8: [{ type: 'INT32', converted_type: 'UINT_8' }, 'UTINYINT', 'int32'],
  16: [{ type: 'INT32', converted_type: 'UINT_16' }, 'USMALLINT', 'int32'],
  32: [{ type: 'INT32', converted_type: 'UINT_32' }, 'UINTEGER', 'int32'],
  64: [{ type: 'INT64', converted_type: 'UINT_64' }, 'UBIGINT', 'uint64'],
};

/** undefined: written as the text that TiDB prints. */
function nativeMapping(type: FieldType): Native | undefined {
  const kind = columnKind(type);
  switch (kind) {
    case 'int':
      return signedInts[intBits[type.tp]];
    case 'uint':
      return unsignedInts[intBits[type.tp]];
    case 'year':
      return signedInts[16];
    case 'float':
      return [{ type: 'FLOAT' }, 'FLOAT', 'float'];
    case 'double':
      return [{ type: 'DOUBLE' }, 'DOUBLE', 'double'];
    case 'decimal':
      return decimalMapping(type);
    case 'date':
      return [{ type: 'INT32', converted_type: 'DATE' }, 'DATE', 'date'];
    case 'datetime':
    case 'timestamp':
      return [timestampElement, 'TIMESTAMP', 'timestamp'];
    case 'bit':
      return [{ type: 'BYTE_ARRAY' }, 'BLOB', 'bit'];
    case 'binary':
      return [{ type: 'BYTE_ARRAY' }, 'BLOB', 'bytes'];
    case 'text':
      return [stringElement, 'VARCHAR', 'string'];
    case 'json':
      return [stringElement, 'JSON', 'text'];
    case 'vector':
      return [stringElement, 'FLOAT[]', 'text'];
    // TIME reaches ±838 hours, more than any native time of day holds.
    case 'time':
    case 'enum':
    case 'set':
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** Without zone: DATETIME has none, and TIMESTAMP is given in UTC (CODEC §3.3). */
const timestampElement: Element = {
  type: 'INT64',
  converted_type: 'TIMESTAMP_MICROS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
};

function decimalPrecision(type: FieldType): number {
  return type.flen > 0 ? type.flen : 10;
}

/** Whether a DECIMAL needs more than an INT64. */
export function isWideDecimal(type: FieldType): boolean {
  return decimalPrecision(type) > MAX_INT64_DECIMAL;
}

function decimalMapping(type: FieldType): Native | undefined {
  const precision = decimalPrecision(type);
  const scale = columnScale(type);
  if (precision > MAX_DUCKDB_DECIMAL) return undefined;
  const storage: Element = isWideDecimal(type)
    ? { type: 'FIXED_LEN_BYTE_ARRAY', type_length: WIDE_DECIMAL_BYTES }
    : { type: 'INT64' };
  return [
    { ...storage, converted_type: 'DECIMAL', precision, scale },
    `DECIMAL(${precision},${scale})`,
    'decimal',
  ];
}
