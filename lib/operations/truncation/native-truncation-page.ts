// One page of metas of a native truncation: which of their objects go, and the going: data first, then the metas that named
// it (FACTS §5.1 step 7). The same code for a dry run, one machine and many functions at once.

import { meaningOf } from '../../br/layout.ts';
import type { LogGroup, LogMeta } from '../../br/log/log-metas.ts';
import { expiredGroups, metaWithout } from '../../br/log/meta-truncation.ts';
import { openMeta } from '../../br/log/truncation-metas.ts';
import { PitrError } from '../../domain/errors.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { ObjectStore, UndeletedObject } from '../../ports/object-store.ts';

export interface PageDeps {
  readonly store: ObjectStore;
  readonly logPrefix: string;
  /** Requests in flight. */
  readonly parallel: number;
}

/** One meta and what of it goes; nothing may go. */
export interface MetaCut {
  readonly key: string;
  readonly meta: LogMeta;
  readonly bytes: Uint8Array;
  readonly expired: readonly LogGroup[];
}

/** What was done; sums add up over pages. */
export interface PageResult {
  readonly objects: number;
  readonly bytes: number;
  readonly rewritten: number;
  readonly metas: number;
  /** What the storage refused to delete, with the log's folder in the key. Each stays named by its meta. */
  readonly undeleted: readonly UndeletedObject[];
}

/**
 * Reads the metas of a page. One that is gone was cut before, and is left out. Errors: those of openMeta; OBJECT_UNRECOGNIZED when
 * a meta names an object that is no log data, because it would be deleted.
 */
export async function readCuts(
  { store, parallel }: PageDeps,
  keys: readonly string[],
  shiftTs: bigint,
): Promise<readonly MetaCut[]> {
  const cuts: MetaCut[] = [];
  const read = async (key: string): Promise<MetaCut | undefined> => {
    const opened = await openMeta(store, key);
    if (opened === undefined) return undefined;
    const expired = expiredGroups(opened.meta, shiftTs);
    for (const { path } of expired) checkIsLogData(key, path);
    return { key, ...opened, expired };
  };
  for await (const cut of mapBounded(keys, parallel, read)) if (cut !== undefined) cuts.push(cut);
  return cuts;
}

function checkIsLogData(meta: string, path: string): void {
  if (meaningOf(path).kind === 'log-data') return;
  throw new PitrError(
    'OBJECT_UNRECOGNIZED',
    `${meta} names ${JSON.stringify(path)}, expected the key of a .log object`,
    {
      hint: 'the meta is damaged, or was written by a version newer than this program knows; nothing of this page was deleted',
      details: { object: meta, found: path },
    },
  );
}

/**
 * Deletes the objects of a page that go, then rewrites or deletes their metas. When it dies in between, metas name objects
 * that are gone, all of them before the safepoint: reading the page again does the rest. Errors: those of the storage.
 */
export async function applyCuts(deps: PageDeps, cuts: readonly MetaCut[]): Promise<PageResult> {
  const { store, logPrefix } = deps;
  const going = new Map<string, number>();
  for (const { expired } of cuts) {
    for (const { path, length } of expired) going.set(`${logPrefix}${path}`, length);
  }
  const keptData = going.size === 0 ? [] : await store.deleteMany([...going.keys()]);
  for (const { key } of keptData) going.delete(key);
  const isGone = ({ path }: LogGroup): boolean => going.has(`${logPrefix}${path}`);
  const { emptied, rewritten } = await rewriteMetas(deps, cuts, isGone);
  const keptMetas = emptied.size === 0 ? [] : await store.deleteMany([...emptied.keys()]);
  for (const { key } of keptMetas) await emptyOut(store, key, emptied.get(key));
  return {
    objects: going.size,
    bytes: [...going.values()].reduce((sum, length) => sum + length, 0),
    rewritten,
    metas: emptied.size - keptMetas.length,
    undeleted: [...keptData, ...keptMetas],
  };
}

/** A meta that stays must not name what is gone: whoever reads back before the cut, for records that were sent again, would miss it. */
async function emptyOut(store: ObjectStore, key: string, bytes: Uint8Array | undefined): Promise<void> {
  if (bytes === undefined) return;
  try {
    await store.put(key, bytes);
  } catch (caught) {
    // Told as not deleted already; the next cut tries both again.
    if (!(caught instanceof PitrError && caught.code === 'STORAGE_DENIED')) throw caught;
  }
}

/**
 * What {@link emptyOut} wrote: no groups and no bounds, and still the version, which is the last field. One that was cut short lacks its end, or
 * has its bounds, and stays for a person.
 */
function isEmptiedOut({ groups, minTs, maxTs }: LogMeta): boolean {
  return groups.length === 0 && minTs === 0n && maxTs === 0n;
}

async function rewriteMetas(
  { store, parallel }: PageDeps,
  cuts: readonly MetaCut[],
  isGone: (group: LogGroup) => boolean,
): Promise<{ readonly emptied: ReadonlyMap<string, Uint8Array | undefined>; readonly rewritten: number }> {
  const emptied = new Map<string, Uint8Array | undefined>();
  let rewritten = 0;
  const touched = cuts.filter(({ meta, expired }) => isEmptiedOut(meta) || expired.some(isGone));
  const rewrite = async ({ key, meta, bytes, expired }: MetaCut): Promise<void> => {
    const next = metaWithout(meta, bytes, new Set(expired.filter(isGone).map(({ path }) => path)));
    if (next.kind === 'empty') emptied.set(key, next.bytes);
    if (next.kind !== 'rewritten') return;
    await store.put(key, next.bytes);
    rewritten += 1;
  };
  for await (const _ of mapBounded(touched, parallel, rewrite));
  return { emptied, rewritten };
}
