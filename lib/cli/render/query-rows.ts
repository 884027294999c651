// The answer of `pitr query` for a program: CSV (RFC 4180), JSON Lines, or the document `pitr.query/v1`.

import { instantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { QueryView } from './report-views.ts';

type Cell = QueryView['rows'][number][number];

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

/** With a header; NULL is an empty field without quotes, an empty text is `""`. Lines end as RFC 4180 says. */
export function queryCsv(view: QueryView): string {
  const header = view.columns.map((column) => csvCell(column.name));
  return [header, ...view.rows.map((row) => row.map(csvCell))]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  const text = String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An object per row, keys in the order of the columns; columns of the same name get a number behind. */
export function queryJsonLines(view: QueryView): string {
  const names = uniqueNames(view.columns.map((column) => column.name)).map((name) => JSON.stringify(name));
  return view.rows
    .map(
      (row) => `{${row.map((cell, index) => `${names[index] ?? '""'}:${JSON.stringify(cell)}`).join(',')}}\n`,
    )
    .join('');
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
