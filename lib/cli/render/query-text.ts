// The answer of `pitr query` for a person: a table in a frame, numbers to the right, NULL told apart from empty text,
// and how many rows there are.

import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatCount, plural } from './quantity.ts';
import { cellText } from './query-rows.ts';
import type { QueryView } from './report-views.ts';
import { boxTable } from './text-table.ts';

/** Wider cells are cut: --format csv, jsonl or --json print them whole. */
const widestCell = 60;

/** The page as lines. */
export function queryText(view: QueryView, page: TextPage): readonly string[] {
  const { style } = page;
  const columns = view.columns.map((column, index) => ({
    title: column.name,
    align: isNumeric(column.type, view, index) ? ('right' as const) : ('left' as const),
    maxWidth: widestCell,
  }));
  const rows = view.rows.map((row) => row.map((cell) => (cell === null ? 'NULL' : cellText(cell))));
  const read = view.tablesRead.length === 0 ? '' : `, read ${view.tablesRead.join(', ')}`;
  return [
    ...(columns.length === 0 ? [] : boxTable(columns, rows, style)),
    style.faint(`${rowCount(view)} as of ${instantText(view.moment)}${read}`),
  ];
}

function rowCount({ rows, more }: QueryView): string {
  if (!more) return plural(rows.length, 'row');
  return `the first ${formatCount(rows.length)} rows (--format csv or jsonl prints all)`;
}

function isNumeric(type: string, view: QueryView, index: number): boolean {
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL|DOUBLE|FLOAT|REAL)\b/i.test(type)) return true;
  return type === '' && view.rows.length > 0 && view.rows.every((row) => typeof row[index] === 'number');
}
