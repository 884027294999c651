// The state of a cluster of a deployed stack, for a person's program: the table is found by the tags of a state machine. Reads only as far as
// whoever holds it does.

import { SFNClient } from '@aws-sdk/client-sfn';
import type { TaskStore } from '../ports/task-store.ts';
import { openDynamoTaskStore } from './dynamo-task-store.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';
import { findMachine } from './sfn-machines.ts';

/**
 * Undefined for a stack of a version that did not tag its table. Needs states:ListStateMachines and ListTagsForResource, and for reading
 * dynamodb:GetItem and Query on the table. Errors: INVALID_INPUT when no stack has the cluster, or two have; AWS_DENIED; RUNNER_UNAVAILABLE.
 */
export async function openDeployedState(
  cluster: string,
  location: ServiceLocation = {},
): Promise<TaskStore | undefined> {
  const client = new SFNClient(serviceSettings(location));
  try {
    const { table } = await findMachine(client, { cluster, flow: 'log-task' });
    return table === undefined ? undefined : openDynamoTaskStore({ table, ...location });
  } finally {
    client.destroy();
  }
}
