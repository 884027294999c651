// What a look at the log task leads to beside its record: the signal of a change, and the start of the first task with its record,
// signal and audit entry. Whether it is to be is decided in lib/domain; writes nothing itself.

import type { LogTaskChange } from '../../domain/log-task-change.ts';
import { decideStart } from '../../domain/log-task-start.ts';
import type { AuditEntry } from '../../domain/state/audit-entry.ts';
import type { LogTaskState } from '../../domain/state/log-task-state.ts';
import { type Facts, runId } from '../../domain/state/run-identity.ts';
import type { WaitingSignal } from '../../domain/state/signal.ts';
import type { TaskChange } from '../../domain/state/task-change.ts';
import type { RecordKey } from '../../domain/state/task-record.ts';
import { logFolder } from './br-call.ts';
import type { StateDeps } from './control-deps.ts';
import { signalOf } from './signals.ts';

export type StartPlan =
  | {
      readonly kind: 'planned';
      readonly record: TaskChange;
      readonly signal: WaitingSignal;
      readonly audit: AuditEntry;
    }
  /** `why` empty: nothing was to be started. */
  | { readonly kind: 'none'; readonly why: string };

export function logTaskKey({ settings }: Pick<StateDeps, 'settings'>): RecordKey<'log-task'> {
  return { cluster: settings.name, kind: 'log-task', id: 'current' };
}

/** Its id is made of the state and its begin: the same change has the same, whoever sees it. */
export function changeSignal(state: LogTaskState, { from, to, beganMs }: LogTaskChange): WaitingSignal {
  const about = { cluster: state.cluster, id: 'current', atMs: state.observedMs };
  return signalOf('log-task-changed', about, { from, to, beganMs, ...factsOf(state) }, `${to}-${beganMs}`);
}

/** The state as facts: TSOs and ids as decimal text. */
function factsOf(state: LogTaskState): Facts {
  const task =
    'task' in state
      ? { task: state.task, storage: state.storage, startTs: `${state.startTs}` }
      : { task: '', storage: '', startTs: '0' };
  const checkpointTs = 'checkpointTs' in state ? `${state.checkpointTs}` : '0';
  const common = { ...task, checkpointTs };
  switch (state.state) {
    case 'none':
    case 'running':
    case 'stopped':
      return common;
    case 'paused':
      return { ...common, by: state.by, message: state.message, fuseMs: state.fuseMs };
    case 'failed': {
      const stores = state.stores.map(({ storeId, code, message }) => ({
        storeId: `${storeId}`,
        code,
        message,
      }));
      return { ...common, stores };
    }
    case 'stuck':
    case 'foreign':
      return { ...common, reason: state.reason };
    default:
      return state satisfies never;
  }
}

/** How many changes back a start is looked for: one that failed daily for weeks. */
const changesBack = 50;

/** The start of the log task, where there never was one. Reads the changes only then. */
export async function plannedStart(
  { settings, store }: StateDeps,
  state: LogTaskState,
  imports: number,
): Promise<StartPlan> {
  const { log } = settings.policy;
  if (log.kind === 'off' || state.state !== 'none') return { kind: 'none', why: '' };
  const nowMs = state.observedMs;
  const query = { nowMs, newestFirst: true, limit: changesBack };
  const page = await store.list('task-change', settings.name, query);
  const changes = page.entries.map(({ record }) => record);
  const decision = decideStart({ state: state.state, isWanted: true, imports, changes, nowMs });
  if (decision.kind === 'wait') return { kind: 'none', why: decision.why };
  return planOf(settings.name, log.taskName, { nowMs, why: decision.why });
}

function planOf(
  cluster: string,
  task: string,
  { nowMs, why }: { readonly nowMs: number; readonly why: string },
): Extract<StartPlan, { readonly kind: 'planned' }> {
  const id = runId(nowMs);
  const record: TaskChange = {
    shape: 'task-change/v1',
    state: 'planned',
    cluster,
    id,
    action: 'start',
    task,
    path: logFolder,
    startTs: 0n,
    plannedMs: nowMs,
    why,
  };
  const facts = { action: 'start', task, path: logFolder, why };
  return {
    kind: 'planned',
    record,
    signal: signalOf('task-change-planned', { cluster, id, atMs: nowMs }, facts),
    audit: {
      shape: 'audit/v1',
      cluster,
      id: `plan-task-change/${id}`,
      atMs: nowMs,
      who: 'observe',
      what: 'planned the start of the log task',
      why,
      facts,
    },
  };
}
