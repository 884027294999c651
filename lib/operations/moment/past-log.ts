// The refusal of tables into which an import or a restore wrote after the base: files that were put into the storage are in
// no log, and nothing else in the backup tells which rows they held (FACTS §4.5).

import type { SchemaHistory, TableAt } from '../../br/codec/schema-history.ts';
import { PitrError } from '../../domain/errors.ts';
import { describeTs } from '../../domain/ts.ts';

/** Errors: MOMENT_NOT_IN_WINDOW naming the tables, when one of them was in import or restore mode in [baseTs, ts]. */
export function refusePastLog(
  history: SchemaHistory,
  tables: readonly TableAt[],
  baseTs: bigint,
  ts: bigint,
): void {
  const names = new Map(tables.map(({ db, table }) => [table.id, `${db.name}.${table.name}`]));
  const found = history.pastLogWrites(new Set(names.keys()), baseTs, ts);
  if (found.length === 0) return;
  const [{ tableId, mode, sinceTs }] = found;
  const all = found.map((one) => names.get(one.tableId) ?? String(one.tableId));
  const others = found.length > 1 ? ` and ${found.length - 1} more` : '';
  throw new PitrError(
    'MOMENT_NOT_IN_WINDOW',
    `${names.get(tableId)}${others} cannot be read at ${describeTs(ts)}: it was in ${mode} mode at ${describeTs(sinceTs)}, and the rows that came in then are in no log`,
    {
      hint: `leave them out with --tables '${all.map((name) => `!${name}`).join(',')}', or choose a moment before it or after the next snapshot`,
      details: { tables: all, moment: ts, since: sinceTs },
    },
  );
}
