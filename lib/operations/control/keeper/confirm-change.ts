// Whether a change of the log task has led to what it aimed at, for the flow that waits for it: yes, not yet, or no more. The
// checkpoint need not move yet: that is watched every minute, for as long as the task lives.

import { PitrError } from '../../../domain/errors.ts';
import type { LogTaskState } from '../../../domain/state/log-task-state.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { describeTs } from '../../../domain/ts.ts';
import type { StateDeps } from '../control-deps.ts';
import { endedRuns, runsOfWork } from '../runs/br-runs.ts';
import { unmetAim } from '../runs/task-change-work.ts';

/** What br put into PD is there at once; stores and TiDB need a moment, and an error that comes back within a minute shows. */
const confirmWithinMs = 10 * 60_000;
/** Thirty looks at most. */
const waitSeconds = 20;

/** `{next, waitSeconds, seen}`. Errors: INVALID_INPUT when there is no such change; those of the state table. */
export async function confirmChange(deps: StateDeps, id: string, state: LogTaskState): Promise<Facts> {
  const key = { cluster: deps.settings.name, kind: 'task-change', id } as const;
  const change = (await deps.store.get(key, deps.nowMs()))?.record;
  if (change === undefined) {
    throw new PitrError('INVALID_INPUT', `there is no task-change ${id}`, {
      hint: 'observe confirms a change for the flow that made it; without a purpose it looks as every minute',
      details: { id },
    });
  }
  const unmet = unmetAim(change.action, change.task, state);
  if (unmet === undefined) return { next: 'done', waitSeconds: 0, seen: sentenceOf(state) };
  const ended = endedRuns(await runsOfWork(deps, 'log-task', id)).at(-1);
  const sinceMs = ended?.endedMs ?? change.plannedMs;
  if (deps.nowMs() - sinceMs < confirmWithinMs) return { next: 'again', waitSeconds, seen: unmet };
  return { next: 'failed', waitSeconds: 0, seen: unmet };
}

function sentenceOf(state: LogTaskState): string {
  if (!('checkpointTs' in state)) return `there is ${state.state === 'none' ? 'no task' : 'another task'}`;
  return `${state.task} is ${state.state}, its checkpoint is ${describeTs(state.checkpointTs)}`;
}
