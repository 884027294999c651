// The table of state in DynamoDB: consistent reads, and every write a transaction, whose token makes that one whose answer
// was lost can be sent again. Must not read before it writes: the condition is part of the write.

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { PitrError } from '../domain/errors.ts';
import {
  type Condition,
  type FailedCondition,
  type ItemKey,
  isExpired,
  keyOfWrite,
  mostWrites,
  type StateItem,
  type StateTable,
  type TableOutcome,
  type TableQuery,
  type TableWrite,
} from '../ports/state/state-table.ts';
import { cancellationsOf, dynamoError, mayPass } from './dynamo-errors.ts';
import { attributesOf, itemOfAttributes } from './dynamo-item.ts';

/** Waits between tries, for tests: real ones by default. */
export interface RetryParts {
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  /** In [0, 1). */
  readonly random: () => number;
}

const systemRetry: RetryParts = { sleep: (milliseconds) => setTimeout(milliseconds), random: Math.random };
/** About ten seconds in all with full jitter; a Lambda has more time than that, and a lease lasts longer. */
const mostTries = 12;
const firstWaitMs = 25;
const longestWaitMs = 2_000;

/** A table that is there already. Closing it ends the client. */
export function dynamoStateTable(
  client: DynamoDBClient,
  table: string,
  retry: RetryParts = systemRetry,
): StateTable {
  return new DynamoStateTable(client, table, retry);
}

class DynamoStateTable implements StateTable {
  readonly url: string;
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #retry: RetryParts;

  constructor(client: DynamoDBClient, table: string, retry: RetryParts) {
    this.url = `dynamodb:${table}`;
    this.#client = client;
    this.#table = table;
    this.#retry = retry;
  }

  async read({ pk, sk }: ItemKey): Promise<StateItem | undefined> {
    const command = new GetItemCommand({
      TableName: this.#table,
      Key: { pk: { S: pk }, sk: { S: sk } },
      ConsistentRead: true,
    });
    const { Item } = await this.#tries('dynamodb:GetItem', () => this.#client.send(command));
    return Item === undefined ? undefined : itemOfAttributes(Item);
  }

  async query(query: TableQuery): Promise<readonly StateItem[]> {
    const found: StateItem[] = [];
    // BETWEEN knows no exclusive end; an empty range is an error to it.
    if (query.from >= query.to) return found;
    let start: Record<string, AttributeValue> | undefined =
      query.after === undefined ? undefined : { pk: { S: query.pk }, sk: { S: query.after } };
    do {
      const command = new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': { S: query.pk },
          ':from': { S: query.from },
          ':to': { S: query.to },
        },
        ScanIndexForward: !query.newestFirst,
        ConsistentRead: true,
        Limit: query.limit - found.length + 1,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      });
      const page = await this.#tries('dynamodb:Query', () => this.#client.send(command));
      for (const attributes of page.Items ?? []) {
        const item = itemOfAttributes(attributes);
        if (item.sk < query.to && found.length < query.limit) found.push(item);
      }
      start = page.LastEvaluatedKey;
    } while (start !== undefined && found.length < query.limit);
    return found;
  }

  async write(writes: readonly TableWrite[], nowMs: number): Promise<TableOutcome> {
    if (writes.length > mostWrites) {
      throw new PitrError('INTERNAL', `a write of ${writes.length} items, expected at most ${mostWrites}`);
    }
    const command = new TransactWriteItemsCommand({
      ClientRequestToken: randomUUID(),
      TransactItems: writes.map((write) => this.#transactItem(write, nowMs)),
    });
    return this.#tries('dynamodb:PutItem', async (): Promise<TableOutcome> => {
      try {
        await this.#client.send(command);
        return { kind: 'written' };
      } catch (error) {
        const failed = failedConditions(error, nowMs);
        if (failed.length === 0) throw error;
        return { kind: 'refused', failed };
      }
    });
  }

  /** DynamoDB removes by itself, by the attribute `ttl`. */
  async removeExpired(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #transactItem(write: TableWrite, nowMs: number): TransactWriteItem {
    const request = {
      TableName: this.#table,
      ...conditionOf(write.when, nowMs),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    if (write.kind === 'put') return { Put: { ...request, Item: attributesOf(write.item) } };
    const { pk, sk } = keyOfWrite(write);
    const Key = { pk: { S: pk }, sk: { S: sk } };
    return write.kind === 'delete'
      ? { Delete: { ...request, Key } }
      : { ConditionCheck: { ...request, Key } };
  }

  async #tries<T>(action: string, call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (attempt === mostTries || !mayPass(error)) throw dynamoError(error, this.url, action);
      }
      const bound = Math.min(longestWaitMs, firstWaitMs * 2 ** attempt);
      await this.#retry.sleep(Math.ceil(bound * this.#retry.random()));
    }
  }
}

function conditionOf(
  when: Condition,
  nowMs: number,
): {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
} {
  const now = { ':now': { N: String(nowMs) } };
  if (when === 'absent') {
    return {
      ConditionExpression: 'attribute_not_exists(pk) OR expiresMs <= :now',
      ExpressionAttributeValues: now,
    };
  }
  const [name, value]: readonly [string, AttributeValue] =
    'revision' in when ? ['rev', { N: String(when.revision) }] : ['guard', { S: when.guard }];
  return {
    ConditionExpression: '#seen = :seen AND (attribute_not_exists(expiresMs) OR expiresMs > :now)',
    ExpressionAttributeNames: { '#seen': name },
    ExpressionAttributeValues: { ...now, ':seen': value },
  };
}

function failedConditions(error: unknown, nowMs: number): FailedCondition[] {
  return (cancellationsOf(error) ?? []).flatMap(({ Code, Item }, index): FailedCondition[] => {
    if (Code !== 'ConditionalCheckFailed') return [];
    const item = Item === undefined || Object.keys(Item).length === 0 ? undefined : itemOfAttributes(Item);
    return [{ index, found: item === undefined || isExpired(item, nowMs) ? undefined : item }];
  });
}
