// The recorded truths (test/fixtures/*/truth): what the cluster itself answered at an instant, and how each of its cells
// must look in our outputs. Everything is decided by the column's type in the truth's own `ddl`, never by the value.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fixtures } from './recorded-backups.ts';

export type TruthCell = string | number | null;

export interface TruthTable {
  readonly ddl: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly TruthCell[])[];
}

export interface Truth {
  readonly tso: string;
  readonly tables: ReadonlyMap<string, TruthTable>;
}

export interface ColumnType {
  readonly name: string;
  /** The word of the DDL: `int`, `datetime`, `varbinary` … */
  readonly word: string;
  /** What stands in parentheses, as numbers; fractional digits, bits, length. */
  readonly size: readonly number[];
  readonly unsigned: boolean;
}

/** One recorded truth: `shop` t1…t7, `variants` t1…t3. */
export function readTruth(family: 'shop' | 'variants', name: string): Truth {
  const document = JSON.parse(readFileSync(`${fixtures}${family}/truth/${name}.json`, 'utf8')) as {
    readonly tso: string;
    readonly tables: Readonly<Record<string, TruthTable>>;
  };
  return { tso: document.tso, tables: new Map(Object.entries(document.tables)) };
}

/** The types of the truth's columns, in their order. */
export function columnTypes({ ddl, columns }: TruthTable): readonly ColumnType[] {
  const found = new Map<string, ColumnType>();
  for (const line of ddl.split('\n')) {
    const [, name, word, size, unsigned] = / {2}`(.+)` ([a-z]+)(?:\(([^)]*)\))?( unsigned)?/.exec(line) ?? [];
    if (name === undefined || word === undefined) continue;
    const numbers = (size ?? '').split(',').map(Number);
    found.set(name, {
      name,
      word,
      size: size === undefined ? [] : numbers,
      unsigned: unsigned !== undefined,
    });
  }
  return columns.map((name) => {
    const type = found.get(name);
    assert.ok(type, `the DDL of the truth has a column ${name}`);
    return type;
  });
}

/** The text of a cell as every one of our text outputs prints it; null for NULL. */
export function cellText(type: ColumnType, cell: TruthCell): string | null {
  if (cell === null) return null;
  const text = String(cell);
  switch (type.word) {
    case 'datetime':
    case 'timestamp':
      return withFraction(text, type.size[0] ?? 0);
    case 'bit':
      return text.toLowerCase().padStart(2 * Math.ceil((type.size[0] ?? 1) / 8), '0');
    case 'varbinary':
    case 'binary':
    case 'blob':
      return text.toLowerCase();
    case 'int':
    case 'bigint':
    case 'tinyint':
    case 'year':
    case 'double':
    case 'decimal':
    case 'date':
    case 'enum':
    case 'set':
    case 'json':
    case 'char':
    case 'varchar':
    case 'text':
      return text;
    default:
      throw new Error(`the truth has a type that nobody has thought of: ${type.word}`);
  }
}

/** The truth prints six digits after the second, whatever the column keeps; those that it does not keep are zeros. */
function withFraction(text: string, digits: number): string {
  const [seconds = '', fraction = ''] = text.split('.');
  assert.match(fraction.slice(digits), /^0*$/, `${text} has more than ${digits} digits`);
  return digits === 0 ? seconds : `${seconds}.${fraction.padEnd(digits, '0').slice(0, digits)}`;
}

const numberWords: ReadonlySet<string> = new Set(['int', 'bigint', 'tinyint', 'year', 'double']);

/** A row as its line of JSON Lines, byte for byte. */
export function jsonLine(types: readonly ColumnType[], row: readonly TruthCell[]): string {
  const members = types.map((type, i) => {
    const text = cellText(type, row[i] ?? null);
    return `${JSON.stringify(type.name)}:${text === null ? 'null' : jsonValue(type, text)}`;
  });
  return `{${members.join(',')}}`;
}

function jsonValue(type: ColumnType, text: string): string {
  if (type.word === 'json') return text;
  if (!numberWords.has(type.word)) return JSON.stringify(text);
  const isSafe = type.word === 'double' || Number.isSafeInteger(Number(text));
  return isSafe ? text : JSON.stringify(text);
}

/** All lines that a table must have, sorted: the truth's order is that of its query, ours that of the keys. */
export function truthLines(table: TruthTable): readonly string[] {
  const types = columnTypes(table);
  return table.rows.map((row) => jsonLine(types, row)).sort();
}

/** The lines of a JSON Lines text, sorted. Every line ends with a line feed. */
export function sortedLines(text: string): readonly string[] {
  const lines = text.split('\n');
  assert.equal(lines.pop(), '', 'the last line ends like the others');
  return lines.sort();
}

/** The rows of a CSV text by RFC 4180, without its header; NULL is an empty field without quotes. */
export function parseCsv(text: string): { header: readonly (string | null)[]; rows: (string | null)[][] } {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const found = field.exec(text);
    assert.ok(found, `the field at ${at} is one of RFC 4180`);
    const [, quoted, plain, end] = found;
    row.push(quoted === undefined ? plain || null : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  const header = rows.shift();
  assert.ok(header, 'there is a header');
  return { header, rows };
}

/** The row of a CSV file: doubles are compared as numbers, because TiDB and JavaScript write exponents differently. */
export function csvRow(types: readonly ColumnType[], row: readonly (TruthCell | null)[]): (string | null)[] {
  return types.map((type, i) => {
    const text = cellText(type, row[i] ?? null);
    return text === null || type.word !== 'double' ? text : String(Number(text));
  });
}

const wholeNumbers: Readonly<Record<string, string>> = {
  tinyint: 'TINYINT',
  int: 'INTEGER',
  bigint: 'BIGINT',
};

/** The type that DuckDB and Parquet must give a column. */
export function duckDbType({ word, size, unsigned }: ColumnType): string {
  const whole = wholeNumbers[word];
  if (whole !== undefined) return unsigned ? `U${whole}` : whole;
  switch (word) {
    case 'decimal':
      return `DECIMAL(${size[0]},${size[1]})`;
    case 'datetime':
    case 'timestamp':
      return 'TIMESTAMP';
    case 'bit':
    case 'varbinary':
      return 'BLOB';
    case 'date':
      return 'DATE';
    case 'double':
      return 'DOUBLE';
    case 'year':
      return 'SMALLINT';
    case 'json':
      return 'JSON';
    default:
      return 'VARCHAR';
  }
}

/** SQL that gives a column of DuckDB as the text that the truth has: six digits, hex in upper case. */
export function duckDbText(type: ColumnType, name: string): string {
  switch (duckDbType(type)) {
    case 'TIMESTAMP':
      return `strftime(${name}, '%Y-%m-%d %H:%M:%S.%f')`;
    case 'BLOB':
      return `hex(${name})`;
    default:
      return `CAST(${name} AS VARCHAR)`;
  }
}

/** A truth's cell as duckDbText gives it. */
export function duckDbCell(type: ColumnType, cell: TruthCell): string | null {
  const text = cellText(type, cell);
  if (text === null) return null;
  if (duckDbType(type) === 'TIMESTAMP') return withFraction(String(cell), 6);
  if (duckDbType(type) === 'BLOB') return text.toUpperCase();
  return type.word === 'double' ? String(Number(text)) : text;
}
