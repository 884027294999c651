// A store that tries again what may pass: errors whose code says that a retry can help, with a wait that doubles and is
// drawn by lot (full jitter), so that many readers do not come back at once. Must not retry what is refused or damaged.

import { PitrError, toPitrError } from '../domain/errors.ts';
import type { Clock, RandomFraction } from './clock.ts';
import type { ListOptions, ObjectInfo, ObjectStore, UndeletedObject } from './object-store.ts';

export interface RetryEvent {
  /** What was tried: `get`, `list`, … */
  readonly action: string;
  /** The key or prefix it was tried on. */
  readonly key: string;
  /** How many times it has been tried by now, from 1. */
  readonly attempt: number;
  /** How long is waited before the next try. */
  readonly delayMs: number;
  readonly error: PitrError;
}

/** Margins of trying again; the reasons are beside `defaultRetryMargins`. */
export interface RetryMargins {
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** No new try starts later than this after the first one began. */
  readonly budgetMs: number;
}

export interface RetryOptions extends Partial<RetryMargins> {
  readonly clock: Clock;
  readonly random: RandomFraction;
  readonly onRetry?: (event: RetryEvent) => void;
}

export const defaultRetryMargins: RetryMargins = {
  // Nine waits reach 42 s at the most and 21 s on average: S3 splits a hot prefix within that. TiKV makes 14. FACTS §8.4
  attempts: 10,
  // Below this a throttled prefix has not recovered; above, a single lost packet would be felt.
  firstDelayMs: 200,
  // A wait beyond this only makes a person think that the program hangs.
  longestDelayMs: 10_000,
  // After two minutes of trouble a person decides better than a program.
  budgetMs: 120_000,
};

/**
 * The store with retries. When they are used up, the last error is thrown with the number of attempts in its message. A
 * listing that breaks goes on after the last key it gave, so no object is given twice; a listing that moves on starts a new count.
 */
export function retryingObjectStore(store: ObjectStore, options: RetryOptions): ObjectStore {
  const retry = <T>(action: string, key: string, run: () => Promise<T>): Promise<T> =>
    withRetries(options, action, key, run);
  return {
    url: store.url,
    pageKeys: store.pageKeys,
    list: (prefix, listOptions) => listWithRetries(store, options, prefix, listOptions ?? {}),
    listFolders: (prefix) => retry('list', prefix, () => store.listFolders(prefix)),
    head: (key) => retry('head', key, () => store.head(key)),
    get: (key, range) => retry('get', key, () => store.get(key, range)),
    put: (key, bytes) => retry('put', key, () => store.put(key, bytes)),
    delete: (key) => retry('delete', key, () => store.delete(key)),
    deleteMany: (keys) => deleteWithRetries(store, options, keys),
  };
}

/** Tries again only what was refused for a while; what stays refused when the tries are used up is given back, not thrown. */
async function deleteWithRetries(
  store: ObjectStore,
  options: RetryOptions,
  keys: readonly string[],
): Promise<readonly UndeletedObject[]> {
  const begunMs = options.clock.nowMs();
  const refused: UndeletedObject[] = [];
  let left = keys;
  for (let attempt = 1; left.length > 0; attempt++) {
    const what = { action: 'delete', key: left[0] ?? '', attempt, begunMs };
    let passing: readonly UndeletedObject[];
    try {
      const failed = await store.deleteMany(left);
      refused.push(...failed.filter(({ error }) => !error.retryable));
      passing = failed.filter(({ error }) => error.retryable);
    } catch (caught) {
      await waitOrThrow(options, what, caught);
      continue;
    }
    const first = passing[0];
    if (first === undefined) break;
    left = passing.map(({ key }) => key);
    try {
      await waitOrThrow(options, { ...what, key: first.key }, first.error);
    } catch {
      return [...refused, ...passing];
    }
  }
  return refused;
}

/** Tries `run` until it succeeds, fails for good, or the margins are used up. `action` and `key` are for messages. */
export async function withRetries<T>(
  options: RetryOptions,
  action: string,
  key: string,
  run: () => Promise<T>,
): Promise<T> {
  const begunMs = options.clock.nowMs();
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (caught) {
      await waitOrThrow(options, { action, key, attempt, begunMs }, caught);
    }
  }
}

interface Try {
  readonly action: string;
  readonly key: string;
  readonly attempt: number;
  readonly begunMs: number;
}

async function waitOrThrow(options: RetryOptions, what: Try, caught: unknown): Promise<void> {
  const error = toPitrError(caught);
  if (!error.retryable) throw error;
  const margins: RetryMargins = { ...defaultRetryMargins, ...options };
  const { action, key, attempt } = what;
  const ceilingMs = Math.min(margins.longestDelayMs, margins.firstDelayMs * 2 ** (attempt - 1));
  const delayMs = Math.floor(options.random() * ceilingMs);
  const elapsedMs = options.clock.nowMs() - what.begunMs;
  if (attempt >= margins.attempts || elapsedMs + delayMs > margins.budgetMs)
    throw givenUp(error, attempt, elapsedMs);
  options.onRetry?.({ action, key, attempt, delayMs, error });
  await options.clock.sleep(delayMs);
}

function givenUp(error: PitrError, attempts: number, elapsedMs: number): PitrError {
  if (attempts === 1) return error;
  const message = `${error.message} (tried ${attempts} times in ${(elapsedMs / 1000).toFixed(1)} s)`;
  return new PitrError(error.code, message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, attempts },
    cause: error,
  });
}

async function* listWithRetries(
  store: ObjectStore,
  options: RetryOptions,
  prefix: string,
  listOptions: ListOptions,
): AsyncGenerator<ObjectInfo, void, undefined> {
  let after = listOptions.startAfter;
  let attempt = 0;
  let begunMs = options.clock.nowMs();
  for (;;) {
    try {
      for await (const info of store.list(prefix, after === undefined ? {} : { startAfter: after })) {
        after = info.key;
        attempt = 0;
        yield info;
      }
      return;
    } catch (caught) {
      if (attempt === 0) begunMs = options.clock.nowMs();
      attempt += 1;
      await waitOrThrow(options, { action: 'list', key: prefix, attempt, begunMs }, caught);
    }
  }
}
