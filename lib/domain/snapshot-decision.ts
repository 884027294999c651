// Whether a snapshot is taken now: the firing's day, what else runs, and whether there is one at all. Decides; plans nothing.

import type { SnapshotRun } from './state/snapshot-run.ts';

/** `first`: as soon as the log is backed up, where no snapshot is there yet. */
export type SnapshotTrigger = 'schedule' | 'person' | 'first';

export interface SnapshotQuestion {
  readonly trigger: SnapshotTrigger;
  readonly dueMs: number;
  /** The schedule counts the day of `dueMs` by its own clock. */
  readonly isScheduledDay: boolean;
  readonly onOverlap: 'skip' | 'wait';
  /** The settings want one at once. */
  readonly isFirstWanted: boolean;
  /** Where the log of ours begins that runs now, TSO; 0n when none does. An older snapshot is no base for it. */
  readonly logStartTs: bigint;
  /** What the state knows, newest first. */
  readonly recent: readonly SnapshotRun[];
}

export type SnapshotDecision =
  | { readonly kind: 'take'; readonly reason: string }
  | { readonly kind: 'skip'; readonly reason: string };

export function decideSnapshot(question: SnapshotQuestion): SnapshotDecision {
  const { trigger, recent } = question;
  const same = recent.find(({ dueMs }) => dueMs === question.dueMs);
  // The same firing again: its record is there, and writing it again would find that it is.
  if (same !== undefined && trigger !== 'schedule') return skip(`${same.folder} is for this very second`);
  const open = recent.find(({ state }) => state === 'planned' || state === 'running');
  switch (trigger) {
    case 'schedule':
      if (!question.isScheduledDay) return skip('the schedule leaves this day out');
      if (same !== undefined) return skip(`${same.folder} was planned for this firing before`);
      if (open !== undefined && question.onOverlap === 'skip') {
        return skip(`${open.folder} is ${open.state}, and the settings skip a firing meanwhile (onOverlap)`);
      }
      return take('the schedule fired');
    case 'first': {
      if (!question.isFirstWanted) return skip('the settings leave the first snapshot to the schedule');
      if (open !== undefined) return skip(`${open.folder} is ${open.state}`);
      const base = recent.find((run) => run.state === 'complete' && run.backupTs >= question.logStartTs);
      if (base !== undefined) return skip(`${base.folder} is complete`);
      const older = recent.find(({ state }) => state === 'complete');
      return take(
        older === undefined
          ? 'there is no snapshot yet'
          : `${older.folder} is older than the log that runs now`,
      );
    }
    case 'person':
      if (open !== undefined) return skip(`${open.folder} is ${open.state}: it will be as new`);
      return take('a person asked for it');
    default:
      return trigger satisfies never;
  }
}

const take = (reason: string): SnapshotDecision => ({ kind: 'take', reason });
const skip = (reason: string): SnapshotDecision => ({ kind: 'skip', reason });
