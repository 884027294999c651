// What the retention deletes and what it keeps, with a reason for each: a pure function of the bucket, the records beside it, the
// policy and the time. Its promise: for every moment of the promised window there is a verified base ≤ it and an unbroken log from
// that base to it, after every prefix of the plan's steps.

import { findChains } from '../chain.ts';
import type { CatalogFacts } from '../facts.ts';
import { subtract, union } from '../intervals.ts';
import { compareTs, maxTs } from '../ts.ts';
import { factLines } from './fingerprint.ts';
import { holdsOf } from './holds.ts';
import { afterStep, reachesOf } from './invariant.ts';
import { judgeLogs } from './judge-logs.ts';
import { judgeSnapshots } from './judge-snapshots.ts';
import { type NeededBase, neededBases } from './needed-bases.ts';
import { promisedWindow, refusalsOf } from './promise.ts';
import type { RetentionPlan, RetentionRefused, RetentionStep } from './retention-plan.ts';
import type { RetentionSettings, RetentionState } from './retention-state.ts';
import { verifiedFacts } from './verified.ts';

/**
 * Plans from what there is at `nowMs`. The steps go from what nobody can miss to what is needed longest: what dead runs left, snapshots
 * from the newest to the oldest (so that none is ever laid over one that has gone), logs of old epochs, and the cut last.
 */
export function planRetention(
  state: RetentionState,
  settings: RetentionSettings,
  nowMs: number,
): RetentionPlan | RetentionRefused {
  const refusals = refusalsOf(state, settings, nowMs);
  if (refusals.length > 0) return { kind: 'refused', refusals };
  const verified = verifiedFacts(state.facts);
  const window = promisedWindow(verified, settings, nowMs);
  const holds = holdsOf(state, nowMs);
  const needed = neededBases({ facts: verified, window, minBases: settings.minBases, holds });
  const baseNames = new Set(findChains(verified).chains.map(({ name }) => name));
  const snapshots = judgeSnapshots({ state, settings, window, holds, needed, baseNames, nowMs });
  const gone = snapshots.flatMap((one) => (one.kind === 'go' ? [one.step] : []));
  const left = gone.reduce(afterStep, verified);
  const logs = judgeLogs({ state, settings, window, needed, holds, left });
  const steps = [...gone.sort(inOrder), ...logs.steps];
  return {
    kind: 'plan',
    windowStartTs: window.from,
    steps,
    kept: [...snapshots.flatMap((one) => (one.kind === 'stay' ? [one.kept] : [])), ...logs.kept],
    ...windowsOf(verified, steps, window.from),
    facts: factLines(state, settings, steps),
  };
}

function inOrder(a: RetentionStep, b: RetentionStep): number {
  if (a.kind === 'delete-snapshot' && b.kind === 'delete-snapshot') return compareTs(b.backupTs, a.backupTs);
  return Number(a.kind === 'delete-snapshot') - Number(b.kind === 'delete-snapshot');
}

function windowsOf(verified: CatalogFacts, steps: readonly RetentionStep[], startTs: bigint) {
  const windowBefore = union(reachesOf(verified));
  const after = steps.reduce(afterStep, verified);
  const latest = windowBefore.reduce((newest, { to }) => maxTs(newest, to), 0n);
  return {
    windowBefore,
    windowAfter: union(reachesOf(after)),
    holes: latest < startTs ? [] : subtract([{ from: startTs, to: latest }], windowBefore),
  };
}

/** The bases that stay now, for whoever else cuts the log. Undefined: nothing may be cut. */
export function basesThatStay(
  state: RetentionState,
  settings: RetentionSettings,
  nowMs: number,
): readonly NeededBase[] | undefined {
  if (refusalsOf(state, settings, nowMs).length > 0) return undefined;
  const facts = verifiedFacts(state.facts);
  const window = promisedWindow(facts, settings, nowMs);
  return neededBases({ facts, window, minBases: settings.minBases, holds: holdsOf(state, nowMs) });
}
