import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDeployedState } from '../../lib/aws/deployed-state.ts';
import { FakeAws } from '../support/fake-aws-json.ts';
import { FakeStepFunctions } from '../support/fake-step-functions.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const machine = (name: string) => `arn:aws:states:eu-central-1:111122223333:stateMachine:${name}`;

test('the state of a cluster is the table that its flow is tagged with, and no other cluster is read', async (t) => {
  const aws = new FakeAws();
  const machines = { crm: machine('PitrcrmFlowslogtask1'), shop: machine('PitrshopFlowslogtask2') };
  const flows = new FakeStepFunctions(aws, Object.values(machines));
  for (const [cluster, arn] of Object.entries(machines)) {
    flows.tags.set(arn, {
      'pitr:cluster': cluster,
      'pitr:flow': 'log-task',
      'pitr:table': `${cluster}-table`,
    });
  }
  const location = { endpoint: await aws.listen(), region: 'eu-central-1' };
  t.after(() => aws.close());
  aws.on('DynamoDB_20120810.GetItem', () => ({}));
  const store = await openDeployedState('shop', location);
  assert.ok(store !== undefined);
  assert.equal(await store.get({ cluster: 'shop', kind: 'keeper', id: 'current' }, 1), undefined);
  await store.close();
  const tables = aws.inputsOf('DynamoDB_20120810.GetItem').map((input) => input['TableName']);
  assert.deepEqual(tables, ['shop-table']);
  await assert.rejects(openDeployedState('billing', location), {
    code: 'INVALID_INPUT',
    message: /none of the 2 state machines .* is log-task of billing/,
  });
});
