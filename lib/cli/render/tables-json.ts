// The document `pitr.tables/v1`. Field by field in docs/formats/json.md.

import { instantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { TablesView } from './report-views.ts';

export function tablesJson(view: TablesView): { readonly [key: string]: JsonValue } {
  return {
    moment: instantJson(view.moment),
    base: view.base,
    databases: view.databases.map((database) => ({
      name: database.name,
      tables: database.tables.map((table) => ({
        name: table.name,
        kind: table.kind,
        columns: table.columns,
        partitions: table.partitions,
        rowsEstimate: table.rowsEstimate,
        ddl: table.ddl,
      })),
    })),
    notes: view.notes,
  };
}
