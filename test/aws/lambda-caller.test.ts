import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callLambda } from '../../lib/aws/lambda-caller.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const arnOf = (name: string) => `arn:aws:lambda:eu-central-1:111122223333:function:${name}`;

interface Made {
  readonly name: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}
const ours: Made = {
  name: 'TidbPitr-shop-rebuild-1A2B',
  description: 'rebuild of the TiDB cluster shop',
  tags: { 'pitr:cluster': 'shop', 'pitr:function': 'rebuild' },
};

/** Lambda with these functions, one on each page of the list. */
async function start(t: TestContext, made: readonly Made[] = [ours]) {
  const aws = new FakeAws();
  for (const [index, { name, description, tags }] of made.entries()) {
    const marker = index === 0 ? '' : `?Marker=${index}`;
    const next = index + 1 < made.length ? { NextMarker: `${index + 1}` } : {};
    const Functions = [{ FunctionName: name, FunctionArn: arnOf(name), Description: description }];
    aws.on(`GET /2015-03-31/functions${marker}`, () => ({ Functions, ...next }));
    aws.on(`GET /2017-03-31/tags/${encodeURIComponent(arnOf(name))}`, () => ({ Tags: tags }));
  }
  const endpoint = await aws.listen();
  t.after(() => aws.close());
  const call = () =>
    callLambda({ cluster: 'shop', operation: 'rebuild', input: { dryRun: true } }, { endpoint });
  return { aws, call };
}

const invocations = `POST /2015-03-31/functions/${ours.name}/invocations`;

test('the function of the cluster is found by its tags and answers', async (t) => {
  const others = [
    { name: 'crm', description: 'rebuild of the TiDB cluster crm', tags: {} },
    { name: 'copy', description: ours.description, tags: { 'pitr:cluster': 'shop' } },
  ];
  const { aws, call } = await start(t, [...others, ours]);
  aws.on(invocations, () => ({ written: 0, plan: ['a'] }));
  assert.deepEqual(await call(), { place: ours.name, answer: { written: 0, plan: ['a'] }, notes: [] });
  const [input] = aws.inputsOf(invocations);
  assert.deepEqual([input?.['cluster'], input?.['dryRun']], ['shop', true]);
});

test('a cluster that no stack has is INVALID_INPUT, and so is one that two have', async (t) => {
  const none = await start(t, [{ ...ours, tags: {} }]);
  await assert.rejects(none.call(), { code: 'INVALID_INPUT', message: /rebuild of shop is not there/ });
  const two = await start(t, [ours, { ...ours, name: 'other' }]);
  await assert.rejects(two.call(), { code: 'INVALID_INPUT', message: /several times: TidbPitr-\S+, other/ });
});

test('an error of the function is the same error here; what is not ours is INTERNAL with its name', async (t) => {
  const { aws, call } = await start(t);
  let failure = { errorType: 'WORK_IN_PROGRESS', errorMessage: 'work goes on; wait' };
  aws.on(invocations, () => ({ $headers: { 'x-amz-function-error': 'Unhandled' }, ...failure }));
  await assert.rejects(call(), { code: 'WORK_IN_PROGRESS', message: 'work goes on; wait' });
  failure = { errorType: 'Sandbox.Timedout', errorMessage: 'after 900 s' };
  await assert.rejects(call(), { code: 'INTERNAL', message: 'Sandbox.Timedout: after 900 s' });
});

test('a missing right is named', async (t) => {
  const { aws, call } = await start(t);
  aws.fail({ match: 'GET /2015-03-31/functions', answer: new AwsFault('AccessDeniedException', 403) });
  await assert.rejects(call(), (error: PitrError) => {
    assert.equal(error.code, 'AWS_DENIED');
    assert.match(error.message, /lambda:ListFunctions is denied/);
    return true;
  });
});
