// Who takes the rows of `pitr query`: one that keeps some for a page or a document, one that prints them as they come.
// An answer may be larger than memory: must never keep more than its limit.

import { PitrError } from '../domain/errors.ts';
import type { AnswerReader, QueryColumn, QueryRow } from '../ports/restore-target.ts';
import type { Sink } from './host.ts';
import type { RowLines } from './render/query-rows.ts';

export interface KeptAnswer {
  readonly columns: readonly QueryColumn[];
  readonly rows: readonly QueryRow[];
  /** The answer had more rows than were kept. */
  readonly more: boolean;
}

export interface KeepingReader extends AnswerReader {
  kept(): KeptAnswer;
}

/** Keeps the first `limit` rows and then wants no more: for a person, who reads no further. */
export function firstRows(limit: number): KeepingReader {
  let columns: readonly QueryColumn[] = [];
  const rows: QueryRow[] = [];
  let more = false;
  return {
    columns: async (all) => void (columns = all),
    async rows(batch) {
      const room = limit - rows.length;
      rows.push(...batch.slice(0, room));
      more = batch.length > room;
      return !more;
    },
    kept: () => ({ columns, rows, more }),
  };
}

/**
 * Keeps all rows for one document; `limit` is its largest size as text, in characters.
 * Errors: INVALID_QUERY for an answer that is larger, because a document that is cut would be a wrong one.
 */
export function wholeAnswer(limit: number): KeepingReader {
  let columns: readonly QueryColumn[] = [];
  const rows: QueryRow[] = [];
  let size = 0;
  return {
    columns: async (all) => void (columns = all),
    async rows(batch) {
      for (const row of batch) {
        size += JSON.stringify(row).length;
        if (size > limit) throw tooLarge(limit, rows.length);
        rows.push(row);
      }
      return true;
    },
    kept: () => ({ columns, rows, more: false }),
  };
}

function tooLarge(limit: number, rows: number): PitrError {
  return new PitrError(
    'INVALID_QUERY',
    `the answer is larger than ${limit / 2 ** 20} MiB after ${rows} rows, which is too much for one JSON document`,
    {
      hint: 'print its rows with --format jsonl or csv instead of --json, or ask for less with LIMIT',
      details: { limit, rows },
    },
  );
}

/** Prints rows as they come, as fast as they are read; ends quietly when nobody reads any more. */
export function printedRows(
  sink: Sink,
  form: (columns: readonly QueryColumn[]) => RowLines,
  beforeFirst: () => Promise<void>,
): AnswerReader {
  let lines: RowLines['lines'] = () => '';
  return {
    async columns(columns) {
      await beforeFirst();
      const { head, ...rest } = form(columns);
      lines = rest.lines;
      await sink.write(head);
    },
    async rows(batch) {
      await sink.write(lines(batch));
      return sink.open;
    },
  };
}
