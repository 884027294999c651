// A doctor's finding about TiKV's own access to the storage, by what it left there: when each store last wrote, and what its error says
// where it stopped. Decides and changes nothing.

import type { StoreFacts } from '../cluster-facts.ts';
import type { LogTaskFacts, StoreErrorFacts } from '../log-task/log-task-facts.ts';
import { storageTrouble } from '../log-task/storage-trouble.ts';
import { type DoctorFinding, duration, ok } from './doctor-finding.ts';

export interface StoreWrite {
  readonly storeId: bigint;
  /** Unix ms by the storage's clock. */
  readonly atMs: number;
}

/** What was found below the log's folder. */
export interface LogWrites {
  /** The checkpoint objects of stores, the newest of each. */
  readonly checkpoints: readonly StoreWrite[];
  /** The newest data object of the newest hour; undefined when there is none, or none in a layout that tells its store. */
  readonly newestLog: StoreWrite | undefined;
}

export type WritesLook =
  /** Not this bucket's task, or none: nothing is expected to be written here. */
  | { readonly kind: 'not-here'; readonly why: string }
  | { readonly kind: 'untold'; readonly problem: string; readonly hint: string }
  | ({ readonly kind: 'told' } & LogWrites);

export interface WritesQuestion {
  readonly look: WritesLook;
  readonly task: Pick<LogTaskFacts, 'state'> | undefined;
  readonly stores: readonly StoreFacts[];
  readonly maxLagMs: number;
  /** By the cluster's clock. */
  readonly nowMs: number;
}

const check = 'tikv-writes';

/** One row; a task in error tells what the storage said. */
export function tikvWritesFinding({ look, task, stores, maxLagMs, nowMs }: WritesQuestion): DoctorFinding {
  const expected = `every store of TiKV has written within ${duration(maxLagMs)}`;
  if (task?.state.kind === 'error' && task.state.stores.length > 0) {
    return errorFinding(task.state.stores, expected);
  }
  if (look.kind === 'not-here') return ok(check, look.why, expected);
  if (look.kind === 'untold') {
    return { check, level: 'warn', found: `not known: ${look.problem}`, expected, hint: look.hint };
  }
  const writes = newestOfEach(look);
  const found = wordsOf(writes, nowMs);
  if (task?.state.kind === 'paused') return ok(check, `paused; ${found}`, expected);
  const tikv = stores.filter(({ engine, state }) => engine === 'tikv' && state === 'Up');
  const silent = tikv.filter(({ id }) => !writes.has(id));
  const late = tikv.filter(({ id }) => nowMs - (writes.get(id) ?? nowMs) > maxLagMs);
  if (silent.length === 0 && late.length === 0) return ok(check, found, expected);
  const hint =
    'look at the log of these stores for `upload`, at the role of their machines, and at their way to the storage; a store that was just added writes with its next flush';
  const names = silent.map(({ id }) => `store ${id} wrote nothing yet`);
  const isNobody = tikv.every(
    ({ id }) => silent.some((one) => one.id === id) || late.some((one) => one.id === id),
  );
  return {
    check,
    level: isNobody ? 'fail' : 'warn',
    found: [...(writes.size === 0 ? [] : [found]), ...names].join('; '),
    expected,
    hint,
  };
}

function errorFinding(errors: readonly StoreErrorFacts[], expected: string): DoctorFinding {
  const told = errors.map(({ storeId, code, message }) => {
    const what = storageTrouble(message)?.what;
    return `store ${storeId}: ${what === undefined ? '' : `${what}: `}${code} ${message}`;
  });
  const hint =
    errors.map(({ message }) => storageTrouble(message)?.hint).find((one) => one !== undefined) ??
    'the message does not speak of the storage: look at the log of the store';
  return { check, level: 'fail', found: told.join('; '), expected, hint };
}

/** A checkpoint is written when the whole cluster moved on; a data object when this store had something to say. */
function newestOfEach({ checkpoints, newestLog }: LogWrites): ReadonlyMap<bigint, number> {
  const newest = new Map<bigint, number>();
  for (const { storeId, atMs } of [...checkpoints, ...(newestLog === undefined ? [] : [newestLog])]) {
    newest.set(storeId, Math.max(atMs, newest.get(storeId) ?? 0));
  }
  return newest;
}

function wordsOf(writes: ReadonlyMap<bigint, number>, nowMs: number): string {
  return [...writes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, atMs]) => `store ${id} wrote ${duration(Math.max(0, nowMs - atMs))} ago`)
    .join(', ');
}
