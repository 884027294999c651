// What the parts of the task store's contract share: times, keys, and reading of answers.

import assert from 'node:assert/strict';
import { PitrError } from '../../lib/domain/errors.ts';
import type { HeldLease } from '../../lib/domain/state/lease.ts';
import type { AcquireOutcome, Page, PageQuery, TaskStore } from '../../lib/ports/task-store.ts';

export type WithStores = (title: string, run: (store: TaskStore, other: TaskStore) => Promise<void>) => void;

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const key = { cluster: 'shop', kind: 'snapshot', id: '20261122120000' } as const;

/** The error of a call, which has to be one of ours. */
export async function errorOf(call: Promise<unknown>): Promise<PitrError> {
  const error = await call.then(
    (value) => assert.fail(`it gave ${JSON.stringify(value)}`),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof PitrError, String(error));
  return error;
}

export function granted(outcome: AcquireOutcome): HeldLease {
  assert.equal(outcome.kind, 'granted');
  return (outcome as Extract<AcquireOutcome, { kind: 'granted' }>).lease;
}

export async function allOf<T>(list: (query: PageQuery) => Promise<Page<T>>, query: PageQuery): Promise<T[]> {
  const found: T[] = [];
  let after: string | undefined;
  do {
    const page = await list(after === undefined ? query : { ...query, after });
    found.push(...page.entries);
    after = page.next;
  } while (after !== undefined);
  return found;
}
