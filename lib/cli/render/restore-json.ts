// The document `pitr.restore/v1`. Field by field in docs/formats/json.md.

import { instantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { RestoreView } from './report-views.ts';

export function restoreJson(view: RestoreView): { readonly [key: string]: JsonValue } {
  return {
    moment: instantJson(view.moment),
    base: view.base,
    target: { kind: view.target.kind, path: view.target.path },
    tables: view.tables.map((table) => ({
      database: table.database,
      name: table.name,
      rows: table.rows,
      file: table.file,
    })),
    rows: view.rows,
    bytesRead: view.bytesRead,
    elapsedMs: Math.round(view.elapsedMs),
    notes: view.notes,
  };
}
