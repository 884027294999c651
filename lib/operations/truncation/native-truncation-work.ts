// What a native truncation does between taking its locks and giving them back: it opens the cut (plan, safepoint, blocklists), then
// goes through metas, data before metas. The same for one machine and for many functions at once; holds no lock and asks for none.

import { truncateSafepointKey } from '../../br/layout.ts';
import { safepointBytes } from '../../br/locks.ts';
import type { UndeletedObject } from '../../ports/object-store.ts';
import { applyCuts, type PageDeps, type PageResult, readCuts } from './native-truncation-page.ts';
import {
  type NativePlan,
  type PlanDeps,
  planNativeTruncation,
  type TruncationProgress,
} from './native-truncation-plan.ts';

/** Asked before each step that takes something away; throws when it must not be done. */
export type Guard = () => Promise<void>;

export interface OpenedCut {
  readonly plan: NativePlan;
  /** Blocklists that are gone. */
  readonly blocklists: number;
  readonly undeleted: readonly UndeletedObject[];
}

/** What was done; sums add up over parts of a log. */
export interface MetasCut extends PageResult {
  readonly emptyMetas: number;
  readonly undeletedCount: number;
  /** The first of them. */
  readonly undeleted: readonly UndeletedObject[];
}

/** A page of data costs at most as many objects as there are groups in it: about a thousand with today's TiKV. */
const usualPageMetas = 256;
/** A deletion without reading: one request. */
const emptyMetasAtOnce = 1000;
/** More say nothing new. */
export const toldUndeleted = 100;

/** Errors: what the guard throws; those of planNativeTruncation and of the storage. Doing it again does the rest. */
export async function openCut(deps: PlanDeps, guard: Guard, untilTs: bigint): Promise<OpenedCut> {
  const { store, logPrefix } = deps;
  await guard();
  const plan = await planNativeTruncation(deps, untilTs);
  await guard();
  // First of all: from here on every reader takes what lies before it for gone.
  if (plan.movesSafepoint) await store.put(`${logPrefix}${truncateSafepointKey}`, safepointBytes(untilTs));
  const { blocklists } = plan;
  const undeleted = blocklists.length === 0 ? [] : await store.deleteMany(blocklists);
  return { plan, blocklists: blocklists.length - undeleted.length, undeleted };
}

export interface MetasDeps extends PageDeps {
  readonly progress: (event: TruncationProgress) => void;
  /** Metas of one page: what is asked again and what is held in memory. */
  readonly pageMetas?: number;
}

export interface MetasToCut {
  readonly shiftTs: bigint;
  readonly toOpen: readonly { readonly key: string }[];
  /** Go unopened. */
  readonly empty: readonly { readonly key: string }[];
}

/** Errors: what the guard throws; those of readCuts and of the storage. Doing it again does the rest. */
export async function cutMetas(deps: MetasDeps, guard: Guard, metas: MetasToCut): Promise<MetasCut> {
  const sum = new Sum();
  const total = metas.toOpen.length;
  let done = 0;
  for (const keys of inPages(metas.toOpen, deps.pageMetas ?? usualPageMetas)) {
    const cuts = await readCuts(deps, keys, metas.shiftTs);
    await guard();
    sum.add(await applyCuts(deps, cuts));
    done += keys.length;
    deps.progress({ step: 'objects', done, total, bytes: sum.told().bytes });
  }
  let emptyMetas = 0;
  for (const keys of inPages(metas.empty, emptyMetasAtOnce)) {
    await guard();
    const refused = await deps.store.deleteMany(keys);
    sum.refused(refused);
    emptyMetas += keys.length - refused.length;
  }
  return { ...sum.told(), emptyMetas };
}

class Sum {
  #done = { objects: 0, bytes: 0, rewritten: 0, metas: 0 };
  #undeletedCount = 0;
  readonly #undeleted: UndeletedObject[] = [];

  add({ objects, bytes, rewritten, metas, undeleted }: PageResult): void {
    const done = this.#done;
    this.#done = {
      objects: done.objects + objects,
      bytes: done.bytes + bytes,
      rewritten: done.rewritten + rewritten,
      metas: done.metas + metas,
    };
    this.refused(undeleted);
  }

  refused(undeleted: readonly UndeletedObject[]): void {
    this.#undeletedCount += undeleted.length;
    this.#undeleted.push(...undeleted.slice(0, toldUndeleted - this.#undeleted.length));
  }

  told() {
    return { ...this.#done, undeletedCount: this.#undeletedCount, undeleted: this.#undeleted };
  }
}

function inPages(entries: readonly { readonly key: string }[], size: number): readonly (readonly string[])[] {
  const pages: (readonly string[])[] = [];
  for (let at = 0; at < entries.length; at += size) {
    pages.push(entries.slice(at, at + size).map(({ key }) => key));
  }
  return pages;
}
