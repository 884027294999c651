import assert from 'node:assert/strict';
import { openSfnLauncher } from '../../lib/aws/sfn-launcher.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import { lateLauncher } from '../../lib/local/control/late-parts.ts';
import { type FlowName, type LaunchedOperation, launchedOperations } from '../../lib/ports/launcher.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { FakeLauncher } from '../support/fake-launcher.ts';
import { FakeStepFunctions } from '../support/fake-step-functions.ts';
import { answers, FlowStage } from '../support/flow-stage.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { type LauncherAdapter, launcherContract } from './launcher.contract.ts';

useTestCredentials();

const minute = 60_000;
const arnOf = (flow: string) => `arn:aws:states:eu-central-1:111122223333:stateMachine:${flow}`;
const executionArn = (flow: string, name: string) =>
  `arn:aws:states:eu-central-1:111122223333:execution:${flow}:${name}`;

interface Invoked {
  readonly operation: LaunchedOperation;
  readonly input: Facts;
}

const stepFunctions: LauncherAdapter = {
  departures: {
    breaking: 'Lambda takes the call and runs the function later: its failure reaches nobody here',
  },
  open: async (t) => {
    const aws = new FakeAws();
    const flows = new FakeStepFunctions(aws, [arnOf('snapshot'), arnOf('truncate')]);
    const invoked: Invoked[] = [];
    for (const operation of launchedOperations) {
      aws.on(`POST /2015-03-31/functions/${operation}/invocations`, ({ $invocationType, ...input }) => {
        assert.equal($invocationType, 'Event');
        invoked.push({ operation, input: input as Facts });
        return { $status: 202 };
      });
    }
    const endpoint = await aws.listen();
    t.after(() => aws.close());
    const named = (flow: FlowName) => arnOf(flow);
    return {
      launcher: openSfnLauncher({
        flows: {
          snapshot: named('snapshot'),
          truncate: named('truncate'),
          'log-task': named('log-task'),
          'restore-to-point': named('restore-to-point'),
        },
        functions: { 'take-snapshot': 'take-snapshot', 'truncate-log': 'truncate-log', adopt: 'adopt' },
        clock: { nowMs: () => flows.nowMs },
        location: { endpoint },
      }),
      executions: () =>
        [...flows.executions].map(([arn, { input }]) => {
          const [flow, name] = arn.split(':').slice(-2) as [FlowName, string];
          return { flow, name, input: JSON.parse(input) as Facts };
        }),
      invoked: () => invoked,
      end: async (flow, name) => flows.end(executionArn(flow, name)),
      later: async () => void (flows.nowMs += minute),
      breakOperation: () => assert.fail('nobody here hears of it'),
      fail: (code) => {
        if (code === 'AWS_DENIED') aws.fail({ answer: new AwsFault('AccessDeniedException', 403) });
        else aws.fail({ answer: 'hang-up', times: 3 });
      },
    };
  },
};

const oneMachine: LauncherAdapter = {
  departures: {
    waits: 'its signal keeps waiting, and it is asked for again',
    failures: 'one machine calls itself: nobody can refuse it, and nothing lies between',
  },
  open: async (t) => {
    const stage = new FlowStage('in memory', {
      script: { 'start-br': Array.from({ length: 20 }, () => answers({})) },
    });
    const flows = await stage.open();
    t.after(() => flows.close());
    const invoked: Invoked[] = [];
    let isBroken = false;
    const run = (operation: LaunchedOperation) => async (payload: unknown) => {
      invoked.push({ operation, input: payload as Facts });
      if (!isBroken) return {};
      isBroken = false;
      throw new PitrError('STORAGE_DENIED', 'the bucket refuses');
    };
    const functions = {
      'take-snapshot': run('take-snapshot'),
      'truncate-log': run('truncate-log'),
      adopt: run('adopt'),
    };
    return {
      launcher: lateLauncher(() => ({ flows, functions })),
      executions: () =>
        flows.executions().map(({ flow, name, input }) => ({ flow, name, input: input as unknown as Facts })),
      invoked: () => invoked,
      end: async (flow, name) => {
        await stage.clock.advance(1000);
        await flows.succeed(String(stage.calls.at(-1)?.payload['token']), { next: 'done' });
        assert.equal((await stage.end({ flow, name })).state, 'succeeded');
      },
      later: () => stage.clock.advance(minute),
      breakOperation: () => void (isBroken = true),
      fail: () => assert.fail('it cannot fail'),
    };
  },
};

const memory: LauncherAdapter = {
  departures: {
    endings: 'in memory nothing comes to an end',
    breaking: 'in memory no operation is run',
    failures: 'in memory one kind of failure stands for all, and react has its tests',
  },
  open: async () => {
    const launcher = new FakeLauncher();
    return {
      launcher,
      executions: () =>
        launcher.started.map((whole) => {
          const [flow, name] = whole.split(' ') as [FlowName, string];
          return { flow, name, input: launcher.inputs.get(name) ?? {} };
        }),
      invoked: () => launcher.invoked,
      end: async () => assert.fail('nothing ends'),
      later: async () => undefined,
      breakOperation: () => assert.fail('nothing runs'),
      fail: () => assert.fail('it does not tell them apart'),
    };
  },
};

launcherContract('Step Functions and Lambda', stepFunctions);
launcherContract('one machine', oneMachine);
launcherContract('in memory', memory);
