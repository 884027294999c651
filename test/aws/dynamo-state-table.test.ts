// What the table does when DynamoDB is busy, silent or refuses, with a client that answers as it is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  type GetItemCommand,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { attributesOf } from '../../lib/aws/dynamo-item.ts';
import { dynamoStateTable } from '../../lib/aws/dynamo-state-table.ts';
import { itemOfRecord } from '../../lib/ports/state/records-to-items.ts';
import type { StateTable } from '../../lib/ports/state/state-table.ts';
import { noon, plannedSnapshot } from '../support/state-builders.ts';

const item = itemOfRecord(plannedSnapshot(), 1);
const put = { kind: 'put', item, when: 'absent' } as const;
const about = { $metadata: {}, message: 'told so' };

function cancelled(...codes: readonly string[]): TransactionCanceledException {
  const CancellationReasons = codes.map((Code) =>
    Code === 'ConditionalCheckFailed' ? { Code, Item: attributesOf(item) } : { Code },
  );
  return new TransactionCanceledException({ ...about, CancellationReasons });
}

function named(name: string, status?: number): Error {
  const error = new Error('told so');
  error.name = name;
  return Object.assign(error, status === undefined ? {} : { $metadata: { httpStatusCode: status } });
}

/** A table whose client gives these answers one after the other, the last one for ever. */
function tableThat(...answers: readonly (Error | object)[]): {
  readonly table: StateTable;
  readonly sent: unknown[];
  readonly waits: number[];
} {
  const sent: unknown[] = [];
  const waits: number[] = [];
  const client = {
    send: async (command: GetItemCommand | TransactWriteItemsCommand) => {
      sent.push(command);
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    destroy: () => undefined,
  };
  const retry = { sleep: async (milliseconds: number) => void waits.push(milliseconds), random: () => 0.5 };
  return { table: dynamoStateTable(client as unknown as DynamoDBClient, 'state', retry), sent, waits };
}

const passing: readonly (readonly [string, Error])[] = [
  ['a conflict of transactions', cancelled('None', 'TransactionConflict')],
  ['throttling in a transaction', cancelled('ThrottlingError')],
  ['throttling', new ProvisionedThroughputExceededException(about)],
  ['a server error', named('Whatever', 503)],
  ['a lost connection', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
  ['silence', named('TimeoutError')],
  ['a transaction that still runs', named('TransactionInProgressException', 400)],
];
for (const [what, error] of passing) {
  test(`${what} is waited out, with waits that grow`, async () => {
    const { table, sent, waits } = tableThat(error, error, error, {});
    assert.deepEqual(await table.write([put], noon), { kind: 'written' });
    assert.equal(sent.length, 4);
    assert.deepEqual(waits, [25, 50, 100]);
  });
  test(`${what} that does not end is STATE_UNAVAILABLE after twelve tries`, async () => {
    const { table, sent, waits } = tableThat(error);
    await assert.rejects(table.write([put], noon), { name: 'STATE_UNAVAILABLE', retryable: true });
    assert.equal(sent.length, 12);
    assert.ok(waits.every((wait) => wait <= 2000));
  });
}

test('a write that is sent again has the same token, so that it is made once; another has its own', async () => {
  const { table, sent } = tableThat(named('TimeoutError'), {});
  await table.write([put], noon);
  await table.write([put], noon);
  const tokens = sent.map((command) =>
    command instanceof TransactWriteItemsCommand ? command.input.ClientRequestToken : undefined,
  );
  assert.equal(tokens[0]?.length, 36);
  assert.equal(tokens[0], tokens[1]);
  assert.notEqual(tokens[1], tokens[2]);
});

test('a failed condition is an answer with the item that was found, also beside a conflict', async () => {
  const { table, sent } = tableThat(cancelled('None', 'ConditionalCheckFailed', 'TransactionConflict'));
  const outcome = await table.write([put, put, put], noon);
  assert.deepEqual(outcome, { kind: 'refused', failed: [{ index: 1, found: item }] });
  assert.equal(sent.length, 1);
});

test('refusals and missing tables are named at once', async () => {
  const cases: readonly (readonly [Error, string, RegExp])[] = [
    [named('AccessDeniedException', 400), 'STORAGE_DENIED', /^dynamodb:state: dynamodb:GetItem is denied/],
    [named('ExpiredTokenException', 400), 'STORAGE_DENIED', /is denied \(ExpiredTokenException\)$/],
    [named('CredentialsProviderError'), 'STORAGE_DENIED', /is denied/],
    [new ResourceNotFoundException(about), 'INVALID_INPUT', /^dynamodb:state: there is no such table$/],
    [named('ValidationException', 400), 'INTERNAL', /is not understood \(ValidationException: told so\)$/],
    [new ConditionalCheckFailedException(about), 'INTERNAL', /is not understood/],
    [cancelled('ValidationError'), 'INTERNAL', /is not understood/],
  ];
  for (const [error, name, message] of cases) {
    const { table, sent } = tableThat(error);
    await assert.rejects(table.read({ pk: 'cluster/shop', sk: 'x' }), { name, message });
    assert.equal(sent.length, 1);
  }
});
