// One DuckDB file as the result of a restore: a schema per database, native types, the DDL and the manifest in the
// schema `_pitr`. The parts are Parquet; DuckDB reads them itself, with all cores and a memory limit of its own.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import type { RestoreTarget, StagedRestore, StagedTable } from '../../ports/restore-target.ts';
import { type DuckDb, identifier, literal, openDuckDb } from '../duckdb.ts';
import { attempt, kindOf, openStaging, type Staging } from './staging.ts';

export interface DuckDbTargetOptions {
  readonly memoryBytes: number;
  readonly threads: number;
  /** Replace a file that pitr did not write. */
  readonly force: boolean;
  /** Stops the writing of tables. */
  readonly signal?: AbortSignal;
}

/** Opens the target. Errors: TARGET_OCCUPIED for a file that is not ours, DEPENDENCY_MISSING without DuckDB. */
export async function openDuckDbTarget(path: string, options: DuckDbTargetOptions): Promise<RestoreTarget> {
  await refuseForeign(path, options);
  const staging = await openStaging(path);
  return {
    form: 'parquet',
    partFolder: staging.partFolder,
    spillFolder: staging.spillFolder,
    publish: (restore, onTable) => attempt(path, () => publish(staging, options, restore, onTable)),
    cleanUp: () => staging.cleanUp(),
  };
}

async function refuseForeign(
  path: string,
  { force, memoryBytes, threads }: DuckDbTargetOptions,
): Promise<void> {
  const kind = await kindOf(path);
  if (kind === 'nothing' || (kind === 'file' && (force || (await isOurs(path, { memoryBytes, threads })))))
    return;
  throw new PitrError('TARGET_OCCUPIED', `${path} is there and was not written by pitr`, {
    hint:
      kind === 'folder'
        ? 'choose a file, for example restored.duckdb'
        : 'choose another file, or say --force to replace it',
    details: { path },
  });
}

async function isOurs(path: string, limits: { memoryBytes: number; threads: number }): Promise<boolean> {
  try {
    const db = await openDuckDb({ path, readOnly: true, ...limits });
    try {
      return (await db.rows('SELECT manifest FROM _pitr.restore')).length > 0;
    } finally {
      db.close();
    }
  } catch (caught) {
    if (caught instanceof PitrError && caught.code === 'DEPENDENCY_MISSING') throw caught;
    return false;
  }
}

async function publish(
  staging: Staging,
  limits: Omit<DuckDbTargetOptions, 'force'>,
  restore: StagedRestore,
  onTable: (done: number) => void,
): Promise<readonly undefined[]> {
  const db = await openDuckDb({
    path: staging.resultPath,
    readOnly: false,
    memoryBytes: limits.memoryBytes,
    threads: limits.threads,
    temporaryFolder: join(staging.folder, 'duckdb'),
  });
  const interrupt = () => db.interrupt();
  limits.signal?.addEventListener('abort', interrupt);
  try {
    await writeNotes(db, restore);
    for (const [i, table] of restore.tables.entries()) {
      refuseStopped(limits.signal);
      await loadTable(db, staging, table);
      onTable(i + 1);
    }
    await db.run('CHECKPOINT');
    refuseStopped(limits.signal);
  } catch (error) {
    refuseStopped(limits.signal);
    throw error;
  } finally {
    limits.signal?.removeEventListener('abort', interrupt);
    db.close();
  }
  await rm(`${staging.resultPath}.wal`, { force: true });
  await staging.swap();
  return restore.tables.map(() => undefined);
}

/** Whatever broke because of a stop is the stop. */
function refuseStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new PitrError('INTERRUPTED', 'stopped before the file was whole; nothing of it was published');
}

async function writeNotes(db: DuckDb, { manifest, tables, otherDdl }: StagedRestore): Promise<void> {
  await db.run('CREATE SCHEMA _pitr');
  await db.run('CREATE TABLE _pitr.restore (manifest JSON)');
  await db.run(`INSERT INTO _pitr.restore VALUES (${literal(JSON.stringify(manifest))})`);
  await db.run('CREATE TABLE _pitr.ddl (database_name VARCHAR, table_name VARCHAR, ddl VARCHAR)');
  for (const ddl of otherDdl) await db.run(`INSERT INTO _pitr.ddl VALUES (NULL, NULL, ${literal(ddl)})`);
  for (const { database, name, ddl } of tables)
    await db.run(`INSERT INTO _pitr.ddl VALUES (${literal(database)}, ${literal(name)}, ${literal(ddl)})`);
}

async function loadTable(db: DuckDb, staging: Staging, table: StagedTable): Promise<void> {
  const name = `${identifier(table.database)}.${identifier(table.name)}`;
  const columns = table.columns.map((column) => `${identifier(column.name)} ${column.duckdbType}`);
  // DuckDB has no table without columns; one that TiDB allows (all columns virtual) keeps its row count this way.
  const body = columns.length > 0 ? columns.join(', ') : '_pitr_no_stored_columns BOOLEAN';
  await db.run(`CREATE SCHEMA IF NOT EXISTS ${identifier(table.database)}`);
  await db.run(`CREATE TABLE ${name} (${body})`);
  if (table.rows === 0 || columns.length === 0) return;
  const paths = table.parts.map((part) => join(staging.partFolder, part));
  await db.run(`INSERT INTO ${name} ${selectParquet(table, paths)}`);
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

/** SELECT over Parquet parts, each column in its DuckDB type. */
export function selectParquet({ columns }: Pick<StagedTable, 'columns'>, paths: readonly string[]): string {
  const list = columns.map(
    ({ name, duckdbExpression }) =>
      `${duckdbExpression.replaceAll('#', () => identifier(name))} AS ${identifier(name)}`,
  );
  return `SELECT ${list.join(', ')} FROM read_parquet([${paths.map(literal).join(', ')}])`;
}
