// What each signal leads to: a flow or an operation that begins, people who are told, or both. One table, and every topic is in it.
// Whatever begins here may begin twice: flows by their names, operations by what they find.

import { PitrError } from '../../domain/errors.ts';
import { executionName } from '../../domain/execution-name.ts';
import type { ToldTopic } from '../../domain/messages/messages.ts';
import type { Facts, FactValue } from '../../domain/state/run-identity.ts';
import type { WaitingSignal } from '../../domain/state/signal.ts';
import type { FlowName } from '../../ports/launcher.ts';
import type { LauncherDeps, StateDeps } from './control-deps.ts';
import type { BrWorkName } from './runs/open-work.ts';
import { textFact } from './runs/run-facts.ts';
import type { Topic } from './signals.ts';

export type BeginDeps = StateDeps & LauncherDeps;

/** Gives what was begun, empty when nothing had to be. Errors: RUNNER_UNAVAILABLE; those of the state table. */
type Begin = (deps: BeginDeps, signal: WaitingSignal) => Promise<string>;

export interface Reaction {
  readonly begin?: Begin;
  /** The entry of lib/domain/messages/messages.ts that people are told by. */
  readonly tell?: ToldTopic;
}

/** Work that is planned here; a restore's flow plans its own. */
export type PlannedWork = Exclude<BrWorkName, 'restore'>;

/** The flow of each. */
const flowOfWork: Readonly<Record<PlannedWork, FlowName>> = {
  snapshot: 'snapshot',
  truncation: 'truncate',
  'log-task': 'log-task',
};

export const reactions: Readonly<Record<Topic, Reaction>> = {
  'snapshot-planned': { begin: (deps, signal) => beginFlow(deps, 'snapshot', signal) },
  'snapshot-complete': { begin: (deps) => invoke(deps, 'truncate-log', {}), tell: 'snapshot-complete' },
  'snapshot-failed': { tell: 'snapshot-failed' },
  'snapshot-skipped': { tell: 'snapshot-skipped' },
  'truncation-planned': { begin: (deps, signal) => beginFlow(deps, 'truncation', signal) },
  'truncation-done': { tell: 'truncation-done' },
  'truncation-failed': { tell: 'truncation-failed' },
  'truncation-refused': { tell: 'truncation-refused' },
  'task-change-planned': { begin: (deps, signal) => beginFlow(deps, 'log-task', signal) },
  // People hear of the task from its keeper: one message when something begins, one when it is over.
  'task-change-done': { begin: afterTaskChange },
  'task-change-failed': {},
  'log-task-changed': { begin: afterLogTaskChanged },
  'log-task-trouble': { tell: 'log-task-trouble' },
  'log-task-well': { tell: 'log-task-well' },
  'log-task-epoch': { tell: 'log-task-epoch' },
  'alarm-raised': { tell: 'alarm-raised' },
  'alarm-over': { tell: 'alarm-over' },
  'adopt-wanted': { begin: (deps, signal) => invoke(deps, 'adopt', dueAt(signal)) },
  'restore-requested': { begin: beginRestore },
  'restore-planned': { tell: 'restore-planned' },
  'restore-done': { tell: 'restore-done' },
  'restore-failed': { tell: 'restore-failed' },
  'retention-planned': { tell: 'retention-planned' },
  'retention-refused': { tell: 'retention-refused' },
  'retention-done': { tell: 'retention-done' },
  'retention-stopped': { tell: 'retention-stopped' },
};

/** The flow of a record that is not over: a signal that comes late, or again, starts nothing. */
async function beginFlow(deps: BeginDeps, work: PlannedWork, signal: WaitingSignal): Promise<string> {
  const id = textFact(signal.facts, 'id');
  if (!(await isOpen(deps, work, id))) return '';
  return await startWork(deps, work, id, 1);
}

async function isOpen(
  { store, settings, nowMs }: BeginDeps,
  work: PlannedWork,
  id: string,
): Promise<boolean> {
  const kind = work === 'log-task' ? 'task-change' : work;
  const found = await store.get({ cluster: settings.name, kind, id }, nowMs());
  return found?.record.state === 'planned' || found?.record.state === 'running';
}

/** `round` 1 is the first. Gives the execution's name, empty when there was one of that name. */
export async function startWork(
  { launcher, settings }: BeginDeps,
  work: PlannedWork,
  id: string,
  round: number,
): Promise<string> {
  const name = executionName(id, work, round);
  const outcome = await launcher.startFlow(flowOfWork[work], name, { cluster: settings.name, id });
  return outcome === 'started' ? name : '';
}

async function invoke(
  { launcher, settings }: BeginDeps,
  operation: Parameters<LauncherDeps['launcher']['invoke']>[0],
  input: Facts,
): Promise<string> {
  await launcher.invoke(operation, { cluster: settings.name, ...input });
  return operation;
}

/** The time of what the signal tells: the first snapshot is for that time, however often it is asked for. */
function dueAt({ atMs }: WaitingSignal): Facts {
  return { dueAt: new Date(atMs).toISOString() };
}

const takeFirst = (deps: BeginDeps, signal: WaitingSignal) =>
  invoke(deps, 'take-snapshot', { trigger: 'first', ...dueAt(signal) });

/** A log that has just begun has no base that reaches it. */
async function afterTaskChange(deps: BeginDeps, signal: WaitingSignal): Promise<string> {
  return textFact(signal.facts, 'action') === 'start' ? await takeFirst(deps, signal) : '';
}

/**
 * A log that runs again may still lack its first snapshot; where there is one, take-snapshot does nothing. At the first look adopt
 * asks for it, once it knows what the bucket holds, and after a start of ours its end does.
 */
async function afterLogTaskChanged(deps: BeginDeps, signal: WaitingSignal): Promise<string> {
  const from = textFact(signal.facts, 'from');
  if (textFact(signal.facts, 'to') !== 'running' || from === 'unknown') return '';
  const isFirst = from === 'none';
  return (await isStartedByUs(deps, isFirst)) ? '' : await takeFirst(deps, signal);
}

/** A start that goes on; of the first task ever also one that is done by now, because this signal may come after its end. */
async function isStartedByUs({ store, settings, nowMs }: BeginDeps, isFirst: boolean): Promise<boolean> {
  const query = { nowMs: nowMs(), newestFirst: true, limit: 10 };
  const page = await store.list('task-change', settings.name, query);
  const states = page.entries.flatMap(({ record }) => (record.action === 'start' ? [record.state] : []));
  return states.some((state) => state === 'planned' || state === 'running' || (isFirst && state === 'done'));
}

async function beginRestore({ launcher }: BeginDeps, { id, facts }: WaitingSignal): Promise<string> {
  const { request } = facts;
  if (!isFacts(request)) {
    throw new PitrError('INVALID_INPUT', `${id} brings no request, expected {cluster, restoreTo, target}`, {
      hint: 'whoever asks for a restore puts the whole request into the facts of the signal',
      details: { signal: id },
    });
  }
  const name = executionName(textFact(facts, 'id'), 'restore');
  const outcome = await launcher.startFlow('restore-to-point', name, request);
  return outcome === 'started' ? name : '';
}

function isFacts(value: FactValue | undefined): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
