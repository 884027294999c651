// Whether work that was planned, and is not over, has been forgotten: its flow never began, or was stopped. Then a flow of another
// name goes on with it, and finds what there is. Decides; starts nothing.

import type { BrRun } from '../state/br-run.ts';
import type { Lease } from '../state/lease.ts';

export interface RestartQuestion {
  /** The time in its id, Unix ms: rounds are counted from there. */
  readonly idMs: number;
  /** When it was planned, or its last sign of life, Unix ms. */
  readonly signMs: number;
  /** Of its kind of work. */
  readonly lease: Lease | undefined;
  /** Its newest run of br; undefined: there was none. */
  readonly lastRun: BrRun | undefined;
  readonly nowMs: number;
}

export type RestartDecision =
  | { readonly kind: 'wait'; readonly why: string }
  /** `round`: from 2, the same for whoever decides within the same half hour. */
  | { readonly kind: 'restart'; readonly round: number; readonly why: string };

/** A flow that lives gives a sign every minute, or holds the lease: ten times that is silence. */
const silenceMs = 10 * 60_000;
/** One restart in this time: a flow that dies at once must not be begun every minute. */
const roundMs = 30 * 60_000;

/** Starting a flow too many is harmless (lease and records keep the work one), but helps nobody. */
export function decideRestart({ idMs, signMs, lease, lastRun, nowMs }: RestartQuestion): RestartDecision {
  if (lease?.state === 'held' && lease.expiresMs > nowMs) {
    return { kind: 'wait', why: `${lease.holder} holds the lease` };
  }
  // br lives, or is looked at every minute until it is known to be over: then its flow, if there is one, goes on.
  if (lastRun?.state === 'running') return { kind: 'wait', why: `${lastRun.id} is running` };
  const endMs = lastRun?.state === 'ended' ? lastRun.endedMs + lastRun.waitSeconds * 1000 : 0;
  const silentMs = nowMs - Math.max(signMs, endMs);
  if (silentMs < silenceMs) return { kind: 'wait', why: 'it may be about to begin' };
  const round = 2 + Math.max(0, Math.floor((nowMs - idMs) / roundMs));
  const minutes = Math.floor(silentMs / 60_000);
  return {
    kind: 'restart',
    round,
    why: `nothing was heard of it for ${minutes} minutes, and nobody holds its lease`,
  };
}
