// The fuse of a log backup: how long the history that its log still lacks is held back from garbage collection, and by
// whom. From the safe points as PD has them; sets none, and promises nothing of safe points that others may take away.

import { hasHistory, type SafePointFacts, type ServiceSafePoint, ttlLeftMs } from '../cluster-facts.ts';
import { globalCheckpoint, type LogTaskFacts } from './log-task-facts.ts';

export type Fuse =
  /** Gone already: the log can never be made whole. FACTS §2.8 */
  | { readonly kind: 'collected'; readonly neededTs: bigint; readonly gcSafePoint: bigint }
  /** Only TiDB's own life time of garbage holds it (10 minutes unless set): the next collection may take it. FACTS §2.7 */
  | { readonly kind: 'unprotected'; readonly neededTs: bigint }
  | {
      readonly kind: 'held';
      readonly neededTs: bigint;
      /** Id of the safe point that holds longest. */
      readonly by: string;
      /** Unix ms by the cluster's clock; undefined: it has no end. */
      readonly untilMs: number | undefined;
      /** Infinity without an end. */
      readonly leftMs: number;
      /** The task runs, and sets its safe points anew at every flush and tick: the fuse does not burn. FACTS §2.6 */
      readonly isRenewed: boolean;
    };

/** nowMs: by the cluster's clock. */
export function fuseOf(task: LogTaskFacts, facts: SafePointFacts, nowMs: number): Fuse {
  return fuseAt(globalCheckpoint(task), task.state.kind === 'normal', facts, nowMs);
}

/** The same of a log whose task is gone, or for any moment from which history is needed. */
export function fuseAt(neededTs: bigint, isRunning: boolean, facts: SafePointFacts, nowMs: number): Fuse {
  if (!hasHistory(facts, neededTs)) return { kind: 'collected', neededTs, gcSafePoint: facts.gcSafePoint };
  const holding = facts.services.filter(
    (point) => staysInPlace(point) && point.ts < neededTs && ttlLeftMs(point, nowMs) > 0,
  );
  const longest = holding.reduce<ServiceSafePoint | undefined>(
    (best, point) => (best === undefined || ttlLeftMs(point, nowMs) > ttlLeftMs(best, nowMs) ? point : best),
    undefined,
  );
  if (longest === undefined) return { kind: 'unprotected', neededTs };
  return {
    kind: 'held',
    neededTs,
    by: longest.id,
    untilMs: longest.expiresMs,
    leftMs: ttlLeftMs(longest, nowMs),
    isRenewed: isRunning && holding.some(isSetAnew),
  };
}

/** At every flush of TiKV and every tick of the advancer; what br set for the start of a task just runs out. FACTS §2.7 */
function isSetAnew({ owner }: ServiceSafePoint): boolean {
  return owner.kind === 'store' || owner.kind === 'advancer';
}

/** TiDB's own moves on with the clock, a changefeed's with its work: what they hold today they may let go in a minute. */
function staysInPlace({ owner }: ServiceSafePoint): boolean {
  return owner.kind !== 'gc-worker' && owner.kind !== 'other';
}
