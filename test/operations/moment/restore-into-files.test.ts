// The same truths through the real targets: DuckDB files, and folders of JSON Lines, CSV and Parquet, made by the hands
// that a person's restore has. DuckDB is asked for its own types and values.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type DuckDb, identifier, literal, openDuckDb } from '../../../lib/local/duckdb.ts';
import { hireLocally } from '../../../lib/local/engine/hire.ts';
import { threadCrew } from '../../../lib/local/engine/thread-crew.ts';
import { openDuckDbTarget } from '../../../lib/local/targets/duckdb-target.ts';
import { openFolderTarget } from '../../../lib/local/targets/folder-target.ts';
import type { WorkDeps } from '../../../lib/operations/deps.ts';
import { restoreEmbedded } from '../../../lib/operations/moment/restore-embedded.ts';
import { recordedStore, shopBucket } from '../../support/recorded-store.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import {
  type ColumnType,
  columnTypes,
  csvRow,
  duckDbCell,
  duckDbText,
  duckDbType,
  parseCsv,
  readTruth,
  sortedLines,
  type Truth,
  type TruthTable,
  truthLines,
} from '../../support/truth.ts';
import { firstBase, shopTruths, sourceOf } from './recorded-moments.ts';

const MiB = 1024 * 1024;
const shopPath = fileURLToPath(new URL(`../../fixtures/${shopBucket}`, import.meta.url));
const limits = { memoryBytes: 256 * MiB, threads: 1 };

async function shopDeps(hands: 'as it is' | 'threads' = 'as it is'): Promise<WorkDeps> {
  const backup = sourceOf(await recordedStore(shopBucket));
  const urls = { snapshots: shopPath, log: shopPath };
  return {
    backup,
    memoryBytes: 512 * MiB,
    workers: 2,
    hire:
      hands === 'as it is'
        ? hireLocally(backup, urls)
        : (job, { partFolder, spillFolder }, workers) =>
            threadCrew(
              { snapshotsUrl: shopPath, logUrl: shopPath, keys: {}, partFolder, spillFolder, job },
              workers,
            ),
    progress: () => {},
    signal: new AbortController().signal,
    monotonicMs: () => 0,
  };
}

/** Types and cells of one table (or of files that stand for one) as DuckDB sees them. */
async function assertIsTable(
  db: DuckDb,
  from: string,
  expected: TruthTable,
  typeOf: (type: ColumnType) => string = duckDbType,
): Promise<void> {
  const types = columnTypes(expected);
  const described = await db.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`);
  const declared = types.map((type) => [type.name, typeOf(type)]);
  assert.deepEqual(described, declared);
  const list = types.map((type) => duckDbText(type, identifier(type.name))).join(', ');
  const order = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  const rows = (await db.rows(`SELECT ${list} FROM ${from}`)).map((row) =>
    row.map((cell, i) => (types[i]?.word === 'double' && cell !== null ? String(Number(cell)) : cell)),
  );
  const wanted = expected.rows.map((row) => types.map((type, i) => duckDbCell(type, row[i] ?? null)));
  assert.deepEqual(rows.sort(order), wanted.sort(order));
}

async function assertIsDuckDbOf(path: string, truth: Truth): Promise<void> {
  const db = await openDuckDb({ path, readOnly: true, ...limits });
  try {
    const found = await db.rows(
      "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name <> '_pitr' ORDER BY 1",
    );
    assert.deepEqual(found.flat(), [...truth.tables.keys()].sort());
    for (const [name, table] of truth.tables) {
      const [database = '', own = ''] = name.split('.');
      await assertIsTable(db, `${identifier(database)}.${identifier(own)}`, table);
      const ddl = await db.rows(
        `SELECT ddl FROM _pitr.ddl WHERE database_name = ${literal(database)} AND table_name = ${literal(own)}`,
      );
      assert.deepEqual(ddl, [[table.ddl]]);
    }
  } finally {
    db.close();
  }
}

describe('the truths of the shop in files', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  for (const name of shopTruths) {
    test(`${name} is in a DuckDB file cell by cell, with native types and the DDL beside it`, async () => {
      const truth = readTruth('shop', name);
      const path = join(folder.path, `${name}.duckdb`);
      const target = await openDuckDbTarget(path, { ...limits, force: false });
      // The even ones from the oldest base, so that the log writes most of the rows.
      const base = Number(name.slice(1)) % 2 === 0 ? firstBase : undefined;
      await restoreEmbedded(await shopDeps(), { at: truth.tso, base }, target);
      await assertIsDuckDbOf(path, truth);
    });
  }

  for (const name of shopTruths) {
    test(`${name} is in a folder of JSON Lines byte for byte, each table in its file, with the whole schema`, async () => {
      const truth = readTruth('shop', name);
      const path = join(folder.path, `${name}-jsonl`);
      const target = await openFolderTarget(path, 'jsonl');
      const report = await restoreEmbedded(await shopDeps(), { at: truth.tso }, target);
      const files = [...truth.tables.keys()].map((table) => `${table}.jsonl`);
      assert.deepEqual((await readdir(path)).sort(), ['_pitr.json', '_schema.sql', ...files].sort());
      assert.deepEqual(report.tables.map(({ file }) => file).sort(), files.sort());
      const schema = await readFile(join(path, '_schema.sql'), 'utf8');
      for (const [table, expected] of truth.tables) {
        const text = await readFile(join(path, `${table}.jsonl`), 'utf8');
        assert.deepEqual(sortedLines(text), truthLines(expected));
        assert.ok(schema.includes(`${expected.ddl};\n`), table);
      }
    });
  }

  for (const name of ['t2', 't5', 't7']) {
    test(`${name} is in a folder of Parquet cell by cell, with the DDL in each file`, async () => {
      const truth = readTruth('shop', name);
      const path = join(folder.path, `${name}-parquet`);
      await restoreEmbedded(await shopDeps(), { at: truth.tso }, await openFolderTarget(path, 'parquet'));
      const db = await openDuckDb({ path: ':memory:', readOnly: false, ...limits });
      try {
        for (const [table, expected] of truth.tables) {
          const files = literal(join(path, table.replace('.', '/'), '*.parquet'));
          // Parquet's own JSON type is not widely read: JSON travels as text.
          const typeOf = (type: ColumnType) => (type.word === 'json' ? 'VARCHAR' : duckDbType(type));
          await assertIsTable(db, `read_parquet(${files})`, expected, typeOf);
          const ddl = await db.rows(
            `SELECT DISTINCT decode(value) FROM parquet_kv_metadata(${files}) WHERE decode(key) = 'tidb.ddl'`,
          );
          assert.deepEqual(ddl, [[expected.ddl]]);
        }
      } finally {
        db.close();
      }
    });

    test(`${name} is in a folder of CSV cell by cell`, async () => {
      const truth = readTruth('shop', name);
      const path = join(folder.path, `${name}-csv`);
      await restoreEmbedded(await shopDeps(), { at: truth.tso }, await openFolderTarget(path, 'csv'));
      for (const [table, expected] of truth.tables) {
        const types = columnTypes(expected);
        const { header, rows } = parseCsv(await readFile(join(path, `${table}.csv`), 'utf8'));
        assert.deepEqual(header, expected.columns);
        const line = (row: readonly (string | null)[]) => JSON.stringify(row);
        const normal = rows.map((row) =>
          row.map((cell, i) => (types[i]?.word === 'double' && cell !== null ? String(Number(cell)) : cell)),
        );
        assert.deepEqual(
          normal.map(line).sort(),
          expected.rows.map((row) => line(csvRow(types, row))).sort(),
        );
      }
    });
  }

  test('two threads make the same tables as the caller alone', async () => {
    const truth = readTruth('shop', 't7');
    const path = join(folder.path, 'threads');
    const target = await openFolderTarget(path, 'jsonl');
    await restoreEmbedded(await shopDeps('threads'), { at: truth.tso, base: firstBase }, target);
    for (const [table, expected] of truth.tables)
      assert.deepEqual(
        sortedLines(await readFile(join(path, `${table}.jsonl`), 'utf8')),
        truthLines(expected),
      );
  });

  test('nothing but the results is left of all these restores', async () => {
    const names = await readdir(folder.path);
    assert.deepEqual(
      names.filter((name) => name.includes('partial')),
      [],
    );
  });
});
