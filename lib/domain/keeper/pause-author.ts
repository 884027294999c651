// Who halted the task: a person or the cluster. A person's pause is never undone, so whatever is doubtful is a person's. PD tells the
// author from 8.5.5 on; before, only what br and the stores leave beside the pause can. Decides nothing else.

import { ttlLeftMs } from '../cluster-facts.ts';
import type { KeeperRecord } from '../state/keeper-record.ts';
import type { KeeperFacts, KeeperSettings } from './keeper-facts.ts';

/** A look that saw the task run so shortly before the pause: what it saw still tells something. */
const justBeforeMs = 10 * 60_000;
/** br keeps the safe point of a pause for half an hour after a resume (FACTS §2.3): one that lasts longer is of a pause. */
const afterResumeMs = 31 * 60_000;
/** The safe point's half hour, and what a flow may take to run br. */
const resumedWithinMs = 60 * 60_000;

/** `nobody`: it is not halted by a pause. */
export function pauseAuthor(
  facts: KeeperFacts,
  history: KeeperRecord | undefined,
  settings: KeeperSettings,
): KeeperRecord['pausedBy'] {
  const { task } = facts;
  if (task.state !== 'paused' && task.state !== 'failed') return 'nobody';
  const held = pauseHeldMs(facts);
  const wasPerson = history?.pausedBy === 'person';
  if (task.state === 'paused') {
    if (task.by !== 'unknown') return task.by;
    const isHeldByPause = held > 0 && !(held <= afterResumeMs && isAfterOurResume(facts, history));
    return isOfTidb(history, facts.task.observedMs, settings) && !isHeldByPause ? 'system' : 'person';
  }
  const pause = facts.ours?.state.kind === 'error' ? facts.ours.state.pause : undefined;
  if (pause?.by === 'person') return 'person';
  // br's last word was a pause, and an error came over it.
  if (held > afterResumeMs) return 'person';
  if (pause?.by === 'system')
    return wasPerson && held === 0 && !hasRunSince(facts, history) ? 'person' : 'system';
  return wasPerson || hasOldErrorsAlone(facts, history) ? 'person' : 'system';
}

/** How long the safe point that `br log pause` sets still holds; 0 without one. */
function pauseHeldMs({ safePoints, serverMs, ours }: KeeperFacts): number {
  const point = safePoints.services.find(({ owner }) => owner.kind === 'pause' && owner.task === ours?.name);
  return point === undefined ? 0 : ttlLeftMs(point, serverMs);
}

/**
 * Before 8.5.5 the advancer's pause is an empty key, as a person's is; but br sets its safe point before it pauses, and TiDB sets
 * none. So a task that just ran, and is paused without that safe point, was paused by TiDB.
 */
function isOfTidb(
  history: KeeperRecord | undefined,
  nowMs: number,
  { pausesForLag }: KeeperSettings,
): boolean {
  if (!pausesForLag || history === undefined) return false;
  if (history.pausedBy !== 'nobody') return history.pausedBy === 'system';
  return history.aliveMs !== null && nowMs - history.aliveMs <= justBeforeMs;
}

/**
 * A resume leaves a safe point of half an hour, and TiDB halts a task that lags beyond its limit again within seconds of it. Only a
 * resume of ours counts: one by a person is not known, and might be followed by another pause of theirs.
 */
function isAfterOurResume({ changes, task }: KeeperFacts, history: KeeperRecord | undefined): boolean {
  if (history?.pausedBy === 'person') return false;
  return changes.some(
    ({ action, state, plannedMs }) =>
      action === 'resume' && state !== 'planned' && task.observedMs - plannedMs <= resumedWithinMs,
  );
}

/** An error that came after the last look that saw the pause: somebody resumed, and it broke again. */
function hasRunSince({ ours }: KeeperFacts, history: KeeperRecord | undefined): boolean {
  return (ours?.storeErrors ?? []).some(({ atMs }) => atMs !== undefined && atMs > (history?.decidedMs ?? 0));
}

/** An old br leaves errors of before: beside a pause of later they tell nothing. */
function hasOldErrorsAlone({ ours }: KeeperFacts, history: KeeperRecord | undefined): boolean {
  const aliveMs = history?.aliveMs ?? null;
  const errors = ours?.storeErrors ?? [];
  if (aliveMs === null || errors.length === 0) return false;
  return errors.every(({ atMs }) => atMs !== undefined && atMs < aliveMs - justBeforeMs);
}
