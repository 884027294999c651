// `pitr tables` for a person: one line a table below its database, and the CREATE statements when asked for.

import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatCount, plural } from './quantity.ts';
import type { DatabaseView, TablesView } from './report-views.ts';
import { snapshotName } from './snapshots-text.ts';
import { listTable } from './text-table.ts';
import { oneLine } from './text-width.ts';

/** The page as lines. */
export function tablesText(
  view: TablesView,
  page: TextPage,
  shown: { readonly ddl: boolean },
): readonly string[] {
  const { style } = page;
  const tables = view.databases.reduce((sum, database) => sum + database.tables.length, 0);
  const head = [
    `${style.strong(`${plural(tables, 'table')} in ${plural(view.databases.length, 'database')}`)} as of ${style.good(instantText(view.moment))}  ${style.accent(String(view.moment))}`,
    style.faint(`from ${snapshotName(view.base)}`),
  ];
  if (tables === 0) return head;
  if (shown.ddl) return [...head, ...view.databases.flatMap((database) => ddlLines(database, page))];
  const rows = view.databases.flatMap((database) =>
    database.tables.map((table) => [
      database.name,
      table.name,
      table.kind,
      table.kind === 'sequence' ? '' : String(table.columns),
      table.partitions === 0 ? '' : String(table.partitions),
      table.rowsEstimate === undefined ? '' : `~ ${formatCount(table.rowsEstimate)}`,
    ]),
  );
  const right = 'right' as const;
  const columns = [
    { title: 'database' },
    { title: 'table', paint: style.strong },
    { title: 'kind' },
    { title: 'columns', align: right },
    { title: 'partitions', align: right },
    { title: 'rows', align: right },
  ];
  const empty = view.databases.filter((database) => database.tables.length === 0);
  const without = `  without tables: ${empty.map(({ name }) => oneLine(name)).join(', ')}`;
  return [
    ...head,
    '',
    ...listTable(columns, rows, style, '  '),
    ...(empty.length === 0 ? [] : ['', style.faint(without)]),
  ];
}

/** As statements that TiDB takes back. */
function ddlLines(database: DatabaseView, page: TextPage): readonly string[] {
  const tables = database.tables.flatMap((table) => ['', ...`${table.ddl};`.split('\n')]);
  return ['', page.style.faint(`-- database ${oneLine(database.name)}`), ...tables];
}
