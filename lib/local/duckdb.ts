// DuckDB as this program uses it: opened with limits, told SQL, asked for rows. It is an optional package: who restores
// to JSON Lines or Parquet does without.

import { PitrError } from '../domain/errors.ts';

export interface DuckDbOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly memoryBytes: number;
  readonly threads: number;
  /** Where it may spill; without one it does not. */
  readonly temporaryFolder?: string;
}

export interface DuckDbResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Values as JSON can hold them; 64-bit and larger numbers that are not exact as a number are strings. */
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
}

export interface DuckDb {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** Runs a query of a person. Errors: INVALID_QUERY with DuckDB's own words. */
  query(sql: string): Promise<DuckDbResult>;
  /** Tables that a query names, as they are written (`schema.table` or `table`). Errors: INVALID_QUERY. */
  tableNames(sql: string): readonly string[];
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
    query: (sql) =>
      asQuery(async () => {
        const reader = await connection.runAndReadAll(sql);
        const types = reader.columnTypes();
        const columns = reader.columnNames().map((name, i) => ({ name, type: String(types[i]) }));
        return { columns, rows: reader.getRowsJson() as DuckDbResult['rows'] };
      }),
    tableNames: (sql) => asQueryNow(() => connection.getTableNames(sql, true)),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
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

async function asQuery<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw invalidQuery(cause);
  }
}

function asQueryNow<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw invalidQuery(cause);
  }
}

function invalidQuery(cause: unknown): PitrError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PitrError('INVALID_QUERY', `the query cannot be run: ${reason}`, {
    hint: 'the dialect is DuckDB SQL; pitr tables lists the tables there are at the moment',
    cause,
  });
}

/** A name in SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
