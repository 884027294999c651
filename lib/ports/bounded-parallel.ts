// Work on many items at once, a few at a time, with the results in the order of the items: hides the latency of a
// storage without holding more in memory than was allowed. Knows nothing of what the work is.

/**
 * Calls `work` on each item, at most `parallel` at once (a whole number from 1), and yields the results in order.
 * At most `parallel` results wait to be taken. The first failure, of an item or of the source, ends it; so does a consumer that stops
 * early. In both cases nothing new is started, and what is under way is waited for before the generator ends.
 */
export async function* mapBounded<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  parallel: number,
  work: (item: T, index: number) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const limit = Math.max(1, Math.floor(parallel));
  const underWay: Promise<R>[] = [];
  let sourceIsOpen = true;
  let index = 0;
  try {
    for (;;) {
      while (sourceIsOpen && underWay.length < limit) {
        const next = await source.next();
        if (next.done === true) sourceIsOpen = false;
        else underWay.push(start(work, next.value, index++));
      }
      const first = underWay[0];
      if (first === undefined) return;
      const result = await first;
      underWay.shift();
      yield result;
    }
  } finally {
    await Promise.allSettled(underWay);
    if (sourceIsOpen) await source.return?.();
  }
}

/** A failure is reported when its turn comes; until then it must not count as one that nobody handles. */
function start<T, R>(work: (item: T, index: number) => Promise<R>, item: T, index: number): Promise<R> {
  const promise = Promise.resolve().then(() => work(item, index));
  promise.catch(() => undefined);
  return promise;
}
