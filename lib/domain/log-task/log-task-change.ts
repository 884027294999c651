// Whether two looks at the log backup task differ in a way that people are told of, and when the new state began: both make the
// name of what is told, so that it is told once. Decides; tells nobody.

import type { LogTaskState } from '../state/log-task-state.ts';

export interface LogTaskChange {
  /** The state before; `unknown` at the first look. */
  readonly from: LogTaskState['state'] | 'unknown';
  readonly to: LogTaskState['state'];
  /** When the new state began, Unix ms: as PD says where it says it, else when it was first seen. */
  readonly beganMs: number;
}

/** Undefined: nothing to tell. At the first look everything but "there is no task" is news. */
export function changeOfLogTask(
  before: LogTaskState | undefined,
  after: LogTaskState,
): LogTaskChange | undefined {
  if (before === undefined ? after.state === 'none' : !isNews(before, after)) return undefined;
  return { from: before?.state ?? 'unknown', to: after.state, beganMs: beganMs(before, after) };
}

function isNews(before: LogTaskState, after: LogTaskState): boolean {
  if (before.state !== after.state) return true;
  // Another task under the same name: somebody stopped ours and started anew.
  if ('task' in before && 'task' in after) {
    if (before.task !== after.task || before.startTs !== after.startTs) return true;
  }
  // Resumed and halted again between two looks.
  if (before.state === 'paused' && after.state === 'paused') return isLater(before.pausedMs, after.pausedMs);
  if (before.state === 'failed' && after.state === 'failed') return isLater(before.sinceMs, after.sinceMs);
  return false;
}

function isLater(before: number | null, after: number | null): boolean {
  return before !== null && after !== null && after > before;
}

/** A begin before the last look that still saw the old state is one that a version left behind, and no name for a new event. */
function beganMs(before: LogTaskState | undefined, after: LogTaskState): number {
  const said = saidBegin(after);
  if (said === null) return after.observedMs;
  return before === undefined || said > before.observedMs ? said : after.observedMs;
}

function saidBegin(after: LogTaskState): number | null {
  switch (after.state) {
    case 'paused':
      return after.pausedMs;
    case 'failed':
    case 'stuck':
      return after.sinceMs;
    case 'stopped':
      return after.stoppedMs;
    case 'none':
    case 'running':
    case 'foreign':
      return null;
    default:
      return after satisfies never;
  }
}
