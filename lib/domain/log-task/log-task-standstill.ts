// Whether a log backup task that PD calls normal stands still all the same, since when, and why. br's own word is NORMAL at any
// lag (FACTS §2.5): what counts is a checkpoint that moves. Decides; asks nobody.

import { duration } from '../doctor/doctor-finding.ts';
import type { LogTaskState } from '../state/log-task-state.ts';
import { formatTs, msOfTs } from '../ts.ts';
import type { LogTaskSight, OurTask } from './log-task-decision.ts';
import type { LogTaskFacts } from './log-task-facts.ts';

/**
 * A checkpoint that stands longer is stuck. A healthy one moves at every flush, three minutes at most (FACTS §2.6), and the
 * field's own rule for a fresh task is ten minutes (FACTS §8.6, tidb#53047): long enough for a store that restarts, a region
 * that splits and a busy storage, short beside the day that history is held.
 */
export const standsTooLongMs = 10 * 60_000;

/** br gives the safe point of a pause this life time when it resumes (FACTS §2.3), so that its end tells when that was. */
const resumeTtlMs = 1800 * 1000;

export interface Standstill {
  readonly sinceMs: number;
  readonly reason: string;
}

interface Circumstances {
  readonly before: LogTaskState | undefined;
  readonly own: OurTask;
  readonly nowMs: number;
  readonly checkpointTs: bigint;
}

/** Undefined: it moves, or it is too early to tell. Of several reasons the one that explains the others. */
export function stuckReason(
  task: LogTaskFacts,
  sight: LogTaskSight,
  { before, own, nowMs, checkpointTs }: Circumstances,
): Standstill | undefined {
  const known =
    before?.state === 'stuck' && before.checkpointTs === checkpointTs ? before.sinceMs : undefined;
  if (own.needsAdvancer && sight.logBackup.advancers.length === 0) {
    const reason = 'no TiDB server advances the checkpoint: it stands still while TiKV goes on';
    return { sinceMs: known ?? nowMs, reason };
  }
  const missing = missingObjects(task, sight);
  if (missing !== undefined) return { sinceMs: known ?? nowMs, reason: missing };
  // While it was paused it could not move: what counts begins with the resume.
  const wasHalted = before?.state === 'paused' || before?.state === 'failed';
  if (wasHalted && before.checkpointTs === checkpointTs) return undefined;
  const stands = known ?? sight.standsSinceMs;
  if (stands === undefined) return undefined;
  const resumedMs = resumedSince(task, sight, nowMs);
  const sinceMs = Math.max(stands, resumedMs ?? 0);
  if (nowMs - sinceMs < standsTooLongMs) return undefined;
  const { advanced } = task.checkpoints;
  const unsaved =
    advanced !== undefined && msOfTs(advanced) - msOfTs(checkpointTs) > standsTooLongMs
      ? `; TiDB advanced to ${formatTs(advanced)}, and TiKV does not save it`
      : '';
  const resumed = resumedMs === sinceMs ? ' when it was resumed' : '';
  const reason = `the checkpoint has not moved since ${new Date(sinceMs).toISOString()}${resumed}, and PD calls the task normal${unsaved}`;
  return { sinceMs, reason };
}

/** PD promises what the bucket does not have: another bucket, or deleted objects (FACTS §2.5). */
function missingObjects({ checkpoints }: LogTaskFacts, { objectsTs }: LogTaskSight): string | undefined {
  const { persisted } = checkpoints;
  if (persisted === undefined || objectsTs === undefined) return undefined;
  const missingMs = msOfTs(persisted) - msOfTs(objectsTs);
  if (missingMs <= standsTooLongMs) return undefined;
  return `PD says that all up to ${formatTs(persisted)} is saved, and the bucket is ${duration(missingMs)} behind: another bucket, or deleted objects`;
}

/** By our clock; undefined when no safe point of a resume is there, or it is one of the pause itself. */
function resumedSince(task: LogTaskFacts, sight: LogTaskSight, nowMs: number): number | undefined {
  const { safePoints, serverMs } = sight;
  const point = safePoints.services.find(({ owner }) => owner.kind === 'pause' && owner.task === task.name);
  if (point?.expiresMs === undefined) return undefined;
  const agoMs = serverMs - (point.expiresMs - resumeTtlMs);
  return agoMs < 0 ? undefined : nowMs - agoMs;
}
