// Which firing of each schedule was the last that was done, on disk: what a machine missed while it was off is found by it.

import type { DatabaseSync } from 'node:sqlite';
import { openSqliteFile, type SqliteFileKind, sqliteError } from './sqlite-file.ts';

const file: SqliteFileKind = {
  what: 'a file of schedules of pitr',
  /** "pits" */
  applicationId: 0x70697473,
  formatVersion: 1,
  schema: `
    CREATE TABLE IF NOT EXISTS schedule (
      name TEXT PRIMARY KEY, text TEXT NOT NULL, anchor_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};

export interface ScheduleRecord {
  /** Since when it is kept in this form; a rate is counted from here. */
  readonly anchorMs: number;
  /** The last firing that was done; at first the same as the anchor. */
  readonly lastMs: number;
}

/** Opens the file, or makes it. Errors, also of all calls: as {@link openSqliteFile}. */
export function openFiringLog(path: string): FiringLog {
  return openSqliteFile(path, file, (database) => new FiringLog(database, path));
}

export class FiringLog {
  readonly #database: DatabaseSync;
  readonly #path: string;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** What is known of a schedule. One that is new, or has another text now, begins at this time and missed nothing. */
  keep(name: string, text: string, nowMs: number): ScheduleRecord {
    return this.#guarded(() => {
      const begin = `INSERT INTO schedule VALUES (?1, ?2, ?3, ?3)
        ON CONFLICT (name) DO UPDATE SET text = ?2, anchor_ms = ?3, last_ms = ?3 WHERE text <> ?2`;
      this.#database.prepare(begin).run(name, text, nowMs);
      const row = this.#database.prepare('SELECT * FROM schedule WHERE name = ?').get(name);
      return { anchorMs: Number(row?.['anchor_ms']), lastMs: Number(row?.['last_ms']) };
    });
  }

  done(name: string, dueMs: number): void {
    this.#guarded(() => {
      this.#database.prepare('UPDATE schedule SET last_ms = ? WHERE name = ?').run(dueMs, name);
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#guarded(() => this.#database.close());
  }

  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw sqliteError(error, this.#path);
    }
  }
}
