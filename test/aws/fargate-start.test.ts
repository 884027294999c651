// That a task is made at most once, whatever is lost, refused or late on the way to ECS.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { outputStart } from '../../lib/ports/runner.ts';
import { hasCode, request, rest, sh } from '../contracts/runner-steps.ts';
import { AwsFault } from '../support/fake-aws-json.ts';
import { counting, hour, ingestionMs, runTask, withFargate } from '../support/opened-fargate.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

describe('the start of a task on Fargate', { concurrency: 4 }, () => {
  withFargate('a task is asked for as the place says, never on spot', async ({ runner, aws }) => {
    await runner.start({
      ...request('shop-20261122.snapshot', sh('exit 0')),
      rights: 'deleter',
      env: { A: 'b' },
    });
    const [input] = aws.inputsOf(runTask);
    assert.equal(input?.['taskDefinition'], 'shop-deleter:1');
    assert.equal(input?.['launchType'], 'FARGATE');
    assert.equal(input?.['capacityProviderStrategy'], undefined);
    assert.deepEqual(input?.['networkConfiguration'], {
      awsvpcConfiguration: {
        subnets: ['subnet-0a1b2c3d4e5f60718'],
        securityGroups: ['sg-0a1b2c3d4e5f60718'],
        assignPublicIp: 'DISABLED',
      },
    });
    assert.deepEqual(input?.['tags'], [{ key: 'tidb-pitr:run', value: 'shop-20261122.snapshot' }]);
    assert.deepEqual(input?.['overrides'], {
      containerOverrides: [
        { name: 'br', command: [...sh('exit 0')], environment: [{ name: 'A', value: 'b' }] },
      ],
    });
  });

  withFargate(
    'a run that does not say whose rights it needs is our own fault',
    async ({ openAgain, aws }) => {
      const { rights: _, ...asked } = { ...request('nobody', sh('exit 0')), rights: undefined };
      await assert.rejects(openAgain().start({ ...asked, rights: undefined } as never), hasCode('INTERNAL'));
      assert.equal(aws.inputsOf(runTask).length, 0);
    },
  );

  withFargate(
    'a task that was lost in an answer is found, not made again',
    async ({ runner, aws, scratch, ecs }) => {
      aws.fail({ match: 'RunTask', times: 3, answer: 'hang-up' });
      await assert.rejects(runner.start(counting('cut', scratch)), hasCode('RUNNER_UNAVAILABLE'));
      const handle = await runner.start(counting('cut', scratch));
      assert.equal((await rest(runner, handle)).state, 'ended');
      assert.equal(ecs.tasks.length, 1);
    },
  );

  withFargate(
    'a start that died before it wrote down its task finds the task by the name of the run',
    async ({ runner, openAgain, aws, scratch, ecs }) => {
      const unavailable = new AwsFault('ServiceUnavailableException', 503);
      ecs.whenMade = () => aws.fail({ match: 'PutLogEvents', times: 3, answer: unavailable });
      await assert.rejects(runner.start(counting('dead', scratch)), hasCode('RUNNER_UNAVAILABLE'));
      const handle = await openAgain().start(counting('dead', scratch));
      await rest(runner, handle);
      assert.equal(ecs.tasks.length, 1);
      assert.equal(readFileSync(join(scratch, 'dead'), 'utf8'), 'x\n');
    },
  );

  withFargate(
    'a run is started once for ever: days later, when ECS knows neither the token nor the task',
    async ({ runner, openAgain, scratch, ecs, later }) => {
      const handle = await runner.start(counting('old', scratch));
      const ended = await rest(runner, handle);
      await setTimeout(2 * ingestionMs);
      ecs.forget(handle.place);
      later(72 * hour);
      assert.deepEqual(await openAgain().start(counting('old', scratch)), handle);
      assert.deepEqual(await openAgain().poll(handle), ended);
      await assert.rejects(openAgain().start(request('old', sh('exit 9'))), hasCode('INTERNAL'));
      assert.equal(ecs.tasks.length, 1);
      assert.equal(readFileSync(join(scratch, 'old'), 'utf8'), 'x\n');
    },
  );

  withFargate(
    'a try of which nobody knows is made again while its token covers it, and is lost afterwards',
    async ({ runner, openAgain, aws, scratch, ecs, later }) => {
      aws.fail({ match: 'RunTask', times: 6, answer: 'hang-up' });
      await assert.rejects(runner.start(counting('late', scratch)), hasCode('RUNNER_UNAVAILABLE'));
      await assert.rejects(runner.start(counting('late', scratch)), hasCode('RUNNER_UNAVAILABLE'));
      later(2 * hour);
      const handle = await openAgain().start(counting('late', scratch));
      const state = await runner.poll(handle);
      assert.equal(state.state, 'lost');
      assert.match(state.why, /nobody knows whether its start made a task/);
      assert.deepEqual(await openAgain().poll(handle), state);
      assert.deepEqual(await runner.output(handle, outputStart), {
        lines: [],
        next: outputStart,
        droppedBytes: 0,
        isEnd: true,
      });
      await runner.stop(handle, { graceMs: 0 });
      assert.equal(ecs.tasks.length, 0);
    },
  );

  withFargate(
    'what ECS refuses did not run, says why, and may be started again however late',
    async ({ runner, aws, scratch, ecs, later }) => {
      const refusals: readonly (readonly [string, AwsFault, string, RegExp])[] = [
        ['a', new AwsFault('AccessDeniedException'), 'AWS_DENIED', /ecs:RunTask is denied/],
        [
          'b',
          new AwsFault('AccessDeniedException', 400, 'not authorized to perform: iam:PassRole'),
          'AWS_DENIED',
          /iam:PassRole/,
        ],
        [
          'c',
          new AwsFault('ClientException', 400, 'Capacity is unavailable at this time'),
          'RUNNER_START_FAILED',
          /Capacity/,
        ],
        [
          'd',
          new AwsFault('InvalidParameterException', 400, 'The subnet ID does not exist'),
          'RUNNER_START_FAILED',
          /subnet/,
        ],
        ['e', new AwsFault('ClusterNotFoundException'), 'RUNNER_START_FAILED', /ClusterNotFound/],
      ];
      for (const [runId, answer, code, about] of refusals) {
        aws.fail({ match: 'RunTask', times: 1, answer });
        await assert.rejects(
          runner.start(counting(runId, scratch)),
          (error: unknown) => hasCode(code)(error) && about.test(String(error)),
        );
      }
      ecs.failures.push({ reason: 'RESOURCE:ENI', detail: 'no address is left' });
      await assert.rejects(runner.start(counting('f', scratch)), (error: unknown) =>
        /RESOURCE:ENI: no address is left/.test(String(error)),
      );
      later(3 * hour);
      for (const runId of ['a', 'b', 'c', 'd', 'e', 'f']) {
        const state = await rest(runner, await runner.start(counting(runId, scratch)));
        assert.equal(state.state, 'ended', runId);
      }
    },
  );

  withFargate('throttling is waited out', async ({ runner, aws, scratch }) => {
    aws.fail({
      match: 'RunTask',
      times: 2,
      answer: new AwsFault('ThrottlingException', 400, 'Rate exceeded'),
    });
    aws.fail({ match: 'DescribeTasks', times: 2, answer: new AwsFault('ThrottlingException', 400) });
    assert.equal((await rest(runner, await runner.start(counting('busy', scratch)))).state, 'ended');
  });

  withFargate(
    'a task that ECS does not show yet is running, not lost',
    async ({ runner, openAgain }) => {
      const handle = await runner.start(request('new', sh('exit 0')));
      await assert.rejects(openAgain().poll(handle), hasCode('RUNNER_UNAVAILABLE'));
      assert.equal((await runner.poll(handle)).state, 'running');
      // Its record is shown before ECS shows the task.
      await setTimeout(900);
      assert.equal((await openAgain().poll(handle)).state, 'running');
      assert.equal((await rest(runner, handle)).state, 'ended');
    },
    { ingestionMs: 800, visibleAfterMs: 2_500 },
  );

  withFargate(
    'a command that is longer than ECS takes is refused before anything is asked',
    async ({ runner, aws }) => {
      const long = request('long', sh('exit 0', 'x'.repeat(9000)));
      await assert.rejects(runner.start(long), hasCode('INVALID_INPUT'));
      assert.equal(aws.requests.length, 0);
    },
  );
});
