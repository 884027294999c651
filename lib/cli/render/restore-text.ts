// `pitr restore` for a person: what was written, how much, how fast, and what to try next.

import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatBytes, formatCount, formatDuration, formatSpeed, plural } from './quantity.ts';
import type { RestoreView } from './report-views.ts';
import { snapshotName } from './snapshots-text.ts';
import { listTable } from './text-table.ts';
import { oneLine } from './text-width.ts';

/** The page as lines. */
export function restoreText(view: RestoreView, page: TextPage): readonly string[] {
  const { style } = page;
  const right = 'right' as const;
  const files = view.tables.some((table) => table.file !== undefined);
  const columns = [
    { title: 'table', paint: style.strong },
    { title: 'rows', align: right },
    ...(files ? [{ title: 'file' }] : []),
  ];
  const rows = view.tables.map((table) => [
    `${table.database}.${table.name}`,
    formatCount(table.rows),
    ...(files ? [table.file ?? ''] : []),
  ]);
  const speed = view.bytesRead > 1_000_000n ? `, ${formatSpeed(Number(view.bytesRead), view.elapsedMs)}` : '';
  return [
    `${style.strong('Restored')} ${style.good(instantText(view.moment))}  ${style.accent(String(view.moment))}`,
    style.faint(`from ${snapshotName(view.base)}`),
    '',
    ...(rows.length === 0 ? ['  no tables'] : listTable(columns, rows, style, '  ')),
    '',
    `${plural(view.rows, 'row')} of ${plural(view.tables.length, 'table')}; ${formatBytes(view.bytesRead)} read in ${formatDuration(view.elapsedMs)}${speed}`,
    `${style.faint('written to')} ${style.strong(oneLine(view.target.path))}`,
    ...nextStep(view, page),
  ];
}

/** One command that opens what was written. */
function nextStep(view: RestoreView, page: TextPage): readonly string[] {
  const table = view.tables.reduce<RestoreView['tables'][number] | undefined>(
    (largest, candidate) => (largest === undefined || candidate.rows > largest.rows ? candidate : largest),
    undefined,
  );
  if (table === undefined) return [];
  const step = stepFor(view, table);
  return step === undefined ? [] : [`${page.style.faint('try       ')} ${step}`];
}

function stepFor(view: RestoreView, table: RestoreView['tables'][number]): string | undefined {
  const path = quoteForShell(oneLine(view.target.path));
  const file =
    table.file === undefined
      ? undefined
      : quoteForShell(`${view.target.path.replace(/\/$/, '')}/${table.file}`);
  switch (view.target.kind) {
    case 'duckdb':
      return `duckdb ${path} 'FROM ${quoteName(table.database)}.${quoteName(table.name)} LIMIT 5'`;
    case 'parquet':
      return file === undefined
        ? undefined
        : `duckdb -c "FROM '${file.replaceAll("'", '')}/*.parquet' LIMIT 5"`;
    default:
      return file === undefined ? undefined : `head -n 3 ${file}`;
  }
}

function quoteForShell(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
