// DuckDB as this program uses it: opened with limits, told SQL, asked for rows. It is an optional package: who restores
// to JSON Lines or Parquet does without.

import { PitrError } from '../domain/errors.ts';
import type { AnswerReader, QueryCell, QueryRow } from '../ports/restore-target.ts';
import { namedTables } from './sql-tables.ts';

export interface DuckDbOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly memoryBytes: number;
  readonly threads: number;
  /** Where it may spill; without one it does not. */
  readonly temporaryFolder?: string;
}

export interface DuckDb {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** Runs a query of a person, batch by batch. Errors: INVALID_QUERY with DuckDB's own words, those of the reader. */
  query(sql: string, reader: AnswerReader): Promise<void>;
  /** Tables that one SELECT names, each as its parts. Errors: INVALID_QUERY, also for what is no single SELECT. */
  tableNames(sql: string): Promise<readonly (readonly string[])[]>;
  /** Stops what runs; it ends with an error. */
  interrupt(): void;
  close(): void;
}

export async function openDuckDb(options: DuckDbOptions): Promise<DuckDb> {
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(options.path, {
    access_mode: options.readOnly ? 'READ_ONLY' : 'AUTOMATIC',
    memory_limit: `${Math.floor(options.memoryBytes / 1024 / 1024)}MiB`,
    threads: String(options.threads),
    ...(options.temporaryFolder === undefined ? {} : { temp_directory: options.temporaryFolder }),
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    run: async (sql) => void (await connection.run(sql)),
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRows(),
    query: (sql, reader) =>
      asQuery(sql, async () => {
        const result = await connection.stream(sql);
        const types = result.columnTypes();
        await reader.columns(result.columnNames().map((name, i) => ({ name, type: String(types[i]) })));
        const wide = types.flatMap((type, i) => (wideIntegers.test(String(type)) ? [i] : []));
        for await (const batch of result.yieldRowsJson()) {
          if (!(await reader.rows(plainIntegers(batch as QueryCell[][], wide)))) return;
        }
      }),
    tableNames: (sql) =>
      asQuery(sql, async () => {
        const answer = await connection.runAndReadAll(`SELECT json_serialize_sql(${literal(sql)})`);
        const tree = JSON.parse(String(answer.getRows()[0]?.[0]));
        // DuckDB's parser tells a mistake better than its tree does: with the line and a caret below it.
        if (tree.error_type === 'parser') await connection.extractStatements(sql);
        return namedTables(tree);
      }),
    interrupt: () => connection.interrupt(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

const wideIntegers = /^U?(BIG|HUGE)INT$/;

/** DuckDB gives 64-bit integers as text, also the small ones; here only those that no number holds exactly are text. */
function plainIntegers(rows: QueryCell[][], wide: readonly number[]): readonly QueryRow[] {
  for (const row of rows) {
    for (const column of wide) {
      const cell = row[column];
      if (typeof cell === 'string' && Number.isSafeInteger(Number(cell))) row[column] = Number(cell);
    }
  }
  return rows;
}

async function loadDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    throw new PitrError(
      'DEPENDENCY_MISSING',
      'the package @duckdb/node-api is not installed, or has no build for this machine',
      {
        hint: 'npm install @duckdb/node-api, or restore into parquet:DIR, csv:DIR or jsonl:DIR, which do without',
        cause,
      },
    );
  }
}

async function asQuery<T>(sql: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof PitrError) throw cause;
    throw invalidQuery(sql, cause);
  }
}

function invalidQuery(sql: string, cause: unknown): PitrError {
  const reason = (cause instanceof Error ? cause.message : String(cause))
    .replace(/^Failed to extract statements: /, '')
    .replace(/\n\s*\n/g, '\n')
    .trimEnd();
  // Who comes from TiDB writes names as MySQL does.
  const hint = sql.includes('`')
    ? 'the dialect is DuckDB SQL: names are quoted as "shop"."orders", not with backticks'
    : 'the dialect is DuckDB SQL; pitr tables lists the tables there are at the moment';
  return new PitrError('INVALID_QUERY', `the query cannot be run: ${reason}`, { hint, cause });
}

/** A name in SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
