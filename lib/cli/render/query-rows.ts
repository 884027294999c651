// The answer of `pitr query` for a program: CSV (RFC 4180), JSON Lines, or the document `pitr.query/v1`.

import type { QueryColumn, QueryRow } from '../../ports/restore-target.ts';
import { instantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { QueryView } from './report-views.ts';

type Cell = QueryRow[number];

export function queryJson(view: QueryView): { readonly [key: string]: JsonValue } {
  return {
    moment: instantJson(view.moment),
    columns: view.columns.map((column) => ({ name: column.name, type: column.type })),
    rows: view.rows,
    rowCount: view.rows.length,
    tablesRead: view.tablesRead,
    notes: view.notes,
  };
}

/** How rows become lines, batch by batch. */
export interface RowLines {
  /** Text before the first row. */
  readonly head: string;
  readonly lines: (rows: readonly QueryRow[]) => string;
}

/** With a header; NULL is an empty field without quotes, an empty text is `""`. Lines end as RFC 4180 says. */
export function csvLines(columns: readonly QueryColumn[]): RowLines {
  const line = (cells: readonly Cell[]) => `${cells.map(csvCell).join(',')}\r\n`;
  return { head: line(columns.map(({ name }) => name)), lines: (rows) => rows.map(line).join('') };
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  const text = cellText(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cell as text: lists and structs of DuckDB as JSON. */
export function cellText(cell: Cell): string {
  return typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : String(cell);
}

/** An object per row, keys in the order of the columns; columns of the same name get a number behind. */
export function jsonLines(columns: readonly QueryColumn[]): RowLines {
  const names = uniqueNames(columns.map((column) => column.name)).map((name) => JSON.stringify(name));
  const line = (row: QueryRow) =>
    `{${row.map((cell, index) => `${names[index] ?? '""'}:${JSON.stringify(cell)}`).join(',')}}\n`;
  return { head: '', lines: (rows) => rows.map(line).join('') };
}

function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let number = 2; taken.has(unique); number += 1) unique = `${name}_${number}`;
    taken.add(unique);
    return unique;
  });
}
