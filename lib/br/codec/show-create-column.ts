// One column as a line of SHOW CREATE TABLE. It must not decide which columns are shown.
// Equal to the letter for every recorded table; forms that none of them has follow TiDB's public documentation.
import { PitrError } from '../../domain/errors.ts';
import type { JsonObject } from './lossless-json.ts';
import { defaultCollation, quotedName, quotedText } from './sql-text.ts';
import type { ColumnInfo, FieldType, TableInfo } from './table-info.ts';

/** Type codes of CODEC §6.3. */
const type = {
  tiny: 1,
  float: 4,
  double: 5,
  timestamp: 7,
  time: 11,
  datetime: 12,
  year: 13,
  bit: 16,
  vector: 225,
  decimal: 246,
  enum: 247,
  set: 248,
  char: 254,
} as const;

/** Flag bits of CODEC §6.3. */
export const flag = {
  notNull: 1,
  primary: 2,
  unsigned: 32,
  zerofill: 64,
  binary: 128,
  autoIncrement: 512,
  noDefault: 4096,
  onUpdateNow: 8192,
} as const;

const names: Readonly<Record<number, string>> = {
  1: 'tinyint',
  2: 'smallint',
  3: 'int',
  4: 'float',
  5: 'double',
  6: 'null',
  7: 'timestamp',
  8: 'bigint',
  9: 'mediumint',
  10: 'date',
  11: 'time',
  12: 'datetime',
  13: 'year',
  15: 'varchar',
  16: 'bit',
  225: 'vector',
  245: 'json',
  246: 'decimal',
  247: 'enum',
  248: 'set',
  249: 'tinytext',
  250: 'mediumtext',
  251: 'longtext',
  252: 'text',
  253: 'var_string',
  254: 'char',
  255: 'geometry',
};

const integers: ReadonlySet<number> = new Set([1, 2, 3, 8, 9]);
const withLength: ReadonlySet<number> = new Set([type.bit, 15, 253, type.char]);
const textTypes: ReadonlySet<number> = new Set([15, 249, 250, 251, 252, 253, type.char]);
const unspecified = -1;

/** Lengths that stand for an unspecified one, by type. */
const defaultLengths: Readonly<Record<number, number>> = {
  1: 4,
  2: 6,
  3: 11,
  4: 12,
  5: 22,
  8: 20,
  9: 9,
  15: 5,
  16: 1,
  246: 10,
  254: 1,
};

function typeName(of: FieldType): string {
  const name = Object.hasOwn(names, of.tp) ? names[of.tp] : undefined;
  if (name === undefined) {
    throw new PitrError('UNSUPPORTED', `column type ${of.tp} is not known, expected one that TiDB 9.0 has`, {
      hint: 'leave the table out with --tables, or use a newer version of pitr',
    });
  }
  if (of.charset !== 'binary') return name;
  if (of.tp === 249 || of.tp === 250 || of.tp === 251 || of.tp === 252) return name.replace('text', 'blob');
  return of.tp === 15 || of.tp === 253 || of.tp === type.char ? name.replace('char', 'binary') : name;
}

function typeSuffix(of: FieldType): string {
  const length = of.flen === unspecified ? (defaultLengths[of.tp] ?? 0) : of.flen;
  const decimal = of.decimal > 0 ? of.decimal : 0;
  if (integers.has(of.tp)) {
    const shown = (of.flag & flag.zerofill) !== 0 || (of.tp === type.tiny && length === 1);
    return shown ? `(${length})` : '';
  }
  if (withLength.has(of.tp)) return `(${length})`;
  switch (of.tp) {
    case type.enum:
    case type.set:
      return `(${of.elems.map(quotedText).join(',')})`;
    case type.timestamp:
    case type.datetime:
    case type.time:
      return decimal > 0 ? `(${decimal})` : '';
    case type.float:
    case type.double:
      return decimal > 0 ? `(${length},${decimal})` : '';
    case type.decimal:
      return `(${length},${decimal})`;
    case type.year:
      return `(${of.flen})`;
    case type.vector:
      return of.flen === unspecified ? '' : `(${of.flen})`;
    default:
      return '';
  }
}

/**
 * The type of a column as SHOW CREATE TABLE prints it: display widths of integers only with ZEROFILL and for
 * TINYINT(1) [recorded data]. Errors: UNSUPPORTED for a type code that is not known.
 */
export function columnTypeText(of: FieldType): string {
  const plain = of.tp === type.bit || of.tp === type.year;
  const unsigned = (of.flag & flag.unsigned) !== 0 && !plain ? ' unsigned' : '';
  const zerofill = (of.flag & flag.zerofill) !== 0 && of.tp !== type.year ? ' zerofill' : '';
  return `${typeName(of)}${typeSuffix(of)}${unsigned}${zerofill}`;
}

function charsetText(of: FieldType, tableCharset: string, tableCollate: string): string {
  const isText = textTypes.has(of.tp) && (of.flag & flag.binary) === 0;
  if (!isText && of.tp !== type.enum && of.tp !== type.set) return '';
  const charset = of.charset === tableCharset ? '' : ` CHARACTER SET ${of.charset}`;
  const usual = defaultCollation(of.charset);
  const collate = of.collate !== tableCollate || (usual !== undefined && usual !== of.collate);
  return collate ? `${charset} COLLATE ${of.collate}` : charset;
}

/** b'…' of the bytes, without leading zeros. */
function bitLiteral(base64: string): string {
  const digits = Array.from(atob(base64), (one) => one.charCodeAt(0).toString(2).padStart(8, '0')).join('');
  return `b'${digits.replace(/^0+(?=.)/, '') || '0'}'`;
}

function bitDefault(column: ColumnInfo): string {
  if (column.defaultBit !== undefined && /^[A-Za-z0-9+/]*={0,2}$/.test(column.defaultBit)) {
    return bitLiteral(column.defaultBit);
  }
  return bitLiteral(btoa(String(column.defaultValue)));
}

function defaultText(column: ColumnInfo): string {
  const { defaultValue } = column;
  const { tp, flag: flags, decimal } = column.type;
  if (column.defaultBit !== undefined && tp === type.bit) return ` DEFAULT ${bitDefault(column)}`;
  if (defaultValue === null) {
    if ((flags & flag.notNull) !== 0) return '';
    return tp === type.timestamp ? ' NULL DEFAULT NULL' : ' DEFAULT NULL';
  }
  const precision = decimal > 0 ? `(${decimal})` : '';
  if (defaultValue === 'CURRENT_TIMESTAMP') return ` DEFAULT CURRENT_TIMESTAMP${precision}`;
  if (defaultValue === 'CURRENT_DATE') return ` DEFAULT (CURRENT_DATE${precision})`;
  const text = String(defaultValue);
  if (column.defaultIsExpr) return ` DEFAULT (${text})`;
  return tp === type.bit ? ` DEFAULT ${bitDefault(column)}` : ` DEFAULT ${quotedText(text)}`;
}

function nullAndDefault(column: ColumnInfo): string {
  const { flag: flags, decimal } = column.type;
  if ((flags & flag.autoIncrement) !== 0) return ' NOT NULL AUTO_INCREMENT';
  const notNull = (flags & flag.notNull) !== 0 ? ' NOT NULL' : '';
  const usual = (flags & flag.noDefault) === 0 && column.generatedExpr === '' ? defaultText(column) : '';
  const precision = decimal > 0 ? `(${decimal})` : '';
  const onUpdate = (flags & flag.onUpdateNow) !== 0 ? ` ON UPDATE CURRENT_TIMESTAMP${precision}` : '';
  return `${notNull}${usual}${onUpdate}`;
}

function generatedText(column: ColumnInfo): string {
  if (column.generatedExpr === '') return '';
  return ` GENERATED ALWAYS AS (${column.generatedExpr}) ${column.generatedStored ? 'STORED' : 'VIRTUAL'}`;
}

/** Range bits that AUTO_RANDOM(s) means when it does not name them. */
const defaultRangeBits = 64n;

function autoRandomText(table: TableInfo, column: ColumnInfo): string {
  const raw = table.raw as JsonObject;
  const shard = raw['auto_random_bits'];
  if (typeof shard !== 'bigint' || shard === 0n) return '';
  const clustered = table.isCommonHandle ? table.indexes.find((one) => one.primary) : undefined;
  const first = clustered?.columns[0];
  const isHandle = table.pkIsHandle
    ? (column.type.flag & flag.primary) !== 0
    : first !== undefined && table.columns[first.offset] === column;
  if (!isHandle) return '';
  const range = raw['auto_random_range_bits'];
  const named = typeof range === 'bigint' && range !== 0n && range !== defaultRangeBits ? `, ${range}` : '';
  return ` /*T![auto_rand] AUTO_RANDOM(${shard}${named}) */`;
}

/**
 * `` `name` type … `` of one column, without indentation and comma. TIMESTAMP defaults are printed in UTC, as the
 * documents hold them since version 1 (CODEC §6.1); TiDB prints them in the session's zone.
 */
export function columnText(
  table: TableInfo,
  column: ColumnInfo,
  tableCharset: string,
  tableCollate: string,
): string {
  return [
    `${quotedName(column.name)} ${columnTypeText(column.type)}`,
    charsetText(column.type, tableCharset, tableCollate),
    generatedText(column),
    nullAndDefault(column),
    autoRandomText(table, column),
    column.comment === '' ? '' : ` COMMENT ${quotedText(column.comment)}`,
  ].join('');
}
