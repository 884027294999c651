import assert from 'node:assert/strict';
import { openSfnFlowCallbacks } from '../../lib/aws/sfn-flow-callbacks.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { FakeCallbacks } from '../support/fake-callbacks.ts';
import { FakeStepFunctions } from '../support/fake-step-functions.ts';
import { answers, FlowStage } from '../support/flow-stage.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { type CallbackAdapter, flowCallbacksContract, type WaitOutcome } from './flow-callbacks.contract.ts';

useTestCredentials();

const stepFunctions: CallbackAdapter = {
  open: async (t) => {
    const aws = new FakeAws();
    const flows = new FakeStepFunctions(aws);
    const endpoint = await aws.listen();
    t.after(() => aws.close());
    let given = 0;
    return {
      callbacks: openSfnFlowCallbacks({ endpoint }),
      wait: async () => {
        given += 1;
        flows.wait(`token-${given}`);
        return `token-${given}`;
      },
      outcomeOf: async (token): Promise<WaitOutcome> => {
        const state = flows.tokens.get(token);
        if (state?.kind === 'succeeded')
          return { kind: 'succeeded', output: JSON.parse(state.output) as Facts };
        if (state?.kind === 'failed') return { kind: 'failed', code: state.error, message: state.cause };
        return { kind: 'waiting' };
      },
      timeOut: async (token) => void flows.tokens.set(token, { kind: 'timed-out' }),
      fail: async (code) => {
        if (code === 'AWS_DENIED') aws.fail({ answer: new AwsFault('AccessDeniedException', 403) });
        else aws.fail({ answer: 'hang-up', times: 3 });
      },
    };
  },
};

/** A flow of one state that waits, whose end is what it was told. */
const waitingFlow = JSON.stringify({
  StartAt: 'Wait',
  States: {
    Wait: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the name of a function, as in the files of the flows
      Parameters: { FunctionName: '${StartBr}', Payload: { 'token.$': '$$.Task.Token' } },
      HeartbeatSeconds: 900,
      End: true,
    },
  },
});

const flowRunner: CallbackAdapter = {
  departures: { failures: 'the tokens of one machine are in a file of its own: nobody there can refuse us' },
  open: async (t) => {
    const script = { 'start-br': Array.from({ length: 20 }, () => answers({})) };
    const stage = new FlowStage('in memory', { script, flows: { snapshot: waitingFlow } });
    const runner = await stage.open();
    t.after(() => runner.close());
    const names = new Map<string, string>();
    return {
      callbacks: runner,
      wait: async () => {
        const name = `execution-${names.size}`;
        await stage.start('snapshot', name);
        await stage.clock.advance(1000);
        const token = String(stage.calls.at(-1)?.payload['token']);
        names.set(token, name);
        return token;
      },
      outcomeOf: async (token): Promise<WaitOutcome> => {
        await stage.clock.advance(1000);
        const execution = runner.execution({ flow: 'snapshot', name: names.get(token) ?? '' });
        if (execution?.state === 'succeeded') return { kind: 'succeeded', output: execution.output as Facts };
        if (execution?.state === 'failed')
          return { kind: 'failed', code: execution.error, message: execution.cause };
        return { kind: 'waiting' };
      },
      timeOut: () => stage.clock.advance(16 * 60_000),
      fail: async () => assert.fail('it cannot fail'),
    };
  },
};

const memory: CallbackAdapter = {
  departures: {
    tokens: 'in memory each text is the token of a state that waits',
    timeOuts: 'in memory no state gives up waiting',
  },
  open: async () => {
    const callbacks = new FakeCallbacks();
    let given = 0;
    return {
      callbacks,
      wait: async () => `token-${++given}`,
      outcomeOf: async (token): Promise<WaitOutcome> => {
        const [output, failure] = [callbacks.answers.get(token), callbacks.failures.get(token)];
        if (output !== undefined) return { kind: 'succeeded', output };
        return failure === undefined ? { kind: 'waiting' } : { kind: 'failed', ...failure };
      },
      timeOut: async () => assert.fail('it never does'),
      fail: async (code) => void callbacks.troubles.push(new PitrError(code, 'the flows do not answer')),
    };
  },
};

flowCallbacksContract('Step Functions', stepFunctions);
flowCallbacksContract('the flows of one machine', flowRunner);
flowCallbacksContract('in memory', memory);
