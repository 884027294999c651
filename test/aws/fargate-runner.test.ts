// Runs as tasks of a Fargate that runs on this machine: the contract, and what ECS and CloudWatch do to a run that goes on.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { outputStart, type RunHandle } from '../../lib/ports/runner.ts';
import { runnerContract } from '../contracts/runner.contract.ts';
import { allOutput, hasCode, isReady, request, rest, sh, waitFor } from '../contracts/runner-steps.ts';
import { AwsFault } from '../support/fake-aws-json.ts';
import { hour, ingestionMs, openFargate, withFargate } from '../support/opened-fargate.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

runnerContract('tasks on Fargate', openFargate, {
  'codes-are-signals': 'a container tells one number',
  'missing-program-ends-127': 'the entry point looks for the program when the task is there',
  'one-stream': 'the awslogs driver puts both into one',
  'whole-log': 'CloudWatch keeps all until its retention',
  'no-work-folder': 'a task has no folder of ours',
});

describe('a task on Fargate as a run', { concurrency: 4 }, () => {
  withFargate(
    'a service that stays silent or refuses is told, and is no state of the run',
    async ({ runner, aws }) => {
      const handle = await runner.start(request('asked', sh('exit 0')));
      aws.fail({ match: 'DescribeTasks', times: 3, answer: 'hang-up' });
      await assert.rejects(runner.poll(handle), hasCode('RUNNER_UNAVAILABLE'));
      aws.fail({ match: 'DescribeTasks', answer: new AwsFault('AccessDeniedException') });
      await assert.rejects(runner.poll(handle), (error: unknown) =>
        /ecs:DescribeTasks is denied/.test(String(error)),
      );
      assert.equal((await rest(runner, handle)).state, 'ended');
    },
  );

  withFargate('a task whose image cannot be pulled is lost, with the reason', async ({ runner, ecs }) => {
    ecs.pullFails = 1;
    const handle = await runner.start(request('pull', sh('exit 0')));
    const state = await rest(runner, handle);
    assert.equal(state.state, 'lost');
    assert.match(state.why, /never started: TaskFailedToStart: CannotPullContainerError/);
    await setTimeout(2 * ingestionMs);
    ecs.forget(handle.place);
    assert.deepEqual(await runner.poll(handle), state);
  });

  withFargate('a task that was stopped before its container began is lost', async ({ runner }) => {
    const handle = await runner.start(request('early', sh('sleep 60')));
    await runner.stop(handle, { graceMs: 1000 });
    const state = await rest(runner, handle);
    assert.ok(state.state === 'lost' || (state.state === 'ended' && state.wasStopped));
  });

  withFargate(
    'a task that ECS forgot before anybody looked is lost, with the end of its log',
    async ({ runner, later, ecs }) => {
      const handle = await runner.start(request('unseen', sh('echo begun; echo "the last words"')));
      await waitFor(() => ecs.tasks[0]?.status === 'STOPPED', 'the end of the task');
      await setTimeout(2 * ingestionMs);
      ecs.forget(handle.place);
      later(2 * hour);
      const state = await runner.poll(handle);
      assert.equal(state.state, 'lost');
      assert.match(state.why, /no longer knows its task.*"the last words"/);
      assert.equal((await allOutput(runner, handle)).lines.length, 2);
    },
  );

  withFargate('a second stop sends nothing', async ({ runner, openAgain, aws }) => {
    const handle = await runner.start(request('stop', sh("trap '' TERM; echo ready; sleep 60")));
    await isReady(runner, handle);
    await runner.stop(handle, { graceMs: 1000 });
    await openAgain().stop(handle, { graceMs: 0 });
    assert.equal(aws.inputsOf('AmazonEC2ContainerServiceV20141113.StopTask').length, 1);
    assert.equal((await rest(runner, handle)).state, 'ended');
  });

  withFargate(
    'the end of the output is not told before the last lines can have come in',
    async ({ runner }) => {
      const handle = await runner.start(request('slow', sh('echo first; echo last')));
      await rest(runner, handle);
      const early = await runner.output(handle, outputStart);
      assert.equal(early.isEnd, false);
      const { lines } = await allOutput(runner, handle, early.next);
      assert.deepEqual(
        [...early.lines, ...lines].map(({ text }) => text),
        ['first', 'last'],
      );
    },
    { ingestionMs: 80, settleMs: 2_000 },
  );

  withFargate(
    'pages have the same offsets for who has read before, who begins in the middle, and when tokens are too old',
    async ({ runner, openAgain, logs, aws }) => {
      const handle: RunHandle = await runner.start(
        request('paged', sh('i=0; while [ $i -lt 200 ]; do echo "line $i é"; i=$((i+1)); done')),
      );
      await rest(runner, handle);
      const { lines } = await allOutput(runner, handle);
      assert.equal(lines.length, 200);
      assert.equal(lines[11]?.offset, 10 * 10 + 11);
      const from = { stdout: lines[150]!.offset, stderr: 0 };
      const reads = () => aws.inputsOf('Logs_20140328.GetLogEvents').length;
      const before = reads();
      assert.deepEqual((await runner.output(handle, from)).lines, lines.slice(150));
      const withTokens = reads() - before;
      assert.deepEqual((await openAgain().output(handle, from)).lines, lines.slice(150));
      assert.ok(reads() - before - withTokens > withTokens, 'who remembers the tokens asks less');
      logs.expireTokens();
      assert.deepEqual((await runner.output(handle, from)).lines, lines.slice(150));
    },
    { pageEvents: 7 },
  );
});
