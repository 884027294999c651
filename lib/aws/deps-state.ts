// A function's cluster, its state and the time, from its environment. Sends nothing yet.

import { decodeCluster } from '../config/cluster-env.ts';
import type { StateDeps } from '../operations/control/control-deps.ts';
import { awsClock } from './aws-clock.ts';
import { openDynamoTaskStore } from './dynamo-task-store.ts';

/** Errors: INVALID_INPUT for settings that cannot be read. */
export function stateDeps(env: { readonly PITR_CLUSTER: string; readonly PITR_TABLE: string }): StateDeps {
  return {
    settings: decodeCluster(env.PITR_CLUSTER),
    store: openDynamoTaskStore({ table: env.PITR_TABLE }),
    nowMs: awsClock.nowMs,
  };
}
