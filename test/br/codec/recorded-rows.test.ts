import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fixtures } from '../../support/recorded-schemas.ts';
import { type RecordedTable, recordedTables } from './recorded-rows.ts';

type TruthCell = string | number | null;
interface TruthTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly TruthCell[])[];
}

function truth(folder: string, name: string): Readonly<Record<string, TruthTable>> {
  const text = readFileSync(join(fixtures, folder, 'truth', `${name}.json`), 'utf8');
  return (JSON.parse(text) as { tables: Record<string, TruthTable> }).tables;
}

/** The truth was read by a client: numbers as JSON numbers, six fraction digits everywhere, hex in upper case, without a leading zero. */
function asClientShows(cell: string | null, expected: TruthCell): TruthCell {
  if (cell === null || expected === null) return cell;
  if (typeof expected === 'number') return Number(cell);
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/.test(expected)) {
    return cell.includes('.') ? cell.padEnd(26, '0') : `${cell}.000000`;
  }
  const isHex = /^[0-9A-F]+$/.test(expected) && /^([0-9a-f]{2})+$/.test(cell);
  return isHex && cell.replace(/^0/, '') === expected.toLowerCase().replace(/^0/, '') ? expected : cell;
}

const keyOf = (table: string, row: readonly TruthCell[]): string =>
  table === 'audit.hourly' ? `${row[0]} ${row[1]}` : String(row[0]);

/** Rows of `found` that the truth has too, cell by cell; rows of the truth whose key is not in `found` are `absent`. */
function compare(
  name: string,
  found: RecordedTable,
  expected: TruthTable,
): { equal: number; absent: number } {
  assert.deepEqual(found.columns, expected.columns, name);
  const byKey = new Map(found.rows.map((row) => [keyOf(name, row), row]));
  let equal = 0;
  let absent = 0;
  for (const row of expected.rows) {
    const own = byKey.get(keyOf(name, row));
    if (own === undefined) absent++;
    else if (row.every((cell, i) => asClientShows(own[i]!, cell) === cell)) equal++;
  }
  return { equal, absent };
}

for (const name of ['snapshot-v1', 'snapshot-lz4', 'snapshot-snappy', 'snapshot-stats']) {
  test(`every cell of ${name} is the one that SQL gave`, async () => {
    const tables = await recordedTables(`variants/storage/${name}`);
    for (const [table, expected] of Object.entries(truth('variants', 't1'))) {
      const found = tables.get(table)!;
      assert.equal(found.rows.length, expected.rows.length, table);
      assert.deepEqual(compare(table, found, expected), { equal: expected.rows.length, absent: 0 }, table);
    }
  });
}

test('every cell of the second snapshot of the shop is the one that SQL gave a moment before', async () => {
  const tables = await recordedTables('shop/bucket/backup-data/snapshot-20261122042455');
  for (const [table, expected] of Object.entries(truth('shop', 't2'))) {
    const found = tables.get(table)!;
    assert.deepEqual(compare(table, found, expected), { equal: expected.rows.length, absent: 0 }, table);
  }
});

test('rows of system tables with their many types decode, and each cell is a JSON value', async () => {
  const tables = await recordedTables('shop/bucket/backup-data/snapshot-20261122042552');
  let cells = 0;
  for (const [name, table] of tables) {
    for (const row of table.json) {
      for (const cell of row) {
        assert.doesNotThrow(() => JSON.parse(cell), `${name}: ${cell}`);
        cells++;
      }
    }
  }
  assert.ok(tables.size > 50 && cells > 5000, `${tables.size} tables, ${cells} cells`);
});
