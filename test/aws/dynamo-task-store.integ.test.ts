// The contract on DynamoDB Local, Amazon's own program for tests. Needs Java and its jars:
// node scripts/get-dynamodb-local.ts fetches them with Maven.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  PutItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { expiryDefinition, makeDynamoClient, tableDefinition } from '../../lib/aws/dynamo-client.ts';
import { openDynamoTaskStore } from '../../lib/aws/dynamo-task-store.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { taskStoreContract } from '../contracts/task-store.contract.ts';
import { findDynamodbLocal, startDynamodbLocal } from '../support/dynamodb-local.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { noon } from '../support/state-builders.ts';
import type { RunningServer } from '../support/versitygw.ts';

useTestCredentials();
// DynamoDB Local takes letters and digits only.
process.env['AWS_ACCESS_KEY_ID'] = 'testkey';
const found = findDynamodbLocal();

if ('missing' in found) {
  test('the task store on DynamoDB Local', { skip: found.missing }, () => undefined);
} else {
  let server: RunningServer;
  let tables = 0;
  const makeTable = async (): Promise<{ readonly table: string; readonly endpoint: string }> => {
    tables += 1;
    const location = { table: `state-${tables}`, endpoint: server.endpoint };
    const client = makeDynamoClient(location);
    await client.send(new CreateTableCommand(tableDefinition(location.table)));
    await client.send(new UpdateTimeToLiveCommand(expiryDefinition(location.table)));
    client.destroy();
    return location;
  };
  describe('DynamoDB Local', () => {
    before(async () => {
      server = await startDynamodbLocal(found.folder);
    });
    after(() => server.close());
    taskStoreContract('DynamoDB Local', async () => {
      const location = await makeTable();
      const store = openDynamoTaskStore(location);
      const other = openDynamoTaskStore(location);
      return {
        store,
        other,
        close: async () => {
          await store.close();
          await other.close();
        },
      };
    });
    test('a table that is not there is named', async () => {
      const store = openDynamoTaskStore({ table: 'nowhere', endpoint: server.endpoint });
      await assert.rejects(store.lease('shop', 'snapshot'), (error) => {
        assert.ok(error instanceof PitrError);
        assert.equal(error.code, 'INVALID_INPUT');
        assert.match(error.message, /^dynamodb:nowhere: there is no such table$/);
        return true;
      });
      await store.close();
    });
    test('DynamoDB is told to remove by the attribute ttl', async () => {
      const location = await makeTable();
      const client = makeDynamoClient(location);
      const answer = await client.send(new DescribeTimeToLiveCommand({ TableName: location.table }));
      assert.equal(answer.TimeToLiveDescription?.AttributeName, 'ttl');
      client.destroy();
    });
    test('an item of a newer version, and a foreign one, is refused by name', async () => {
      const location = await makeTable();
      const client = makeDynamoClient(location);
      const store = openDynamoTaskStore(location);
      const pk = { S: 'cluster/shop' };
      const key = { cluster: 'shop', kind: 'snapshot', id: '20261122120000' } as const;
      const items = [
        [
          { rev: { N: '1' }, shape: { S: 'snapshot/v2' }, body: { S: '{"shape":"snapshot/v2"}' } },
          /the shape of .* is "snapshot\/v2", expected "snapshot\/v1"$/,
        ],
        [{ colour: { S: 'red' } }, /has the attributes colour, pk, sk, expected shape, body and rev$/],
      ] as const;
      for (const [item, message] of items) {
        await client.send(
          new PutItemCommand({
            TableName: location.table,
            Item: { pk, sk: { S: `snapshot/${key.id}` }, ...item },
          }),
        );
        await assert.rejects(store.get(key, noon), (error) => {
          assert.ok(error instanceof PitrError);
          assert.equal(error.code, 'STATE_SHAPE_UNKNOWN');
          assert.match(error.message, message);
          return true;
        });
      }
      client.destroy();
      await store.close();
    });
  });
}
