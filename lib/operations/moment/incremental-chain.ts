// Which tables a chain of incremental snapshots has lost the rows of, because a DDL brought them back: an incremental
// snapshot holds what was written since its parent, and RECOVER TABLE writes no rows (CODEC §8.5). Pure.

import { action, type DdlEvent } from '../../br/codec/ddl-job.ts';
import type { OlderBaseNeed } from '../../br/codec/older-base.ts';
import type { SchemaBaseline } from '../../br/codec/schema-versions.ts';
import { type DbInfo, physicalIds, type TableInfo } from '../../br/codec/table-info.ts';

/** Above this are TiDB's own tables with fixed ids (CODEC §1.1). */
const LARGEST_USER_ID = 0x0000ffffffffffffn - 1000n;

/**
 * Tables whose rows no snapshot of the chain holds: those that the snapshot before did not have although their ids were
 * given out by then. Ids come from one counter that only grows, so such a table was dropped before and brought back
 * since. An id above all of the snapshot before proves nothing, because the newest table may be the one that was
 * dropped: then the DDL jobs that the incremental snapshot carries tell.
 * baselines: schemas of the chain, the full snapshot's first; jobs: those of each snapshot.
 */
export function chainNeeds(
  baselines: readonly SchemaBaseline[],
  jobs: readonly (readonly DdlEvent[])[],
): readonly OlderBaseNeed[] {
  const needs: OlderBaseNeed[] = [];
  for (let i = 1; i < baselines.length; i++) {
    const broughtBack = idsBroughtBack(baselines[i], jobs[i] ?? []);
    const known = idsOf(baselines[i - 1]);
    let largest = 0n;
    for (const id of known.keys()) if (id > largest && id <= LARGEST_USER_ID) largest = id;
    for (const [physicalId, { db, table }] of idsOf(baselines[i])) {
      if (known.has(physicalId) || (physicalId > largest && !broughtBack.has(physicalId))) continue;
      needs.push({
        dbId: db.id,
        tableId: table.id,
        database: db.name,
        table: table.name,
        physicalId,
        partition: undefined,
        commitTs: undefined,
        reason: `the id ${physicalId} is in an incremental snapshot and not in the one it builds on, though it was given out before that: the table was dropped and brought back between them`,
        unsure: false,
      });
    }
  }
  return needs;
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

/** Physical and logical ids of all tables, with their owners. */
function idsOf(baseline: SchemaBaseline): Map<bigint, { readonly db: DbInfo; readonly table: TableInfo }> {
  const ids = new Map<bigint, { readonly db: DbInfo; readonly table: TableInfo }>();
  for (const { db, table } of baseline.entries) {
    if (table === undefined) continue;
    for (const id of [table.id, ...physicalIds(table)]) ids.set(id, { db, table });
  }
  return ids;
}
