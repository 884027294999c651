// What became of the changes that the keeper planned, and when the next may be: pauses that grow with each failure, so many an hour
// at most. A start or resume worked when the checkpoint moved; exit 0 and the word NORMAL are no proof (FACTS §9).

import type { KeeperAttempt, KeeperRecord } from '../state/keeper-record.ts';
import type { TaskChange } from '../state/task-change.ts';
import type { KeeperFacts } from './keeper-facts.ts';
import type { KeeperSight } from './keeper-sight.ts';
import { isTrouble } from './keeper-state.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** After the first, second, … failure in a row; the last for all further ones. */
export const pausesMs: readonly number[] = [2, 5, 10, 20, 30].map((minutes) => minutes * minuteMs);
/** With less left of the fuse every attempt that is allowed is made. */
const shortFuseMs = hourMs;
const hurriedPauseMs = 3 * minuteMs;
/** Kept for a day; a day at the highest rate that the settings allow has more than anybody reads. */
const mostKept = 100;

/** The attempts of before with what is known of them now. */
export function judgedAttempts(
  facts: KeeperFacts,
  history: KeeperRecord | undefined,
  sight: KeeperSight,
  nowMs: number,
): readonly KeeperAttempt[] {
  return (history?.attempts ?? [])
    .map((attempt) => judged(attempt, facts, sight, nowMs))
    .filter(({ atMs, outcome }) => outcome === 'open' || nowMs - atMs < dayMs)
    .slice(-mostKept);
}

function judged(
  attempt: KeeperAttempt,
  facts: KeeperFacts,
  sight: KeeperSight,
  nowMs: number,
): KeeperAttempt {
  if (attempt.outcome !== 'open') return attempt;
  const change = facts.changes.find(({ id }) => id === attempt.id);
  // Changes are read far enough back for one that is open: one that is not found was removed.
  if (change === undefined) return { ...attempt, outcome: 'failed', endedMs: nowMs };
  const outcome = outcomeOf(attempt, change, facts, sight);
  if (outcome === 'open') return attempt;
  return { ...attempt, outcome, endedMs: change.state === 'failed' ? change.endedMs : nowMs };
}

function outcomeOf(
  attempt: KeeperAttempt,
  change: TaskChange,
  { task }: KeeperFacts,
  { state }: KeeperSight,
): KeeperAttempt['outcome'] {
  if (change.state === 'failed') return 'failed';
  if (change.state !== 'done') return 'open';
  if (attempt.action === 'stop') return 'worked';
  const isRunning = task.state === 'running';
  if (isRunning && state !== 'starting' && task.checkpointTs > attempt.fromTs) return 'worked';
  return isTrouble(state) || state === 'none' ? 'failed' : 'open';
}

export interface Pace {
  /** Before the first attempt in a row. */
  readonly firstPauseMs: number;
  /** In any hour: starts and resumes together, stops for themselves. */
  readonly mostPerHour: number;
  /** What is left of the fuse; Infinity when it does not burn. */
  readonly fuseLeftMs: number;
}

/** Not before this an attempt of this action may be made. `sinceMs`: since when it is wanted. */
export function dueMs(
  attempts: readonly KeeperAttempt[],
  action: KeeperAttempt['action'],
  sinceMs: number,
  { firstPauseMs, mostPerHour, fuseLeftMs }: Pace,
): number {
  const failures = failuresInARow(attempts, action);
  const last = failures.at(-1);
  const [rested, hurried] =
    last === undefined
      ? [sinceMs + firstPauseMs, sinceMs + Math.min(firstPauseMs, hurriedPauseMs)]
      : [(last.endedMs ?? last.atMs) + pauseMs(failures.length), last.atMs + Math.ceil(hourMs / mostPerHour)];
  const wanted = fuseLeftMs < shortFuseMs ? Math.min(rested, hurried) : rested;
  // The one that must be an hour old before the next: no hour then holds more than allowed.
  const blocking = attempts.filter((one) => (one.action === 'stop') === (action === 'stop')).at(-mostPerHour);
  return Math.max(wanted, blocking === undefined ? 0 : blocking.atMs + hourMs);
}

function pauseMs(failures: number): number {
  return pausesMs[Math.min(failures, pausesMs.length) - 1] ?? 0;
}

/** The newest attempts of this action that all failed. */
export function failuresInARow(
  attempts: readonly KeeperAttempt[],
  action: KeeperAttempt['action'],
): readonly KeeperAttempt[] {
  const ofAction = attempts.filter((attempt) => attempt.action === action);
  const lastGood = ofAction.findLastIndex(({ outcome }) => outcome !== 'failed');
  return ofAction.slice(lastGood + 1);
}
