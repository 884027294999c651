// The native truncation of a log: what `br log truncate` does (FACTS §5), with few requests. Under br's locks: plan, safepoint,
// blocklists, data before metas, metas of idle stores. Dying anywhere is harmless; running it again does the rest.

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
import { type ErrorCode, errorCodes, PitrError } from '../../domain/errors.ts';
import type { Failure } from '../../domain/state/run-identity.ts';
import type { NativePlan, PlanDeps } from './native-truncation-plan.ts';
import { cutMetas, type MetasCut, openCut, toldUndeleted } from './native-truncation-work.ts';

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

/** What the storage refused to delete stays named and goes with the next run. */
export interface TruncationReport extends MetasCut {
  readonly plan: NativePlan;
  readonly blocklists: number;
  /** Locks of dead owners that were removed. */
  readonly removedLocks: readonly string[];
}

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
  const guard = () => checkAllowed(deps, held, untilTs);
  const { plan, blocklists, undeleted } = await openCut(deps, guard, untilTs);
  const metas = await cutMetas(deps, guard, plan);
  return {
    ...metas,
    plan,
    blocklists,
    undeletedCount: undeleted.length + metas.undeletedCount,
    undeleted: [...undeleted, ...metas.undeleted].slice(0, toldUndeleted),
  };
}

/**
 * Before each step that takes something away. Errors: INTERRUPTED; BR_LOCKED when a lock of ours is gone or somebody else's is there;
 * the code of what `stillAllowed` refuses.
 */
export async function checkAllowed(
  {
    store,
    logPrefix,
    signal,
    stillAllowed,
  }: Pick<NativeTruncationDeps, 'store' | 'logPrefix' | 'signal' | 'stillAllowed'>,
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
