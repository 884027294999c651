// Names of clusters and runs as they stand in keys of the state table: what is allowed, and how an id carries its time.
// Must not know any table, and decides nothing about what a run does.

import { PitrError } from '../errors.ts';

/** A value of a fact that is kept as it is: plain JSON. Numbers are finite; a u64 goes in as decimal text. */
export type FactValue = null | boolean | number | string | readonly FactValue[] | Facts;
/** Facts that belong to an audit entry, a signal or a plan. */
export interface Facts {
  readonly [name: string]: FactValue;
}

/** Kinds of work; two of one kind never run at once on one cluster ({@link leaseOfWork}). */
export const kindsOfWork = ['log-task', 'snapshot', 'truncation', 'restore', 'observe', 'retention'] as const;
export type Work = (typeof kindsOfWork)[number];

/**
 * The lease that a kind of work is done under. The log is read by a restore and cut by a truncation, which br does not keep
 * apart (FACTS §5.6): they share one. So does the retention, which deletes what a restore reads.
 */
export const leaseOfWork: Readonly<Record<Work, Work>> = {
  'log-task': 'log-task',
  snapshot: 'snapshot',
  truncation: 'restore',
  restore: 'restore',
  observe: 'observe',
  retention: 'restore',
};

/** Where br runs, and the name by which its platform knows it (task ARN, command id, process id). */
export interface RunnerRef {
  readonly kind: 'fargate' | 'ssm' | 'local';
  readonly ref: string;
}

/** Why something failed: an error code of ours or `[BR:…]`, the sentence, and what to do (empty when there is nothing). */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const runIdForm = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:-[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$/;
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const changeIdForm = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,399}$/;

/** A cluster's name: letters, digits, `.`, `_` and `-`, at most 128, so that it can be a part of a key. */
export function isClusterName(text: string): boolean {
  return nameForm.test(text);
}

/** Ids of changes and signals: letters, digits and `._:/-`, at most 400. */
export function isChangeId(text: string): boolean {
  return changeIdForm.test(text);
}

/**
 * The id of a run: the UTC time that it is for, `YYYYMMDDHHMMSS`, then `-suffix` if more than one can have that time. The
 * same due time gives the same id, so that a second start meets the first; and ids sort by time. Throws INVALID_INPUT.
 */
export function runId(atMs: number, suffix = ''): string {
  if (!Number.isSafeInteger(atMs) || atMs < 0 || atMs > Date.UTC(9999, 11, 31)) {
    throw new PitrError('INVALID_INPUT', `${atMs} is no time of a run, expected milliseconds since 1970`);
  }
  const stamp = new Date(atMs).toISOString().replace(/\D/g, '').slice(0, 14);
  const id = suffix === '' ? stamp : `${stamp}-${suffix}`;
  if (runIdForm.test(id)) return id;
  throw new PitrError(
    'INVALID_INPUT',
    `${JSON.stringify(suffix)} cannot end the id of a run, expected letters, digits and ._- (at most 100)`,
  );
}

/** The time in a run's id, Unix milliseconds (whole seconds), or undefined when it is no id. */
export function runIdMs(id: string): number | undefined {
  const match = runIdForm.exec(id);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  // A day that a month does not have would be one of the next month.
  const isThere =
    ms >= 0 &&
    [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()].join() === [year, month, day].join() &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return isThere ? ms : undefined;
}
