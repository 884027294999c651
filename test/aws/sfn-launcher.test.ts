import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openSfnLauncher } from '../../lib/aws/sfn-launcher.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { Launcher } from '../../lib/ports/launcher.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { FakeStepFunctions } from '../support/fake-step-functions.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const machine = (name: string) => `arn:aws:states:eu-central-1:111122223333:stateMachine:${name}`;
const execution = (name: string, id: string) =>
  `arn:aws:states:eu-central-1:111122223333:execution:${name}:${id}`;
const input = { cluster: 'shop', id: '20261122120000' };
const invocations = (name: string) => `POST /2015-03-31/functions/${name}/invocations`;

async function start(t: TestContext): Promise<{
  readonly aws: FakeAws;
  readonly flows: FakeStepFunctions;
  readonly launcher: Launcher;
}> {
  const aws = new FakeAws();
  const flows = new FakeStepFunctions(aws, [machine('s'), machine('t')]);
  const endpoint = await aws.listen();
  t.after(() => aws.close());
  const launcher = openSfnLauncher({
    flows: {
      snapshot: machine('s'),
      truncate: machine('t'),
      'log-task': machine('l'),
      'restore-to-point': machine('r'),
    },
    functions: { 'take-snapshot': 'shop-take', 'truncate-log': 'shop-truncate', adopt: 'shop-adopt' },
    clock: { nowMs: () => flows.nowMs },
    location: { endpoint },
  });
  return { aws, flows, launcher };
}

test('a flow is started by its name with its input', async (t) => {
  const { flows, launcher } = await start(t);
  assert.equal(await launcher.startFlow('snapshot', '20261122120000-snapshot', input), 'started');
  assert.equal(
    flows.executions.get(execution('s', '20261122120000-snapshot'))?.input,
    '{"cluster":"shop","id":"20261122120000"}',
  );
});

test('the same name is no second execution: while it runs, after it ended, and with another input', async (t) => {
  const { flows, launcher } = await start(t);
  await launcher.startFlow('snapshot', 'a', input);
  flows.nowMs += 60_000;
  assert.equal(await launcher.startFlow('snapshot', 'a', input), 'exists');
  assert.equal(await launcher.startFlow('snapshot', 'a', { ...input, id: 'other' }), 'exists');
  flows.end(execution('s', 'a'));
  assert.equal(await launcher.startFlow('snapshot', 'a', input), 'exists');
  assert.equal(flows.executions.size, 1);
  assert.equal(await launcher.startFlow('truncate', 'a', input), 'started');
});

test('two starts at once make one execution', async (t) => {
  const { flows, launcher } = await start(t);
  await Promise.all([launcher.startFlow('snapshot', 'a', input), launcher.startFlow('snapshot', 'a', input)]);
  assert.equal(flows.executions.size, 1);
});

test('a name that Step Functions does not take is not sent', async (t) => {
  const { aws, launcher } = await start(t);
  for (const name of ['', 'a.b', 'a/b', 'x'.repeat(81)]) {
    await assert.rejects(launcher.startFlow('snapshot', name, input), { code: 'INVALID_INPUT' });
  }
  assert.equal(aws.requests.length, 0);
});

test('a state machine that is not there is INVALID_INPUT and named', async (t) => {
  const { launcher } = await start(t);
  await assert.rejects(launcher.startFlow('log-task', 'a', input), (error: PitrError) => {
    assert.equal(error.code, 'INVALID_INPUT');
    assert.match(error.message, /stateMachine:l: it is not there \(StateMachineDoesNotExist\)/);
    return true;
  });
});

test('an operation is invoked without waiting for its answer', async (t) => {
  const { aws, launcher } = await start(t);
  aws.on(invocations('shop-take'), () => ({ $status: 202 }));
  await launcher.invoke('take-snapshot', input);
  assert.deepEqual(aws.inputsOf(invocations('shop-take')), [{ ...input, $invocationType: 'Event' }]);
});

test('a busy service is asked again, a silent one is RUNNER_UNAVAILABLE, a closed one AWS_DENIED with the action', async (t) => {
  const { aws, flows, launcher } = await start(t);
  aws.fail({ answer: new AwsFault('ExecutionLimitExceeded', 400) });
  await assert.rejects(launcher.startFlow('snapshot', 'a', input), { code: 'RUNNER_UNAVAILABLE' });
  aws.fail({ answer: 'hang-up', times: 3 });
  await assert.rejects(launcher.startFlow('snapshot', 'a', input), { code: 'RUNNER_UNAVAILABLE' });
  aws.fail({ answer: new AwsFault('AccessDeniedException', 403) });
  await assert.rejects(launcher.invoke('adopt', input), (error: PitrError) => {
    assert.equal(error.code, 'AWS_DENIED');
    assert.match(error.message, /function shop-adopt: lambda:InvokeFunction is denied/);
    return true;
  });
  assert.equal(flows.executions.size, 0);
});
