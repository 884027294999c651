// The task store in a DynamoDB table. Must not make the table: the stack does.

import { taskStoreOn } from '../ports/state/table-task-store.ts';
import type { TaskStore } from '../ports/task-store.ts';
import { type DynamoLocation, makeDynamoClient } from './dynamo-client.ts';
import { dynamoStateTable, type RetryParts } from './dynamo-state-table.ts';

/**
 * Opens the table; nothing is sent yet, so a wrong name shows at the first call. Needs dynamodb:GetItem, Query, PutItem,
 * DeleteItem and ConditionCheckItem on it.
 */
export function openDynamoTaskStore(location: DynamoLocation, retry?: RetryParts): TaskStore {
  return taskStoreOn(dynamoStateTable(makeDynamoClient(location), location.table, retry));
}
