// A store that has at most so many requests under way at once: S3 answers a storm with SlowDown, and each answer that
// waits holds memory. First come, first served. Must not retry and must not change any answer.

import type { ObjectStore } from './object-store.ts';

/** The store with at most `parallel` requests at once (a whole number from 1); of a listing each step counts as one. */
export function limitedObjectStore(store: ObjectStore, parallel: number): ObjectStore {
  const limit = makeLimit(Math.max(1, Math.floor(parallel)));
  return {
    url: store.url,
    pageKeys: store.pageKeys,
    list: (prefix, options) => listInTurns(store.list(prefix, options), limit),
    listFolders: (prefix) => limit(() => store.listFolders(prefix)),
    head: (key) => limit(() => store.head(key)),
    get: (key, range) => limit(() => store.get(key, range)),
    put: (key, bytes) => limit(() => store.put(key, bytes)),
    delete: (key) => limit(() => store.delete(key)),
    // An adapter sends the requests of one call one after the other.
    deleteMany: (keys) => limit(() => store.deleteMany(keys)),
  };
}

type Limit = <T>(run: () => Promise<T>) => Promise<T>;

function makeLimit(parallel: number): Limit {
  const waiting: (() => void)[] = [];
  let free = parallel;
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      // A place is handed to who waits, never freed first: a newcomer must not overtake.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** A place is held only while the next object is fetched, never while the consumer works on the last one. */
async function* listInTurns<T>(items: AsyncIterable<T>, limit: Limit): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let isOpen = true;
  try {
    for (;;) {
      const next = await limit(() => iterator.next());
      if (next.done === true) {
        isOpen = false;
        return;
      }
      yield next.value;
    }
  } finally {
    if (isOpen) await iterator.return?.();
  }
}
