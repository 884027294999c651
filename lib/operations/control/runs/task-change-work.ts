// A change of the log backup task as work of br: start, stop, pause or resume. What br says is not believed: the flow asks PD
// afterwards (`observe`), and the end is what was read there.

import type { BrDecision } from '../../../br/commands/br-decision.ts';
import type { BrOutcome } from '../../../br/commands/br-outcome.ts';
import type { LogTaskState } from '../../../domain/state/log-task-state.ts';
import type { Failure } from '../../../domain/state/run-identity.ts';
import type { TaskAction, TaskChange } from '../../../domain/state/task-change.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { BrWorkDeps } from '../control-deps.ts';
import { failureOfOutcome } from '../failures.ts';
import { signalOf } from '../signals.ts';
import { brStorageUrl } from './br-call.ts';
import type { BrWork, EndedRun, Judgement, WorkEnd } from './br-work.ts';
import { textFact } from './run-facts.ts';

/** What br itself holds history for when a person pauses (FACTS §2.7). */
const pauseSeconds = 86_400;

export function taskChangeWork(deps: BrWorkDeps, stored: Stored<TaskChange>): BrWork {
  const { record, revision } = stored;
  // What PD said when it was asked last, for the record of the end.
  const heard = { seen: '' };
  return {
    work: 'log-task',
    id: record.id,
    role: 'writer',
    record,
    revision,
    over: overOf(record),
    pd: undefined,
    decision: () => decisionOf(deps, record),
    clearTheWay: async () => ({ kind: 'clear', notes: [] }),
    judge: async (_run, outcome) => judge(outcome),
    confirm: (run) => confirm(deps, record, run, heard),
    running: (beat) => ({
      ...changeOf(record),
      state: 'running',
      startedMs: beat.startedMs,
      attempt: beat.attempt,
      runner: beat.runner,
      heartbeatMs: beat.nowMs,
    }),
    ended: (end, nowMs) => endedAs(record, end, nowMs, heard.seen),
  };
}

function changeOf({ shape, cluster, id, action, task, path, startTs, plannedMs, why }: TaskChange) {
  return { shape, cluster, id, action, task, path, startTs, plannedMs, why };
}

function overOf(record: TaskChange): BrWork['over'] {
  switch (record.state) {
    case 'planned':
    case 'running':
      return undefined;
    case 'done':
      return { outcome: 'succeeded', state: 'done', code: '', message: record.seen };
    case 'failed':
      return { outcome: 'failed', state: 'failed', ...record.failure };
    default:
      return record satisfies never;
  }
}

function decisionOf({ settings, bucketName }: BrWorkDeps, change: TaskChange): BrDecision {
  const { action, task: taskName } = change;
  switch (action) {
    case 'start': {
      const storage = brStorageUrl(settings, bucketName, change.path);
      const { startTs } = change;
      return { kind: 'log-start', taskName, storage, ...(startTs === 0n ? {} : { startTs }) };
    }
    case 'stop':
      return { kind: 'log-stop', taskName };
    case 'pause':
      return { kind: 'log-pause', taskName, gcTtlSeconds: pauseSeconds, message: change.why };
    case 'resume':
      return { kind: 'log-resume', taskName };
    default:
      return action satisfies never;
  }
}

/** A task that is there already, or is in that state already, is PD's to confirm. */
function judge(outcome: BrOutcome): Judgement {
  switch (outcome.kind) {
    case 'succeeded':
      return { verdict: 'done', facts: { said: 'br said that it succeeded' } };
    case 'unclear':
      return { verdict: 'done', facts: { said: outcome.because } };
    case 'failed': {
      const failure = failureOfOutcome(outcome);
      if (!outcome.retry) return { verdict: 'failed', failure, facts: {} };
      return { verdict: 'again', waitSeconds: outcome.waitSeconds ?? 0, failure, facts: {} };
    }
    default:
      return outcome satisfies never;
  }
}

/** PD was asked by the flow since br ended: what it said stands in the state. */
async function confirm(
  { store, settings, nowMs }: BrWorkDeps,
  { action, task }: TaskChange,
  run: EndedRun,
  heard: { seen: string },
): Promise<Failure | undefined> {
  const key = { cluster: settings.name, kind: 'log-task', id: 'current' } as const;
  const seen = (await store.get(key, nowMs()))?.record;
  const isFresh = seen !== undefined && seen.observedMs >= run.endedMs;
  const unmet = isFresh ? unmetAim(action, task, seen) : 'PD could not be asked since br ended';
  if (unmet === undefined && seen !== undefined)
    heard.seen = `PD says: ${'task' in seen ? `${seen.task} is ` : ''}${seen.state}`;
  if (unmet === undefined) return undefined;
  return {
    code: 'CLUSTER_NOT_READY',
    message: `after the ${action} of the log task: ${unmet}`,
    hint: 'pitr status tells what PD says now; exit 0 of br proves nothing (FACTS §2.5)',
  };
}

/**
 * Whether what PD says is what the change aimed at: undefined when it is, else the sentence that tells the difference. A task of
 * ours that stands still after a start is there all the same: healing it is the keeper's matter.
 */
export function unmetAim(action: TaskAction, task: string, state: LogTaskState): string | undefined {
  const isThere = state.state !== 'none' && state.state !== 'stopped' && state.state !== 'foreign';
  const isHalted = state.state === 'paused' || state.state === 'failed';
  const found = 'task' in state ? `${state.task} is ${state.state}` : `there is ${state.state}`;
  switch (action) {
    case 'start':
      return isThere && !isHalted && state.task === task
        ? undefined
        : `${found}, expected the task ${task} to run`;
    case 'resume':
      return state.state === 'running' || state.state === 'stuck'
        ? undefined
        : `${found}, expected it to run`;
    case 'pause':
      return state.state === 'paused' ? undefined : `${found}, expected it to be paused`;
    case 'stop':
      return isThere && state.task === task ? `${found}, expected no task` : undefined;
    default:
      return action satisfies never;
  }
}

function endedAs(
  record: TaskChange,
  end: WorkEnd,
  nowMs: number,
  heard: string,
): ReturnType<BrWork['ended']> {
  const change = changeOf(record);
  const common = { cluster: record.cluster, id: record.id, atMs: nowMs };
  const told = { action: record.action, task: record.task, path: record.path, why: record.why };
  if (end.outcome === 'succeeded') {
    const seen = heard === '' ? textFact(end.run.facts, 'said') : heard;
    return {
      record: { ...change, state: 'done', endedMs: nowMs, seen },
      what: `${record.action} of the log task`,
      signals: [signalOf('task-change-done', common, { ...told, seen })],
    };
  }
  const { failure, attempt } = end;
  return {
    record: { ...change, state: 'failed', endedMs: nowMs, attempt, failure },
    what: `gave up the ${record.action} of the log task`,
    signals: [signalOf('task-change-failed', common, { ...told, attempt, ...failure })],
  };
}
