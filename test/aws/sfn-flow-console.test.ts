import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openSfnFlowConsole } from '../../lib/aws/sfn-flow-console.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { RestoreRun } from '../../lib/domain/state/restore-run.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { FakeStepFunctions } from '../support/fake-step-functions.ts';
import { memoryTaskStore } from '../support/memory-task-store.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const flow = 'restore-to-point' as const;
const machine = (name: string) => `arn:aws:states:eu-central-1:111122223333:stateMachine:${name}`;
const ours = machine('PitrshopFlowsrestoretopoint1A2B-XyZ');
const arn = `${ours.replace(':stateMachine:', ':execution:')}:one`;
const tagsOf = (cluster: string, of: string) => ({
  'pitr:cluster': cluster,
  'pitr:flow': of,
  'pitr:table': `${cluster}-table`,
});

interface World {
  readonly machines?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

async function start(t: TestContext, { machines = { [ours]: tagsOf('shop', flow) } }: World = {}) {
  const aws = new FakeAws();
  const flows = new FakeStepFunctions(aws, Object.keys(machines));
  for (const [name, tags] of Object.entries(machines)) flows.tags.set(name, tags);
  const endpoint = await aws.listen();
  const store = memoryTaskStore();
  const opened: string[] = [];
  const console = openSfnFlowConsole({
    cluster: 'shop',
    location: { endpoint, region: 'eu-central-1' },
    nowMs: () => flows.nowMs,
    openStore: async (table) => {
      opened.push(table);
      return store;
    },
  });
  t.after(async () => {
    await console.close();
    await aws.close();
  });
  return { aws, flows, store, opened, console };
}

test('the flow of a cluster is found by its tags, whatever its name, over several pages', async (t) => {
  const machines = {
    [machine('PitrcrmFlowsrestoretopoint9')]: tagsOf('crm', flow),
    [machine('PitrshopFlowssnapshot1')]: tagsOf('shop', 'snapshot'),
    [machine('somebodys-restore-to-point')]: {},
    [machine('renamed')]: tagsOf('shop', flow),
  };
  const { flows, console } = await start(t, { machines });
  flows.pageSize = 1;
  assert.equal(await console.startFlow(flow, 'one', { cluster: 'shop' }), 'started');
  assert.deepEqual(
    [...flows.executions.keys()],
    ['arn:aws:states:eu-central-1:111122223333:execution:renamed:one'],
  );
});

test('machines that are called like the flow are asked first, and no other when one of them is it', async (t) => {
  const { aws, console } = await start(t, {
    machines: { [machine('a')]: {}, [machine('b')]: {}, [ours]: tagsOf('shop', flow) },
  });
  await console.startFlow(flow, 'one', {});
  await console.look(flow, 'one');
  const asked = aws.inputsOf('AWSStepFunctions.ListTagsForResource').map(({ resourceArn }) => resourceArn);
  assert.deepEqual(asked, [ours]);
});

test('a cluster that no stack has is INVALID_INPUT with the tags that were looked for; two of a name are told apart', async (t) => {
  const none = await start(t, { machines: { [ours]: tagsOf('crm', flow) } });
  await assert.rejects(none.console.startFlow(flow, 'one', {}), (error: PitrError) => {
    assert.equal(error.code, 'INVALID_INPUT');
    assert.equal(error.message, 'none of the 1 state machines in eu-central-1 is restore-to-point of shop');
    assert.match(error.hint ?? '', /pitr:cluster and pitr:flow/);
    return true;
  });
  const other = machine('StagingshopFlowsrestoretopoint2');
  const two = await start(t, { machines: { [ours]: tagsOf('shop', flow), [other]: tagsOf('shop', flow) } });
  await assert.rejects(two.console.startFlow(flow, 'one', {}), {
    code: 'INVALID_INPUT',
    message: `several state machines are restore-to-point of shop: ${ours}, ${other}`,
  });
  assert.equal(two.flows.executions.size, 0);
});

test('the search that failed is made again by the next call', async (t) => {
  const { aws, console } = await start(t);
  aws.fail({ match: 'ListStateMachines', answer: new AwsFault('AccessDeniedException', 403) });
  await assert.rejects(console.startFlow(flow, 'one', {}), {
    code: 'AWS_DENIED',
    message: /states:ListStateMachines is denied/,
  });
  assert.equal(await console.startFlow(flow, 'one', {}), 'started');
});

test('a running execution is in the state that it entered last, however much happened there since', async (t) => {
  const { flows, console } = await start(t);
  assert.equal(await console.look(flow, 'one'), undefined);
  await console.startFlow(flow, 'one', {});
  const startedMs = flows.nowMs;
  assert.deepEqual(await console.look(flow, 'one'), { state: 'running', at: '', sinceMs: startedMs });
  flows.enter(arn, 'Plan');
  flows.nowMs += 60_000;
  flows.enter(arn, 'RunRestore');
  flows.happen(arn, 7);
  flows.pageSize = 3;
  assert.deepEqual(await console.look(flow, 'one'), {
    state: 'running',
    at: 'RunRestore',
    sinceMs: startedMs + 60_000,
  });
});

test('each end of Step Functions is one of ours', async (t) => {
  const { flows, console } = await start(t);
  await console.startFlow(flow, 'one', {});
  flows.end(arn, { status: 'SUCCEEDED', output: '{"outcome":"succeeded"}' });
  assert.deepEqual(await console.look(flow, 'one'), { state: 'succeeded', output: { outcome: 'succeeded' } });
  const ends = [
    [
      { status: 'FAILED', error: 'TARGET_NOT_EMPTY', cause: 'it has tables' },
      'TARGET_NOT_EMPTY',
      'it has tables',
    ],
    [{ status: 'FAILED' }, 'States.Unknown', ''],
    [{ status: 'ABORTED' }, 'aborted', ''],
    [{ status: 'TIMED_OUT' }, 'States.Timeout', ''],
  ] as const;
  for (const [end, code, message] of ends) {
    flows.end(arn, end);
    assert.deepEqual(await console.look(flow, 'one'), { state: 'failed', code, message });
  }
});

test('the place is the link to the execution in the console of its partition', async (t) => {
  const { console } = await start(t);
  assert.equal(
    await console.place(flow, 'one'),
    `https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/${arn}`,
  );
  const china = ours.replace('arn:aws:', 'arn:aws-cn:');
  const other = await start(t, { machines: { [china]: tagsOf('shop', flow) } });
  assert.match(await other.console.place(flow, 'one'), /^https:\/\/console\.amazonaws\.cn\/states\//);
});

test('how far br is comes from the table that the tag names; without the tag nothing is known', async (t) => {
  const run: RestoreRun = {
    ...{ shape: 'restore/v1', cluster: 'shop', id: '20261122120000-one', requestedMs: 0, requestedBy: 'ann' },
    ...{ restoreTs: 470632761065996290n, targetPd: [], tables: [], planId: 'p', base: 'b' },
    ...{ state: 'planned', plannedMs: 0 },
  };
  const { store, opened, flows, console } = await start(t);
  await store.commit({ cluster: 'shop', nowMs: flows.nowMs, records: [{ record: run, expect: 'absent' }] });
  assert.deepEqual([await console.restores(), await console.restores()], [[run], [run]]);
  assert.deepEqual(opened, ['shop-table']);
  const untagged = await start(t, { machines: { [ours]: { 'pitr:cluster': 'shop', 'pitr:flow': flow } } });
  assert.deepEqual(await untagged.console.restores(), []);
});

test('a refusal names the right that is missing, a busy service may be asked again', async (t) => {
  const { aws, console } = await start(t);
  await console.startFlow(flow, 'one', {});
  aws.fail({ match: 'GetExecutionHistory', answer: new AwsFault('AccessDeniedException', 403) });
  await assert.rejects(console.look(flow, 'one'), {
    code: 'AWS_DENIED',
    message: /states:GetExecutionHistory is denied/,
  });
  aws.fail({ match: 'DescribeExecution', answer: 'hang-up', times: 3 });
  await assert.rejects(console.look(flow, 'one'), { code: 'RUNNER_UNAVAILABLE', retryable: true });
});

test('without a region nothing is sent, and what to set is told', async (t) => {
  const { AWS_REGION } = process.env;
  t.after(() => void (process.env['AWS_REGION'] = AWS_REGION));
  delete process.env['AWS_REGION'];
  const console = openSfnFlowConsole({ cluster: 'shop', location: { endpoint: 'http://127.0.0.1:1' } });
  await assert.rejects(console.look(flow, 'one'), (error: PitrError) => {
    assert.equal(error.code, 'INVALID_INPUT');
    assert.match(error.hint ?? '', /AWS_REGION/);
    return true;
  });
});
