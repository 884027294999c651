// `pitr query`: SQL over one moment. Only the tables that the SQL names are read, into Parquet that DuckDB looks at.

import type { TableAt } from '../../br/codec/schema-history.ts';
import { PitrError } from '../../domain/errors.ts';
import { describeTs } from '../../domain/ts.ts';
import type { QueryTarget } from '../../ports/restore-target.ts';
import type { WorkDeps } from '../deps.ts';
import { openMomentFor } from './open-moment.ts';
import { restoreOpened } from './restore-embedded.ts';

export interface QueryInput {
  readonly at: string;
  readonly sql: string;
  readonly base?: string | undefined;
}

export interface QueryReport {
  readonly moment: bigint;
  /** `database.table`, as they are called in the backup. */
  readonly tablesRead: readonly string[];
  readonly notes: readonly string[];
}

/**
 * target: made for the SQL and the reader of its answer; cleaned up here. Errors: INVALID_QUERY, TABLE_NOT_FOUND, and
 * those of restoreOpened.
 */
export async function queryMoment(
  deps: WorkDeps,
  input: QueryInput,
  target: QueryTarget,
): Promise<QueryReport> {
  try {
    const named = target.tableNames();
    const opened = await openMomentFor(deps, input, (tables, ts) => chooseNamed(named, tables, ts));
    const restored = await restoreOpened(deps, opened, target);
    return {
      moment: opened.moment.ts,
      tablesRead: opened.tables.map(fullName),
      notes: restored.notes,
    };
  } finally {
    await target.cleanUp();
  }
}

/** The tables that names in SQL mean: `database.table`, or `table` where only one database has it. */
function chooseNamed(
  named: readonly (readonly string[])[],
  tables: readonly TableAt[],
  ts: bigint,
): readonly TableAt[] {
  const chosen = new Set<TableAt>();
  for (const parts of named) {
    const [table = '', database] = [...parts].reverse().map((part) => part.toLowerCase());
    const found = tables.filter(
      (one) =>
        one.table.name.toLowerCase() === table &&
        (database === undefined || one.db.name.toLowerCase() === database),
    );
    if (found.length === 0) throw notFound(parts.join('.'), table, tables, ts);
    if (found.length > 1) throw ambiguous(parts.join('.'), found);
    chosen.add(found[0]);
  }
  return [...chosen];
}

function notFound(name: string, table: string, tables: readonly TableAt[], ts: bigint): PitrError {
  const near = tables.filter((one) => one.table.name.toLowerCase() === table).map(fullName);
  const all = tables.map(fullName);
  const shown = (near.length > 0 ? near : all).slice(0, 12);
  const more = near.length === 0 && all.length > shown.length ? ` and ${all.length - shown.length} more` : '';
  return new PitrError('TABLE_NOT_FOUND', `there is no table ${name} at ${describeTs(ts)}`, {
    hint: `there are ${shown.join(', ')}${more}; a table that was dropped or renamed is there at an earlier moment`,
    details: { table: name, tables: all },
  });
}

function ambiguous(name: string, found: readonly TableAt[]): PitrError {
  const names = found.map(fullName);
  return new PitrError('TABLE_NOT_FOUND', `${name} is in several databases: ${names.join(', ')}`, {
    hint: `write the one that is meant, for example ${names[0]}`,
    details: { table: name, tables: names },
  });
}

function fullName({ db, table }: TableAt): string {
  return `${db.name}.${table.name}`;
}
