// That the stand-ins of ECS, CloudWatch Logs and SSM behave as the pages at their heads say, where a runner leans on it.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { ConflictException, DescribeTasksCommand, ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs';
import {
  GetCommandInvocationCommand,
  InvalidInstanceId,
  InvocationDoesNotExist,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { runTaskInput } from '../../lib/aws/fargate-task.ts';
import { serviceSettings } from '../../lib/aws/service-client.ts';
import { waitFor } from '../contracts/runner-steps.ts';
import { FakeAws } from './fake-aws-json.ts';
import { FakeEcs } from './fake-ecs.ts';
import { FakeLogs } from './fake-logs.ts';
import { FakeSsm } from './fake-ssm.ts';
import { place as fargatePlace } from './opened-fargate.ts';
import { machine } from './opened-ssm.ts';
import { useTestCredentials } from './s3-environment.ts';
import { temporaryFolder } from './temporary-folder.ts';

useTestCredentials();

const group = fargatePlace.logGroup;

async function listen(t: TestContext, aws: FakeAws): Promise<ReturnType<typeof serviceSettings>> {
  const settings = serviceSettings({ endpoint: await aws.listen() });
  t.after(() => aws.close());
  return settings;
}

test('a task goes through its states in order, and its container tells its code before the task is stopped', async (t) => {
  const aws = new FakeAws();
  const logs = new FakeLogs(aws, { group });
  const ecs = new FakeEcs(aws, logs, { cluster: 'pitr', container: 'br', logStreamPrefix: 'br', stepMs: 60 });
  const client = new ECSClient(await listen(t, aws));
  const request = (argv: readonly string[]) =>
    runTaskInput(fargatePlace, { runId: 'r', argv, env: {}, rights: 'writer' });
  const made = await client.send(new RunTaskCommand(request(['sh', '-c', 'echo one; sleep 0.1; kill $$'])));
  const arn = made.tasks![0]!.taskArn!;
  const again = await client.send(new RunTaskCommand(request(['sh', '-c', 'echo one; sleep 0.1; kill $$'])));
  assert.equal(again.tasks![0]!.taskArn, arn);
  await assert.rejects(
    client.send(new RunTaskCommand(request(['other']))),
    (error: unknown) => error instanceof ConflictException && error.resourceIds?.[0] === arn,
  );
  const seen: string[] = [];
  await waitFor(async () => {
    const { tasks } = await client.send(new DescribeTasksCommand({ cluster: 'pitr', tasks: [arn] }));
    const [task] = tasks!;
    const [container] = task!.containers!;
    const state = `${task!.lastStatus} ${container!.exitCode ?? '-'}`;
    if (seen.at(-1) !== state) seen.push(state);
    return task!.lastStatus === 'STOPPED';
  }, 'the end');
  // On a machine that is busy a look may come after a state has passed; none comes out of turn.
  const inOrder = ['PROVISIONING -', 'PENDING -', 'RUNNING -', 'DEPROVISIONING 143', 'STOPPED 143'];
  assert.deepEqual(
    seen,
    inOrder.filter((state) => seen.includes(state)),
  );
  assert.ok(seen.length > 2, seen.join());
  assert.equal(seen.at(-1), 'STOPPED 143');
  assert.deepEqual(
    logs.streams.get(`br/br/${arn.split('/').at(-1)}`)?.map(({ message }) => message),
    ['one'],
  );
  await ecs.close();
});

test('events are seen late, in pages whose tokens end in themselves, and one page may be empty', async (t) => {
  const aws = new FakeAws();
  new FakeLogs(aws, { group, ingestionMs: 50, pageEvents: 2 });
  const client = new CloudWatchLogsClient(await listen(t, aws));
  const names = { logGroupName: group, logStreamName: 's' };
  await assert.rejects(client.send(new GetLogEventsCommand(names)), /log stream does not exist/);
  await client.send(new CreateLogStreamCommand(names));
  await assert.rejects(client.send(new CreateLogStreamCommand(names)));
  const logEvents = ['a', 'b', 'c', 'd', 'e'].map((message) => ({ timestamp: Date.now(), message }));
  await client.send(new PutLogEventsCommand({ ...names, logEvents }));
  assert.deepEqual(
    (await client.send(new GetLogEventsCommand({ ...names, startFromHead: true }))).events,
    [],
  );
  await setTimeout(60);
  const texts: string[] = [];
  let wasEmpty = false;
  for (let turn = 0; turn < 3; turn++) {
    let token: string | undefined;
    texts.splice(0);
    for (;;) {
      const page = await client.send(
        new GetLogEventsCommand({ ...names, startFromHead: true, ...(token && { nextToken: token }) }),
      );
      if (page.nextForwardToken === token) break;
      wasEmpty ||= page.events?.length === 0;
      texts.push(...page.events!.map(({ message }) => message!));
      token = page.nextForwardToken;
    }
    assert.deepEqual(texts, ['a', 'b', 'c', 'd', 'e']);
  }
  assert.ok(wasEmpty);
});

test('a command is shown late, gives its output only at the end, and no more than SSM keeps', async (t) => {
  const aws = new FakeAws();
  const folder = await temporaryFolder();
  const ssm = new FakeSsm(aws, { folder: folder.path, shownAfterMs: 1000 });
  ssm.addMachine(machine);
  const client = new SSMClient(await listen(t, aws));
  const send = (script: string, seconds: string, instanceId = machine) =>
    client.send(
      new SendCommandCommand({
        InstanceIds: [instanceId],
        DocumentName: 'AWS-RunShellScript',
        TimeoutSeconds: 30,
        Parameters: { commands: [script], executionTimeout: [seconds] },
      }),
    );
  const look = (id: string | undefined) =>
    client.send(new GetCommandInvocationCommand({ CommandId: id, InstanceId: machine }));
  const isOver = (id: string | undefined) =>
    waitFor(async () => !/Pending|InProgress/.test((await look(id)).StatusDetails!), 'the end');
  await assert.rejects(send('exit 0', '5', 'i-unknown'), InvalidInstanceId);
  const { Command: long } = await send(
    'head -c 30000 /dev/zero | tr "\\0" x; sleep 4; echo y >&2; exit 3',
    '30',
  );
  await assert.rejects(look(long!.CommandId), InvocationDoesNotExist);
  await setTimeout(1100);
  const early = await look(long!.CommandId);
  assert.deepEqual([early.StatusDetails, early.StandardOutputContent], ['InProgress', '']);
  await isOver(long!.CommandId);
  const late = await look(long!.CommandId);
  assert.deepEqual([late.StatusDetails, late.ResponseCode], ['Failed', 3]);
  assert.equal(late.StandardOutputContent!.length, 24_000);
  const { Command: slow } = await send('sleep 60', '0.2');
  await setTimeout(1100);
  await isOver(slow!.CommandId);
  assert.equal((await look(slow!.CommandId)).StatusDetails, 'Execution Timed Out');
  await ssm.close();
  await folder.remove();
});
