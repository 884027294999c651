// The answer to one SQL query as the result of a restore: the parts become views of an in-memory DuckDB, the query runs
// over them, and everything is thrown away but the rows.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import type { QueryAnswer, QueryTarget, StagedRestore } from '../../ports/restore-target.ts';
import { type DuckDb, identifier, literal, openDuckDb } from '../duckdb.ts';
import { selectParquet } from './duckdb-target.ts';
import { openStaging } from './staging.ts';

export interface QueryTargetOptions {
  readonly memoryBytes: number;
  readonly threads: number;
}

/** Errors: DEPENDENCY_MISSING, LOCAL_IO. */
export async function openQueryTarget(sql: string, options: QueryTargetOptions): Promise<QueryTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'pitr-query-'));
  const staging = await openStaging(join(folder, 'moment'));
  const db = await openDuckDb({
    path: ':memory:',
    readOnly: false,
    ...options,
    temporaryFolder: join(folder, 'duckdb'),
  });
  let answer: QueryAnswer | undefined;
  return {
    form: 'parquet',
    partFolder: staging.partFolder,
    spillFolder: staging.spillFolder,
    tableNames: () => db.tableNames(sql).map(splitName).filter(isTable),
    async publish(restore) {
      await makeViews(db, staging.partFolder, restore);
      answer = await db.query(sql);
      return restore.tables.map(() => undefined);
    },
    answer() {
      if (answer === undefined)
        throw new PitrError('INTERNAL', 'a query was asked for its answer before it ran');
      return answer;
    },
    async cleanUp() {
      db.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** DuckDB's own catalogs answer for themselves. */
function isTable(parts: readonly string[]): boolean {
  const schema = parts.at(-2)?.toLowerCase();
  return schema !== 'information_schema' && schema !== 'pg_catalog';
}

/** A name as DuckDB gives it: parts with dots between, quoted where they must be. */
function splitName(name: string): string[] {
  return [...name.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
  );
}

/** A view per table, in a schema per database; a table's name alone finds it when only one database was read. */
async function makeViews(db: DuckDb, partFolder: string, restore: StagedRestore): Promise<void> {
  const databases = [...new Set(restore.tables.map(({ database }) => database))];
  for (const database of databases) await db.run(`CREATE SCHEMA IF NOT EXISTS ${identifier(database)}`);
  for (const table of restore.tables) {
    const paths = table.parts.map((part) => join(partFolder, part));
    const name = `${identifier(table.database)}.${identifier(table.name)}`;
    const select =
      table.columns.length > 0 ? selectParquet(table, paths) : 'SELECT NULL AS _pitr_no_stored_columns';
    await db.run(`CREATE VIEW ${name} AS ${select}`);
  }
  if (databases.length > 0) await db.run(`SET search_path = ${literal(databases.map(identifier).join(','))}`);
}
