// Whether the log backup task is to be started now: only the very first time. One that was ours and is gone is told, and what is
// done about it is the keeper's to decide. Decides; plans nothing.

import type { LogTaskState } from '../state/log-task-state.ts';
import type { TaskChange } from '../state/task-change.ts';

export interface StartQuestion {
  readonly state: LogTaskState['state'];
  /** The settings want a log backup. */
  readonly isWanted: boolean;
  /** Restores and imports that run: br starts no task beside them (FACTS §2.2). */
  readonly imports: number;
  /** Changes of the task, newest first. */
  readonly changes: readonly TaskChange[];
  readonly nowMs: number;
}

export type StartDecision =
  | { readonly kind: 'start'; readonly why: string }
  /** `why` empty: there is nothing to say. `againMs`: when it is time again; undefined: it depends on others. */
  | { readonly kind: 'wait'; readonly why: string; readonly againMs?: number };

/** After a start that was given up (its flow tried more than once): twice as long after each, a day at most. */
const firstPauseMs = 3_600_000;
const longestPauseMs = 24 * 3_600_000;

export function decideStart({ state, isWanted, imports, changes, nowMs }: StartQuestion): StartDecision {
  if (state !== 'none' || !isWanted) return { kind: 'wait', why: '' };
  const open = changes.find((change) => change.state === 'planned' || change.state === 'running');
  if (open !== undefined) return wait(`${open.action} ${open.id} is ${open.state}`);
  const done = changes.find((change) => change.action === 'start' && change.state === 'done');
  if (done !== undefined) return wait(`a task was started by ${done.id}, and is gone`);
  if (imports > 0) return wait(`${imports} restores or imports run, and br starts no task beside them`);
  const failed = changes.filter((change) => change.state === 'failed' && change.action === 'start');
  const [last] = failed;
  if (last?.state === 'failed') {
    const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(failed.length - 1, 10), longestPauseMs);
    const againMs = last.endedMs + pauseMs;
    if (nowMs < againMs) {
      const why = `start ${last.id} failed, and the next one is due at ${new Date(againMs).toISOString()}`;
      return { kind: 'wait', why, againMs };
    }
  }
  return { kind: 'start', why: 'the settings want a log backup, and there never was a task' };
}

const wait = (why: string): StartDecision => ({ kind: 'wait', why });
