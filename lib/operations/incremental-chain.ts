// Whether incremental snapshots can be laid over one another without losing rows that a DDL brought back: an incremental
// snapshot holds what was written since its parent, and RECOVER TABLE writes no rows (CODEC §8.5). Pure.

import { action, type DdlEvent } from '../br/codec/ddl-job.ts';
import type { SchemaBaseline } from '../br/codec/schema-versions.ts';
import { physicalIds } from '../br/codec/table-info.ts';
import { PitrError } from '../domain/errors.ts';

/** Above this are TiDB's own tables with fixed ids (CODEC §1.1). */
const LARGEST_USER_ID = 0x0000ffffffffffffn - 1000n;

/**
 * Refuses a chain in which a table appears that the snapshot before did not have although its id was given out by then:
 * ids come from one counter that only grows, so such a table was dropped before and brought back since. An id above all
 * of the snapshot before proves nothing, because the newest table may be the one that was dropped: then the DDL jobs that
 * the incremental snapshot carries tell.
 * baselines: schemas of the chain, the full snapshot's first; jobs: those of each snapshot.
 */
export function checkIncrementalChain(
  baselines: readonly SchemaBaseline[],
  jobs: readonly (readonly DdlEvent[])[],
): void {
  for (let i = 1; i < baselines.length; i++) {
    const broughtBack = idsBroughtBack(baselines[i], jobs[i] ?? []);
    const known = idsOf(baselines[i - 1]);
    let largest = 0n;
    for (const id of known.keys()) if (id > largest && id <= LARGEST_USER_ID) largest = id;
    for (const [id, name] of idsOf(baselines[i])) {
      if (known.has(id) || (id > largest && !broughtBack.has(id))) continue;
      throw new PitrError(
        'UNSUPPORTED',
        `${name} (id ${id}) is in an incremental snapshot and not in the one it builds on, though it was made before that: it was dropped and brought back between them, and its rows are in neither`,
        { hint: 'choose another base with --base', details: { table: name, id } },
      );
    }
  }
}

/** Ids of the tables of before that RECOVER, FLASHBACK TABLE or FLASHBACK DATABASE gave back their rows (CODEC §8.5, §8.7). */
function idsBroughtBack({ entries }: SchemaBaseline, jobs: readonly DdlEvent[]): ReadonlySet<bigint> {
  const done = jobs.filter(({ succeeded }) => succeeded);
  const tables = new Set(done.filter(({ type }) => type === action.recoverTable).map((job) => job.tableId));
  const dbs = new Set(
    done.filter(({ type }) => type === action.flashbackDatabase).map((job) => job.schemaId),
  );
  // What was made since the snapshot before is whole in this one, whatever became of its database.
  const made = new Set(done.flatMap(({ type, tableId, newTableId }) => madeBy(type, tableId, newTableId)));
  const ids = new Set<bigint>();
  for (const { db, table } of entries) {
    if (table === undefined || made.has(table.id)) continue;
    if (!tables.has(table.id) && !dbs.has(db.id)) continue;
    for (const id of [table.id, ...physicalIds(table)]) ids.add(id);
  }
  return ids;
}

/** The id of the table that a job made, if any. */
function madeBy(type: number, tableId: bigint, newTableId: bigint | undefined): readonly bigint[] {
  if (type === action.createTable) return [tableId];
  return type === action.truncateTable && newTableId !== undefined ? [newTableId] : [];
}

/** Physical and logical ids of all tables, with their names. */
function idsOf(baseline: SchemaBaseline): Map<bigint, string> {
  const ids = new Map<bigint, string>();
  for (const { db, table } of baseline.entries) {
    if (table === undefined) continue;
    for (const id of [table.id, ...physicalIds(table)]) ids.set(id, `${db.name}.${table.name}`);
  }
  return ids;
}
