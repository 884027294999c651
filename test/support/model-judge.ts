// Whether a restore is right, and whether a refusal is: judged by the model alone.

import assert from 'node:assert/strict';
import type { ModelDatabase } from '../../lib/sim/model-database.ts';
import { publicState, rowIdsOf } from '../../lib/sim/model-schema.ts';
import type { RestoredJson } from './model-backup.ts';
import { expectedJson } from './model-cells.ts';

/** Every table, every row in key order, every cell. */
export function assertContents(model: ModelDatabase, ts: bigint, { rows, report }: RestoredJson): void {
  const contents = model.contentsAt(ts);
  const names = contents.map(({ database, table }) => `${database}.${table.name}`);
  assert.deepEqual([...rows.keys()].sort(), [...names].sort());
  let total = 0;
  for (const { database, table, rows: expected } of contents) {
    const name = `${database}.${table.name}`;
    const found = rows.get(name) ?? [];
    const columns = table.columns.filter(({ state }) => state === publicState);
    assert.equal(found.length, expected.length, `rows of ${name}`);
    total += found.length;
    for (const [i, { cells, rawKey }] of expected.entries()) {
      const row = columns.map((column, c) => [
        column.name,
        expectedJson(column.type, cells[c], found[i][c]?.[1]),
      ]);
      assert.deepEqual(found[i], row, `row ${i} of ${name}, key ${Buffer.from(rawKey).toString('hex')}`);
    }
  }
  assert.equal(report.rows, BigInt(total));
}

/** Physical ids that are read at `ts`. */
function readIds(model: ModelDatabase, ts: bigint): ReadonlySet<bigint> {
  const tables = [...model.schemaAt(ts).values()]
    .filter(({ state }) => state === publicState)
    .flatMap((db) => [...db.tables.values()].filter(({ state }) => state === publicState));
  return new Set(tables.flatMap(rowIdsOf));
}

/**
 * Whether some table of `ts` was there before `before`, was not there then, and came back: its rows are neither in a
 * snapshot of that time nor in the log after it.
 */
export function cameBack(model: ModelDatabase, before: bigint, ts: bigint): boolean {
  const there = readIds(model, before);
  const candidates = [...readIds(model, ts)].filter((id) => !there.has(id));
  return candidates.some((id) =>
    model.transactions.some(({ commitTs }) => commitTs < before && readIds(model, commitTs).has(id)),
  );
}
