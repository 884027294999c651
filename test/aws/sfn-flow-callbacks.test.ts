import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openSfnFlowCallbacks } from '../../lib/aws/sfn-flow-callbacks.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { FlowCallbacks } from '../../lib/ports/flow-callbacks.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { FakeStepFunctions } from '../support/fake-step-functions.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

async function start(t: TestContext): Promise<{
  readonly aws: FakeAws;
  readonly flows: FakeStepFunctions;
  readonly callbacks: FlowCallbacks;
}> {
  const aws = new FakeAws();
  const flows = new FakeStepFunctions(aws);
  const endpoint = await aws.listen();
  t.after(() => aws.close());
  return { aws, flows, callbacks: openSfnFlowCallbacks({ endpoint }) };
}

test('a waiting state gets its output, and whoever answers second is told that nobody waits', async (t) => {
  const { flows, callbacks } = await start(t);
  flows.wait('t');
  assert.equal(
    await callbacks.succeed('t', { id: '20261122120000', kept: null, of: [1, true] }),
    'delivered',
  );
  assert.deepEqual(flows.tokens.get('t'), {
    kind: 'succeeded',
    output: '{"id":"20261122120000","kept":null,"of":[1,true]}',
  });
  assert.equal(await callbacks.succeed('t', {}), 'gone');
  assert.equal(await callbacks.fail('t', { code: 'BR_FAILED', message: 'late' }), 'gone');
  assert.equal(flows.tokens.get('t')?.kind, 'succeeded');
});

test('a waiting state fails with our code, for Retry and Catch to match', async (t) => {
  const { flows, callbacks } = await start(t);
  flows.wait('t');
  assert.equal(await callbacks.fail('t', { code: 'BR_LOCKED', message: 'a lock is there' }), 'delivered');
  assert.deepEqual(flows.tokens.get('t'), { kind: 'failed', error: 'BR_LOCKED', cause: 'a lock is there' });
});

test('a cause longer than Step Functions takes is cut at a whole character, and says so', async (t) => {
  const { flows, callbacks } = await start(t);
  flows.wait('t');
  const message = `${'x'.repeat(32_766)}😀 and more`;
  assert.equal(await callbacks.fail('t', { code: 'C'.repeat(300), message }), 'delivered');
  const state = flows.tokens.get('t');
  assert.ok(state?.kind === 'failed');
  assert.equal(state.error, `${'C'.repeat(255)}…`);
  assert.equal(state.cause, `${'x'.repeat(32_766)}…`);
});

test('an output beyond 256 KiB is our own fault, and is not sent', async (t) => {
  const { aws, flows, callbacks } = await start(t);
  flows.wait('t');
  const most = { text: 'é'.repeat((262_144 - '{"text":""}'.length - 1) / 2) };
  await assert.rejects(callbacks.succeed('t', { text: `${most.text}é` }), { code: 'INTERNAL' });
  assert.equal(aws.requests.length, 0);
  assert.equal(await callbacks.succeed('t', most), 'delivered');
});

test('a heartbeat keeps a state alive, and tells when it is gone: timed out, answered, or never there', async (t) => {
  const { flows, callbacks } = await start(t);
  flows.wait('t');
  assert.equal(await callbacks.heartbeat('t'), 'alive');
  assert.equal(await callbacks.heartbeat('t'), 'alive');
  assert.deepEqual(flows.tokens.get('t'), { kind: 'waiting', beats: 2 });
  flows.tokens.set('t', { kind: 'timed-out' });
  assert.equal(await callbacks.heartbeat('t'), 'gone');
  assert.equal(await callbacks.succeed('t', {}), 'gone');
  assert.equal(await callbacks.heartbeat('of another life'), 'gone');
});

test('what passes is tried again, and what stays is RUNNER_UNAVAILABLE', async (t) => {
  const { aws, flows, callbacks } = await start(t);
  flows.wait('t');
  aws.fail({ answer: 'hang-up' });
  aws.fail({ answer: new AwsFault('InternalServerError', 500) });
  assert.equal(await callbacks.heartbeat('t'), 'alive');
  assert.equal(aws.requests.length, 3);
  aws.fail({ answer: new AwsFault('ServiceUnavailable', 503), times: 3 });
  await assert.rejects(callbacks.heartbeat('t'), { code: 'RUNNER_UNAVAILABLE' });
});

test('an answer that was delivered and whose receipt was lost is gone at the second try, and no error', async (t) => {
  const { aws, flows, callbacks } = await start(t);
  flows.wait('t');
  aws.on('AWSStepFunctions.SendTaskSuccess', () => {
    const isFirst = flows.tokens.get('t')?.kind === 'waiting';
    flows.tokens.set('t', { kind: 'succeeded', output: '{}' });
    throw isFirst ? new AwsFault('InternalServerError', 500) : new AwsFault('TaskDoesNotExist');
  });
  assert.equal(await callbacks.succeed('t', {}), 'gone');
});

test('a missing permission is AWS_DENIED and names the action', async (t) => {
  const { aws, callbacks } = await start(t);
  aws.fail({ answer: new AwsFault('AccessDeniedException', 400, 'User: u is not authorized') });
  await assert.rejects(callbacks.fail('t', { code: 'C', message: 'm' }), (error: PitrError) => {
    assert.equal(error.code, 'AWS_DENIED');
    assert.match(error.message, /states:SendTaskFailure is denied/);
    return true;
  });
});
