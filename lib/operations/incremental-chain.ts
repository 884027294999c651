// Whether incremental snapshots can be laid over one another without losing rows that a DDL brought back: an incremental
// snapshot holds what was written since its parent, and RECOVER TABLE writes no rows (CODEC §8.5). Pure.

import type { SchemaBaseline } from '../br/codec/schema-versions.ts';
import { physicalIds } from '../br/codec/table-info.ts';
import { PitrError } from '../domain/errors.ts';

/** Above this are TiDB's own tables with fixed ids (CODEC §1.1). */
const LARGEST_USER_ID = 0x0000ffffffffffffn - 1000n;

/**
 * Refuses a chain in which a table appears that the snapshot before did not have although its id was given out by then:
 * ids come from one counter that only grows, so such a table was dropped before and brought back since.
 * baselines: schemas of the chain, the full snapshot's first.
 */
export function checkIncrementalChain(baselines: readonly SchemaBaseline[]): void {
  for (let i = 1; i < baselines.length; i++) {
    const known = idsOf(baselines[i - 1]);
    let largest = 0n;
    for (const id of known.keys()) if (id > largest && id <= LARGEST_USER_ID) largest = id;
    for (const [id, name] of idsOf(baselines[i])) {
      if (id > largest || known.has(id)) continue;
      throw new PitrError(
        'UNSUPPORTED',
        `${name} (id ${id}) is in an incremental snapshot and not in the one it builds on, though its id is older: it was dropped and brought back between them, and its rows are in neither`,
        { hint: 'choose another base with --base', details: { table: name, id } },
      );
    }
  }
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
