// The native truncation of a log: what `br log truncate` does (FACTS §5), with few requests. Under br's locks: plan, safepoint,
// blocklists, data before metas, metas of idle stores. Dying anywhere is harmless; running it again does the rest.

import { truncateSafepointKey } from '../../br/layout.ts';
import {
  type HeldLock,
  type LockHolder,
  lockPrefixes,
  migrationWriteLock,
  refuseOthers,
  removeLocksOf,
  takeLock,
  truncatingLock,
} from '../../br/lock-protocol.ts';
import { safepointBytes } from '../../br/locks.ts';
import { type ErrorCode, errorCodes, PitrError } from '../../domain/errors.ts';
import type { Failure } from '../../domain/state/run-identity.ts';
import type { UndeletedObject } from '../../ports/object-store.ts';
import { applyCuts, type PageResult, readCuts } from './native-truncation-page.ts';
import { type NativePlan, type PlanDeps, planNativeTruncation } from './native-truncation-plan.ts';

/** Whether the cut is still right, asked of the bucket or the state before each page; the refusal, or undefined. */
export type StillAllowed = (untilTs: bigint) => Promise<Failure | undefined>;

export interface NativeTruncationDeps extends PlanDeps {
  readonly holder: LockHolder;
  /** Owners of locks that are proven dead: only their locks are removed. */
  readonly deadOwners: readonly string[];
  readonly stillAllowed: StillAllowed;
  /** Unix ms, for the text of locks. */
  readonly nowMs: () => number;
  /** Looked at before each page. */
  readonly signal: AbortSignal;
  /** Metas of one page: what is asked again and what is held in memory. */
  readonly pageMetas?: number;
}

export interface TruncationReport extends Omit<PageResult, 'undeleted'> {
  readonly plan: NativePlan;
  readonly emptyMetas: number;
  readonly blocklists: number;
  /** How many objects the storage refused to delete; they stay named and go with the next run. */
  readonly undeletedCount: number;
  /** The first of them. */
  readonly undeleted: readonly UndeletedObject[];
  /** Locks of dead owners that were removed. */
  readonly removedLocks: readonly string[];
}

/** A page of data costs at most as many objects as there are groups in it: about a thousand with today's TiKV. */
const usualPageMetas = 256;
/** A deletion without reading: one request. */
const emptyMetasAtOnce = 1000;
/** More say nothing new. */
const toldUndeleted = 100;

/**
 * Cuts the log at `untilTs`. Errors: BR_LOCKED when another truncation, a restore, a compaction or a migration holds a lock, or
 * ours is gone; the code of what `stillAllowed` refuses; INTERRUPTED; those of planNativeTruncation, readCuts and of the storage.
 */
export async function runNativeTruncation(
  deps: NativeTruncationDeps,
  untilTs: bigint,
): Promise<TruncationReport> {
  const removedLocks = await removeLocksOf(deps.store, deps.logPrefix, deps.deadOwners);
  const held: HeldLock[] = [];
  const take = async (target: typeof truncatingLock): Promise<void> => {
    held.push(await takeLock(deps.store, deps.logPrefix, target, deps.holder, deps.nowMs()));
  };
  let report: TruncationReport;
  try {
    await take(truncatingLock);
    // br's plain truncation does not take this one, and so runs beside restores that need what it deletes (FACTS §5.6).
    await take(migrationWriteLock);
    report = { ...(await cut(deps, held, untilTs)), removedLocks };
  } catch (caught) {
    // The first failure is the one to tell; a lock that stays names its holder.
    for (const lock of held.reverse()) await lock.release().catch(() => undefined);
    throw caught;
  }
  for (const lock of held.reverse()) await lock.release();
  return report;
}

type Cut = Omit<TruncationReport, 'removedLocks'>;

async function cut(deps: NativeTruncationDeps, held: readonly HeldLock[], untilTs: bigint): Promise<Cut> {
  const { store, logPrefix } = deps;
  const guard = () => checkAllowed(deps, held, untilTs);
  await guard();
  const plan = await planNativeTruncation(deps, untilTs);
  await guard();
  // First of all: from here on every reader takes what lies before it for gone.
  if (plan.movesSafepoint) await store.put(`${logPrefix}${truncateSafepointKey}`, safepointBytes(untilTs));
  const sum = new Sum();
  const remove = async (keys: readonly string[]): Promise<number> => {
    if (keys.length === 0) return 0;
    const refused = await store.deleteMany(keys);
    sum.refused(refused);
    return keys.length - refused.length;
  };
  const blocklists = await remove(plan.blocklists);
  await cutPages(deps, plan, guard, sum);
  let emptyMetas = 0;
  for (const keys of inPages(plan.empty, emptyMetasAtOnce)) {
    await guard();
    emptyMetas += await remove(keys);
  }
  return { ...sum.told(), plan, blocklists, emptyMetas };
}

async function cutPages(
  deps: NativeTruncationDeps,
  plan: NativePlan,
  guard: () => Promise<void>,
  sum: Sum,
): Promise<void> {
  const total = plan.toOpen.length;
  let done = 0;
  for (const keys of inPages(plan.toOpen, deps.pageMetas ?? usualPageMetas)) {
    const cuts = await readCuts(deps, keys, plan.shiftTs);
    await guard();
    sum.add(await applyCuts(deps, cuts));
    done += keys.length;
    deps.progress({ step: 'objects', done, total, bytes: sum.told().bytes });
  }
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

/** Before each step that takes something away. */
async function checkAllowed(
  { store, logPrefix, signal, stillAllowed }: NativeTruncationDeps,
  held: readonly HeldLock[],
  untilTs: bigint,
): Promise<void> {
  if (signal.aborted) {
    throw new PitrError('INTERRUPTED', 'stopped between two pages of the truncation', {
      hint: 'what was deleted lies before the safepoint; run the same command again to do the rest',
    });
  }
  await Promise.all(held.map((lock) => lock.check()));
  await refuseOthers(store, logPrefix, lockPrefixes, new Set(held.map(({ key }) => key)));
  const refusal = await stillAllowed(untilTs);
  if (refusal !== undefined) throw asError(refusal);
}

/** A refusal as the error of its code. */
export function asError({ code, message, hint }: Failure): PitrError {
  return new PitrError(isErrorCode(code) ? code : 'INTERNAL', message, hint === '' ? {} : { hint });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
