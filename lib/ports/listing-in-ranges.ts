// A long listing in less time: ranges of it at once, where a page costs a round trip. Whoever knows the names guesses where pages end;
// a wrong guess costs a request more, and never an object.

import { mapBounded } from './bounded-parallel.ts';
import { compareKeys } from './object-key.ts';
import type { ObjectInfo, ObjectStore } from './object-store.ts';

/** What is known when the next ranges are cut: a whole page of the listing, its last object is the last that is known. */
export interface KnownPage {
  readonly first: string;
  readonly last: string;
  readonly keys: number;
}

/**
 * Keys behind `last`, in byte order, at most `most`: between each two of them lies about a page, and behind the last one what is left. They
 * need not be names of objects. None where nobody can tell: then the listing goes on page by page.
 */
export type GuessBorders = (page: KnownPage, most: number) => Promise<readonly string[]>;

/** Pages under way at once. S3 bears thousands a second for a prefix; a small server lists with few cores. */
const usualParallel = 16;

/**
 * What `store.list(prefix)` gives, in the same order. In rounds: after each page that is full, so many ranges are listed at once; the last
 * of them has no end, and its first page is where the next round begins. So every key lies in exactly one range, whatever was guessed. At
 * most `parallel` pages wait to be taken, unless a range holds more than was guessed. Errors: those of the store.
 */
export async function* listInRanges(
  store: ObjectStore,
  prefix: string,
  guess: GuessBorders,
  parallel: number = usualParallel,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const { pageKeys } = store;
  if (pageKeys === undefined) {
    yield* store.list(prefix);
    return;
  }
  let ranges: readonly KeyRange[] = [{ after: undefined, to: undefined }];
  for (;;) {
    let page: readonly ObjectInfo[] = [];
    for await (const found of mapBounded(ranges, parallel, (range) => listRange(store, prefix, range))) {
      yield* found;
      page = found;
    }
    const [first, last] = [page[0], page.at(-1)];
    if (first === undefined || last === undefined || page.length < pageKeys) return;
    const known = { first: first.key, last: last.key, keys: page.length };
    ranges = rangesOf(last.key, await guess(known, Math.max(0, Math.floor(parallel) - 1)));
  }
}

interface KeyRange {
  /** Not in it. */
  readonly after: string | undefined;
  /** In it; undefined: a page, and who wants more begins there. */
  readonly to: string | undefined;
}

function rangesOf(last: string, borders: readonly string[]): readonly KeyRange[] {
  const ranges: KeyRange[] = [];
  let after = last;
  for (const to of borders) {
    if (compareKeys(to, after) <= 0) continue;
    ranges.push({ after, to });
    after = to;
  }
  return [...ranges, { after, to: undefined }];
}

async function listRange(
  store: ObjectStore,
  prefix: string,
  { after, to }: KeyRange,
): Promise<readonly ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const info of store.list(prefix, after === undefined ? {} : { startAfter: after })) {
    if (to !== undefined && compareKeys(info.key, to) > 0) break;
    found.push(info);
    // To ask for one object more would be to ask for another page.
    if (to === undefined && found.length === store.pageKeys) break;
  }
  return found;
}
