// A SQLite file of this program: opened or made, told from the files of others, and what its errors mean.
// Knows no table of it.

import { DatabaseSync } from 'node:sqlite';
import { PitrError } from '../domain/errors.ts';

/** How long a write waits for another process's; theirs take milliseconds, unless the disk hangs. */
const busyMs = 10_000;

export interface SqliteFileKind {
  /** What the file is, for the message that another one is found: `a state file of pitr`. */
  readonly what: string;
  /** Written into the file's header, so that a foreign SQLite file is not taken for ours. */
  readonly applicationId: number;
  readonly formatVersion: number;
  /** Makes its tables where they are not there. */
  readonly schema: string;
}

/**
 * Opens the file, or makes it, and gives what is made of it; a failure of that closes it. Errors: INVALID_INPUT for a file that is something else, STATE_SHAPE_UNKNOWN for one of a newer
 * version, STORAGE_DENIED, LOCAL_IO, STATE_UNAVAILABLE.
 */
export function openSqliteFile<T>(path: string, kind: SqliteFileKind, use: (database: DatabaseSync) => T): T {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: busyMs });
    prepare(database, path, kind);
    return use(database);
  } catch (error) {
    database?.close();
    throw sqliteError(error, path);
  }
}

function prepare(database: DatabaseSync, path: string, kind: SqliteFileKind): void {
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  const id = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (!isEmpty && id !== kind.applicationId) {
    throw new PitrError('INVALID_INPUT', `${path} is a database of another program, expected ${kind.what}`, {
      hint: 'name another file',
    });
  }
  if (version > kind.formatVersion) {
    throw new PitrError(
      'STATE_SHAPE_UNKNOWN',
      `${path} has the format ${version}, expected at most ${kind.formatVersion}`,
      { hint: 'a newer version of this program made it: update this one' },
    );
  }
  // Readers and one writer do not wait for each other; FULL because an answered fence must outlive a power cut, too.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  if (id === kind.applicationId && version === kind.formatVersion) return;
  inTransaction(database, () =>
    database.exec(
      `${kind.schema} PRAGMA application_id = ${kind.applicationId}; PRAGMA user_version = ${kind.formatVersion};`,
    ),
  );
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** All of it or nothing, alone among writers. */
export function inTransaction<T>(database: DatabaseSync, run: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Result codes of SQLite (the low byte), https://www.sqlite.org/rescode.html */
const codes: Readonly<Record<number, readonly ['STORAGE_DENIED' | 'LOCAL_IO' | 'INVALID_INPUT', string]>> = {
  3: ['STORAGE_DENIED', 'allow reading and writing the file and its folder'],
  8: ['STORAGE_DENIED', 'allow reading and writing the file and its folder'],
  11: ['LOCAL_IO', 'move the file away: the state is made again from the bucket, which is the truth'],
  13: ['LOCAL_IO', 'free space on this disk'],
  14: ['LOCAL_IO', 'look whether the folder is there and may be written'],
  23: ['STORAGE_DENIED', 'allow reading and writing the file and its folder'],
  26: ['INVALID_INPUT', 'name another file'],
};

/** Any failure of SQLite as one of ours, which names the file. */
export function sqliteError(error: unknown, path: string): PitrError {
  if (error instanceof PitrError) return error;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'errcode') : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (typeof code !== 'number') {
    return new PitrError('INTERNAL', `${path}: ${message}`, { cause: error });
  }
  const [ours, hint] = codes[code & 0xff] ?? [
    'STATE_UNAVAILABLE' as const,
    'look at the disk, and for another program that holds the file',
  ];
  return new PitrError(ours, `${path}: ${message} (SQLite ${code})`, {
    hint,
    details: { path, sqlite: code },
    cause: error,
  });
}
