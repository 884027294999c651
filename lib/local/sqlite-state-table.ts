// The table of state as one SQLite file: every write is one transaction on disk, so that a killed process loses nothing
// that was answered. Several processes of one machine may share it. Must not be put on a network drive.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { PitrError } from '../domain/errors.ts';
import {
  conditionHolds,
  type FailedCondition,
  type ItemKey,
  isExpired,
  keyOfWrite,
  type StateItem,
  type StateTable,
  type TableOutcome,
  type TableQuery,
  type TableWrite,
} from '../ports/state/state-table.ts';

/** How long a write waits for another process's; theirs take milliseconds, unless the disk hangs. */
const busyMs = 10_000;
/** Written into the file's header, so that a foreign SQLite file is not taken for ours: "pitr". */
const applicationId = 0x70697472;
/** Of the table below; what is in `body` has versions of its own. */
const formatVersion = 1;

const schema = `
  CREATE TABLE IF NOT EXISTS item (
    pk TEXT NOT NULL, sk TEXT NOT NULL, revision INTEGER NOT NULL, shape TEXT NOT NULL, body TEXT NOT NULL,
    guard TEXT NOT NULL, expires_ms INTEGER, PRIMARY KEY (pk, sk)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS item_by_expiry ON item (expires_ms) WHERE expires_ms IS NOT NULL;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`;

/**
 * Opens the file, or makes it. Errors: INVALID_INPUT for a file that is something else, STATE_SHAPE_UNKNOWN for one of a newer
 * version, STORAGE_DENIED, LOCAL_IO, STATE_UNAVAILABLE.
 */
export function openSqliteStateTable(path: string): StateTable {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: busyMs });
    prepare(database, path);
    return new SqliteStateTable(database, path);
  } catch (error) {
    database?.close();
    throw sqliteError(error, path);
  }
}

function prepare(database: DatabaseSync, path: string): void {
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  const id = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (!isEmpty && id !== applicationId) {
    throw new PitrError(
      'INVALID_INPUT',
      `${path} is a database of another program, expected a state file of pitr`,
      {
        hint: 'name another file',
      },
    );
  }
  if (version > formatVersion) {
    throw new PitrError(
      'STATE_SHAPE_UNKNOWN',
      `${path} has the format ${version}, expected at most ${formatVersion}`,
      { hint: 'a newer version of this program made it: update this one' },
    );
  }
  // Readers and one writer do not wait for each other; FULL because an answered fence must outlive a power cut, too.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  if (id === applicationId && version === formatVersion) return;
  inTransaction(database, () => database.exec(schema));
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function inTransaction<T>(database: DatabaseSync, run: () => T): T {
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

class SqliteStateTable implements StateTable {
  readonly url: string;
  readonly #database: DatabaseSync;
  readonly #read: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #forward: StatementSync;
  readonly #backward: StatementSync;
  readonly #expired: StatementSync;

  constructor(database: DatabaseSync, path: string) {
    this.url = path;
    this.#database = database;
    this.#read = database.prepare('SELECT * FROM item WHERE pk = ? AND sk = ?');
    this.#put = database.prepare('INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM item WHERE pk = ? AND sk = ?');
    const query = 'SELECT * FROM item WHERE pk = ? AND sk >= ? AND sk < ?';
    this.#forward = database.prepare(`${query} AND sk > ? ORDER BY sk LIMIT ?`);
    this.#backward = database.prepare(`${query} AND sk < ? ORDER BY sk DESC LIMIT ?`);
    this.#expired = database.prepare('DELETE FROM item WHERE expires_ms <= ?');
  }

  async read(key: ItemKey): Promise<StateItem | undefined> {
    return this.#guarded(() => this.#stored(key));
  }

  async query({ pk, from, to, newestFirst, limit, after }: TableQuery): Promise<readonly StateItem[]> {
    return this.#guarded(() => {
      const rows = newestFirst
        ? this.#backward.all(pk, from, to, after ?? to, limit)
        : this.#forward.all(pk, from, to, after ?? '', limit);
      return rows.map(itemOfRow);
    });
  }

  async write(writes: readonly TableWrite[], nowMs: number): Promise<TableOutcome> {
    return this.#guarded(() =>
      inTransaction(this.#database, (): TableOutcome => {
        const failed = writes.flatMap((write, index): FailedCondition[] => {
          const stored = this.#stored(keyOfWrite(write));
          if (conditionHolds(write.when, stored, nowMs)) return [];
          return [{ index, found: stored === undefined || isExpired(stored, nowMs) ? undefined : stored }];
        });
        if (failed.length > 0) return { kind: 'refused', failed };
        for (const write of writes) this.#apply(write);
        return { kind: 'written' };
      }),
    );
  }

  async removeExpired(nowMs: number): Promise<number> {
    return this.#guarded(() => Number(this.#expired.run(nowMs).changes));
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#guarded(() => this.#database.close());
  }

  #stored({ pk, sk }: ItemKey): StateItem | undefined {
    const row = this.#read.get(pk, sk);
    return row === undefined ? undefined : itemOfRow(row);
  }

  #apply(write: TableWrite): void {
    if (write.kind === 'delete') this.#delete.run(write.key.pk, write.key.sk);
    if (write.kind !== 'put') return;
    const { pk, sk, revision, shape, body, guard, expiresMs } = write.item;
    this.#put.run(pk, sk, revision, shape, body, guard, expiresMs ?? null);
  }

  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw sqliteError(error, this.url);
    }
  }
}

function itemOfRow(row: Readonly<Record<string, unknown>>): StateItem {
  const expires = row['expires_ms'];
  return {
    pk: String(row['pk']),
    sk: String(row['sk']),
    revision: Number(row['revision']),
    shape: String(row['shape']),
    body: String(row['body']),
    guard: String(row['guard']),
    expiresMs: expires === null ? undefined : Number(expires),
  };
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

function sqliteError(error: unknown, path: string): PitrError {
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
