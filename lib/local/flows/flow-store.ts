// What of the flows outlives the process: executions, the answers of their steps and tokens, and the states they entered.
// A killed process loses nothing that was answered. One process runs the flows of a file; others may read it.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { FlowName } from '../../ports/launcher.ts';
import { inTransaction, openSqliteFile, type SqliteFileKind, sqliteError } from '../sqlite-file.ts';
import {
  type EnteredState,
  type ExecutionKey,
  entryOfRow,
  executionOfRow,
  type FlowExecution,
  type Outcome,
  type StepKey,
  type StoredStep,
  stepOfRow,
} from './flow-records.ts';

const file: SqliteFileKind = {
  what: 'a file of flows of pitr',
  /** "pitf" */
  applicationId: 0x70697466,
  formatVersion: 1,
  schema: `
    CREATE TABLE IF NOT EXISTS execution (
      id INTEGER PRIMARY KEY, flow TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, input TEXT NOT NULL,
      state TEXT NOT NULL, begun INTEGER NOT NULL, output TEXT, error TEXT, cause TEXT, started_ms INTEGER NOT NULL,
      ended_ms INTEGER, UNIQUE (flow, name)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS step (
      execution INTEGER NOT NULL REFERENCES execution (id) ON DELETE CASCADE, state TEXT NOT NULL, entry INTEGER NOT NULL,
      attempt INTEGER NOT NULL, token TEXT UNIQUE, started_ms INTEGER NOT NULL, beat_ms INTEGER NOT NULL, outcome TEXT,
      PRIMARY KEY (execution, state, entry, attempt)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS entered (
      execution INTEGER NOT NULL REFERENCES execution (id) ON DELETE CASCADE, number INTEGER NOT NULL, begun INTEGER NOT NULL,
      state TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (execution, number)
    ) STRICT, WITHOUT ROWID;
  `,
};

/** Opens the file, or makes it. Errors: as {@link openSqliteFile}. */
export function openFlowStore(path: string): FlowStore {
  return openSqliteFile(path, file, (database) => {
    database.exec('PRAGMA foreign_keys = ON');
    return new FlowStore(database, path);
  });
}

const selectExecution = `SELECT *, (SELECT state FROM entered WHERE execution = id ORDER BY number DESC LIMIT 1) AS at
  FROM execution`;
const ofStep = 'execution = ? AND state = ? AND entry = ? AND attempt = ?';

/** Every write is on disk when its call returns. Errors of all calls: as of the open. */
export class FlowStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  /** By their text; the few that there are. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** false: this flow has an execution of this name already, running or ended. */
  add(key: ExecutionKey, digest: string, input: string, nowMs: number): boolean {
    const { flow, name } = key;
    const sql = `INSERT INTO execution (flow, name, digest, input, state, begun, started_ms)
      VALUES (?, ?, ?, ?, 'running', 0, ?) ON CONFLICT DO NOTHING`;
    return this.#run(sql, flow, name, digest, input, nowMs) === 1;
  }

  /**
   * Notes that the execution begins, or begins again. What its steps answered stays, unless the flow's file is another one
   * now: then it begins as if nothing had happened, and tokens that were given out are gone.
   */
  begin(id: number, digest: string): number {
    return this.#guarded(() =>
      inTransaction(this.#database, () => {
        const drop = `DELETE FROM step WHERE execution = ?
          AND (SELECT digest FROM execution WHERE id = step.execution) <> ?`;
        this.#run(drop, id, digest);
        this.#run('UPDATE execution SET begun = begun + 1, digest = ? WHERE id = ?', digest, id);
        return Number(this.#get('SELECT begun FROM execution WHERE id = ?', id)?.['begun']);
      }),
    );
  }

  enter(id: number, begun: number, state: string, nowMs: number): void {
    const sql = `INSERT INTO entered (execution, number, begun, state, at_ms)
      SELECT ?, COALESCE(MAX(number), 0) + 1, ?, ?, ? FROM entered WHERE execution = ?`;
    this.#run(sql, id, begun, state, nowMs, id);
  }

  /** The end of an execution, once; from here on its tokens are gone. */
  finish(id: number, outcome: Outcome, nowMs: number): void {
    const { state, output, error, cause } = columnsOf(outcome);
    this.#guarded(() =>
      inTransaction(this.#database, () => {
        const sql = `UPDATE execution SET state = ?, output = ?, error = ?, cause = ?, ended_ms = ?
          WHERE id = ? AND state = 'running'`;
        this.#run(sql, state, output, error, cause, nowMs, id);
        this.#run('DELETE FROM step WHERE execution = ?', id);
      }),
    );
  }

  step(key: StepKey): StoredStep | undefined {
    const row = this.#get(`SELECT * FROM step WHERE ${ofStep}`, ...valuesOf(key));
    return row === undefined ? undefined : stepOfRow(row);
  }

  /** Notes that a step begins; one that is there already is not touched. Gives what is stored then. */
  openStep(key: StepKey, token: string | undefined, nowMs: number): StoredStep {
    const sql = `INSERT INTO step (execution, state, entry, attempt, token, started_ms, beat_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (execution, state, entry, attempt) DO NOTHING`;
    this.#run(sql, ...valuesOf(key), token ?? null, nowMs, nowMs);
    return this.step(key) ?? { token, startedMs: nowMs, beatMs: nowMs, outcome: undefined };
  }

  /** false: the step has an outcome already (or is not there any more), and keeps it. */
  closeStep(key: StepKey, outcome: Outcome): boolean {
    const sql = `UPDATE step SET outcome = ? WHERE ${ofStep} AND outcome IS NULL`;
    return this.#run(sql, JSON.stringify(outcome), ...valuesOf(key)) === 1;
  }

  /** The same by the token. */
  answer(token: string, outcome: Outcome): boolean {
    const sql = 'UPDATE step SET outcome = ? WHERE token = ? AND outcome IS NULL';
    return this.#run(sql, JSON.stringify(outcome), token) === 1;
  }

  /** false: nobody waits for the token any more. */
  beat(token: string, nowMs: number): boolean {
    return this.#run('UPDATE step SET beat_ms = ? WHERE token = ? AND outcome IS NULL', nowMs, token) === 1;
  }

  execution({ flow, name }: ExecutionKey): FlowExecution | undefined {
    const row = this.#get(`${selectExecution} WHERE flow = ? AND name = ?`, flow, name);
    return row === undefined ? undefined : executionOfRow(row);
  }

  /** Newest first. */
  executions(flow: FlowName | undefined, limit: number): readonly FlowExecution[] {
    const sql = `${selectExecution} WHERE flow = COALESCE(?, flow) ORDER BY started_ms DESC, id DESC LIMIT ?`;
    return this.#all(sql, flow ?? null, limit).map(executionOfRow);
  }

  /** Oldest first. */
  unfinished(): readonly FlowExecution[] {
    return this.#all(`${selectExecution} WHERE state = 'running' ORDER BY id`).map(executionOfRow);
  }

  history(id: number): readonly EnteredState[] {
    return this.#all('SELECT * FROM entered WHERE execution = ? ORDER BY number', id).map(entryOfRow);
  }

  /** Forgets executions that ended before a time, so that their names are free again; how many. */
  removeEnded(beforeMs: number): number {
    return this.#run("DELETE FROM execution WHERE state <> 'running' AND ended_ms < ?", beforeMs);
  }

  close(): void {
    if (this.#database.isOpen) this.#guarded(() => this.#database.close());
  }

  #run(sql: string, ...values: readonly SQLInputValue[]): number {
    return this.#guarded(() => Number(this.#statement(sql).run(...values).changes));
  }
  #get(sql: string, ...values: readonly SQLInputValue[]) {
    return this.#guarded(() => this.#statement(sql).get(...values));
  }
  #all(sql: string, ...values: readonly SQLInputValue[]) {
    return this.#guarded(() => this.#statement(sql).all(...values));
  }

  #statement(sql: string): StatementSync {
    const found = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, found);
    return found;
  }

  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw sqliteError(error, this.#path);
    }
  }
}

function valuesOf({ execution, state, entry, attempt }: StepKey): SQLInputValue[] {
  return [execution, state, entry, attempt];
}

function columnsOf(outcome: Outcome) {
  return outcome.kind === 'succeeded'
    ? { state: 'succeeded', output: JSON.stringify(outcome.output), error: null, cause: null }
    : { state: 'failed', output: null, error: outcome.error, cause: outcome.cause };
}
