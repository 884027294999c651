// The record of the log task, and the signal of its changes, by which what follows from them begins. People are told by the keeper.

import type { LogTaskChange } from '../../../domain/log-task/log-task-change.ts';
import type { LogTaskState } from '../../../domain/state/log-task-state.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import type { WaitingSignal } from '../../../domain/state/signal.ts';
import type { RecordKey } from '../../../domain/state/task-record.ts';
import type { StateDeps } from '../control-deps.ts';
import { signalOf } from '../signals.ts';

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
