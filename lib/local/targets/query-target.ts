// The answer to one SQL query as the result of a restore: the parts become views of an in-memory DuckDB, the query runs
// over them, its rows go to the reader as they come, and nothing is kept.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import type { AnswerReader, QueryTarget, StagedRestore, StagedTable } from '../../ports/restore-target.ts';
import { type DuckDb, identifier, literal, openDuckDb } from '../duckdb.ts';
import { selectParquet } from './duckdb-target.ts';
import { openStaging } from './staging.ts';

export interface QueryTargetOptions {
  readonly memoryBytes: number;
  readonly threads: number;
  /** Stops a query that runs. */
  readonly signal: AbortSignal;
}

/** Errors: DEPENDENCY_MISSING, LOCAL_IO, INVALID_QUERY. */
export async function openQueryTarget(
  sql: string,
  reader: AnswerReader,
  options: QueryTargetOptions,
): Promise<QueryTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'pitr-query-'));
  try {
    return await openIn(folder, sql, reader, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function openIn(
  folder: string,
  sql: string,
  reader: AnswerReader,
  { memoryBytes, threads, signal }: QueryTargetOptions,
): Promise<QueryTarget> {
  const staging = await openStaging(join(folder, 'moment'));
  const temporaryFolder = join(folder, 'duckdb');
  const db = await openDuckDb({ path: ':memory:', readOnly: false, memoryBytes, threads, temporaryFolder });
  const interrupt = () => db.interrupt();
  signal.addEventListener('abort', interrupt);
  const close = () => {
    signal.removeEventListener('abort', interrupt);
    db.close();
  };
  const named = await db.tableNames(sql).catch((error) => {
    close();
    throw error;
  });
  return {
    form: 'parquet',
    partFolder: staging.partFolder,
    spillFolder: staging.spillFolder,
    tableNames: () => named.filter(isTable),
    async publish(restore) {
      await makeViews(db, staging.partFolder, restore);
      await runQuery(db, sql, reader, signal);
      return restore.tables.map(() => undefined);
    },
    async cleanUp() {
      close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** DuckDB's own catalogs answer for themselves. */
function isTable(parts: readonly string[]): boolean {
  const schema = parts.at(-2)?.toLowerCase();
  return schema !== 'information_schema' && schema !== 'pg_catalog';
}

/** A query that broke because of a stop is stopped, not wrong. Errors: INTERRUPTED, INVALID_QUERY. */
async function runQuery(db: DuckDb, sql: string, reader: AnswerReader, signal: AbortSignal): Promise<void> {
  try {
    await db.query(sql, reader);
  } catch (error) {
    if (signal.aborted)
      throw new PitrError('INTERRUPTED', 'stopped before the answer was whole', { cause: error });
    throw error;
  }
}

/** A view per table, in a schema per database; a table's name alone finds it when only one database was read. */
async function makeViews(db: DuckDb, partFolder: string, restore: StagedRestore): Promise<void> {
  const databases = [...new Set(restore.tables.map(({ database }) => database))];
  for (const database of databases) await db.run(`CREATE SCHEMA IF NOT EXISTS ${identifier(database)}`);
  for (const table of restore.tables) {
    const paths = table.parts.map((part) => join(partFolder, part));
    const name = `${identifier(table.database)}.${identifier(table.name)}`;
    const select =
      table.columns.length > 0 ? typedSelect(table, paths) : 'SELECT NULL AS _pitr_no_stored_columns';
    await db.run(`CREATE VIEW ${name} AS ${select}`);
  }
  if (databases.length > 0) await db.run(`SET search_path = ${literal(databases.map(identifier).join(','))}`);
}

/** The same types as in a DuckDB file: JSON is JSON, a vector a list. */
function typedSelect(table: StagedTable, paths: readonly string[]): string {
  const columns = table.columns.map(
    ({ name, duckdbType }) => `CAST(${identifier(name)} AS ${duckdbType}) AS ${identifier(name)}`,
  );
  return `SELECT ${columns.join(', ')} FROM (${selectParquet(table, paths)})`;
}
