// The table of state as one SQLite file: every write is one transaction on disk, so that a killed process loses nothing
// that was answered. Several processes of one machine may share it. Must not be put on a network drive.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
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
import { inTransaction, openSqliteFile, type SqliteFileKind, sqliteError } from './sqlite-file.ts';

const file: SqliteFileKind = {
  what: 'a state file of pitr',
  /** "pitr" */
  applicationId: 0x70697472,
  /** Of the table below; what is in `body` has versions of its own. */
  formatVersion: 1,
  schema: `
    CREATE TABLE IF NOT EXISTS item (
      pk TEXT NOT NULL, sk TEXT NOT NULL, revision INTEGER NOT NULL, shape TEXT NOT NULL, body TEXT NOT NULL,
      guard TEXT NOT NULL, expires_ms INTEGER, PRIMARY KEY (pk, sk)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS item_by_expiry ON item (expires_ms) WHERE expires_ms IS NOT NULL;
  `,
};

/** Opens the file, or makes it. Errors: as {@link openSqliteFile}. */
export function openSqliteStateTable(path: string): StateTable {
  return openSqliteFile(path, file, (database) => new SqliteStateTable(database, path));
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
