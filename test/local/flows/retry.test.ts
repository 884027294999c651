// Every Retry list and every Catch of the flows: each error code and each of Lambda's own errors, in each state that calls.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { lambdaErrors, refusedCodes, retryList, type StateKind } from '../../../lib/config/flow-lists.ts';
import { type ErrorCode, errorCodes, PitrError } from '../../../lib/domain/errors.ts';
import { FlowError } from '../../../lib/local/flows/flow-error.ts';
import { RetryCount } from '../../../lib/local/flows/flow-retry.ts';
import { flowNames } from '../../../lib/ports/launcher.ts';
import { answers, type Behaviour, brFails, FlowStage, throws } from '../../support/flow-stage.ts';

interface TaskInFile {
  readonly Type: string;
  readonly Resource: string;
  readonly Parameters: { readonly FunctionName: string; readonly Payload: { readonly step?: string } };
  readonly Catch: readonly { readonly Next: string }[];
}
interface StateInFile extends TaskInFile {
  /** Of a Map: what goes wrong in an item leads on from the Map. */
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, TaskInFile>> };
}

/** Every state that calls: its function, its patience, and where an error that stays leads. */
const calls = flowNames.flatMap((flow) => {
  const { States } = JSON.parse(readFileSync(`lib/flows/${flow}.asl.json`, 'utf8'));
  return Object.entries<StateInFile>(States)
    .flatMap(([outer, state]) =>
      Object.entries(state.ItemProcessor?.States ?? { [outer]: state }).map(
        ([name, task]) => [name, task, outer, state.Catch] as const,
      ),
    )
    .filter(([, { Type }]) => Type === 'Task')
    .map(([state, task, outer, caught]) => ({
      ...{ flow, state, outer, step: task.Parameters.Payload.step },
      ...{ kind: kindOf(state, task.Resource), caughtBy: caught.at(-1)!.Next },
      name: task.Parameters.FunctionName.slice(2, -1)
        .replace(/(?<!^)[A-Z]/g, '-$&')
        .toLowerCase(),
    }));
});

function kindOf(state: string, resource: string): StateKind {
  if (resource.endsWith('.waitForTaskToken')) return 'waiting';
  if (state === 'BeginCut') return 'begin';
  if (state === 'Settle') return 'settle';
  return state === 'LookAtTarget' ? 'look' : 'plain';
}

/** The script that leads to the state, with the behaviours as its calls. */
function scriptTo({ state, name, step }: (typeof calls)[number], behaviours: readonly Behaviour[]) {
  if (step === 'part') return { [name]: [natively, ...behaviours] };
  if (step === 'end') return { [name]: [natively, answers({}), ...behaviours] };
  if (state !== 'LookAtTarget') return { [name]: behaviours };
  return { 'check-target': [throws(new PitrError('INTERNAL', 'to get there'))], [name]: behaviours };
}

const ranges = [{ from: 'a', to: 'b' }];
const natively = answers({ engine: 'native', shiftTs: '5', ranges, opened: {} });
const named = (name: string) => new FlowError(name, `this is ${name}`);
const retried = [
  ...(Object.keys(errorCodes) as ErrorCode[]).filter((code) => errorCodes[code].retry),
  ...lambdaErrors,
];
const notRetried = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => !errorCodes[code].retry);

describe('an error in a state that calls', () => {
  const runOnce = async (call: (typeof calls)[number], behaviours: readonly Behaviour[]) => {
    const stage = new FlowStage('in memory', { script: scriptTo(call, behaviours) });
    await stage.open();
    const key = await stage.start(call.flow);
    const execution = await stage.end(key);
    const states = stage.runner.history(key).map(({ state }) => state);
    const made = stage.calls.filter(({ name, payload }) =>
      call.name === 'verify-restore'
        ? name === call.name && payload['purpose'] === (call.state === 'Verify' ? 'verify' : 'settle')
        : name === call.name && payload['step'] === call.step,
    );
    await stage.runner.close();
    return { execution, made, next: states[states.indexOf(call.outer) + 1], stage };
  };

  for (const call of calls) {
    const { flow, state, kind, caughtBy } = call;

    test(`${flow}/${state}: passing errors are tried again until they pass, and nobody hears of them`, async () => {
      const [first] = retryList(kind);
      const errors = retried.filter((code) => first!.ErrorEquals.includes(code)).slice(0, first!.MaxAttempts);
      const { made, execution, stage } = await runOnce(
        call,
        errors.map((name) => throws(named(name))),
      );
      assert.equal(made.length, errors.length + 1);
      assert.equal(execution.state, 'succeeded');
      const told = stage.calls.at(-1)!.payload['error'];
      assert.equal(told === null, state !== 'LookAtTarget');
    });

    test(`${flow}/${state}: each passing error is one that is tried again`, async () => {
      for (const name of retried) {
        const { made } = await runOnce(call, [throws(named(name))]);
        assert.equal(made.length, 2, name);
        assert.ok(made[1]!.atMs > made[0]!.atMs, `${name} is tried again at once`);
      }
    });

    test(`${flow}/${state}: a passing error that stays is given up after the last attempt, and leads on`, async () => {
      const [first] = retryList(kind);
      const { made, next, execution } = await runOnce(
        call,
        Array.from({ length: 300 }, () => throws(named('PD_UNREACHABLE'))),
      );
      assert.equal(made.length, first!.MaxAttempts + 1);
      if (state === 'Plan') assert.equal(execution.state === 'failed' && execution.error, 'PD_UNREACHABLE');
      else assert.equal(next, caughtBy);
      const waits = made.slice(1).map(({ atMs }, index) => Math.round((atMs - made[index]!.atMs) / 1000));
      assert.deepEqual(
        waits,
        waits.map((_, index) => Math.min(first!.MaxDelaySeconds, first!.IntervalSeconds * 2 ** index)),
      );
    });

    if (kind === 'settle') {
      test(`${flow}/${state}: any other error is tried again, too, before it is given up`, async () => {
        const { made, next } = await runOnce(
          call,
          Array.from({ length: 300 }, () => throws(named('LEASE_LOST'))),
        );
        assert.equal(made.length, retryList('settle')[1]!.MaxAttempts + 1);
        assert.equal(next, 'SettleFailed');
        const { execution } = await runOnce(
          call,
          notRetried.slice(0, 12).map((name) => throws(named(name))),
        );
        assert.equal(execution.state, 'succeeded');
      });
    } else {
      test(`${flow}/${state}: every error that stays leads on at once`, async () => {
        for (const name of [...notRetried, 'BR:Backup:ErrBackupChecksumMismatch']) {
          const { made, next, execution } = await runOnce(call, [throws(named(name))]);
          assert.equal(made.length, 1, name);
          if (state !== 'Plan') assert.equal(next, caughtBy, name);
          else if (refusedCodes.includes(name)) assert.equal(next, 'Explain', name);
          else assert.deepEqual([execution.state, execution.at], ['failed', 'Plan'], name);
        }
      });
    }

    if (kind === 'waiting') {
      test(`${flow}/${state}: an error that the token tells is treated like one of the function`, async () => {
        const passing = await runOnce(call, [brFails('RUN_LOST', 'x'), brFails('BR_LOCKED', 'x')]);
        assert.equal(passing.made.length, 3);
        assert.equal(passing.execution.state, 'succeeded');
        assert.equal(new Set(passing.made.map(({ payload }) => payload['token'])).size, 3);
        const staying = await runOnce(call, [brFails('BR_REFUSED', 'x')]);
        assert.equal(staying.made.length, 1);
        assert.equal(staying.next, caughtBy);
      });

      test(`${flow}/${state}: without a heartbeat it is called again, and its time limit leads on`, async () => {
        const silent = answers({ started: true });
        const { made, execution } = await runOnce(call, [silent, silent]);
        assert.equal(made.length, 3);
        assert.equal(execution.state, 'succeeded');
        assert.deepEqual(
          made.slice(1).map(({ atMs }, index) => Math.round((atMs - made[index]!.atMs) / 1000)),
          [901, 902],
        );
        const given = await runOnce(
          call,
          Array.from({ length: 30 }, () => silent),
        );
        assert.equal(given.made.length, 21);
        assert.equal(given.next, caughtBy);
      });
    } else {
      test(`${flow}/${state}: a function that does not answer in time is called again`, async () => {
        const hangs: Behaviour = () => new Promise(() => {});
        const { made } = await runOnce(call, [hangs, hangs]);
        assert.equal(made.length, 3);
        assert.ok(made[1]!.atMs - made[0]!.atMs >= 930_000);
      });
    }
  }
});

describe('a Retry list', () => {
  const retryable = (name: string) => ({ name, isRetryable: true });

  test('without numbers has those of the language: three attempts, after 1, 2 and 4 seconds', () => {
    const count = new RetryCount([{ ErrorEquals: ['A'] }], () => 0.5);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => count.delayMsAfter(retryable('A'))),
      [1000, 2000, 4000, undefined],
    );
  });

  test('counts the attempts of each retrier for itself, and the first that fits decides alone', () => {
    const count = new RetryCount(
      [
        { ErrorEquals: ['A', 'B'], MaxAttempts: 1 },
        { ErrorEquals: ['States.ALL'], MaxAttempts: 2, IntervalSeconds: 7, BackoffRate: 1 },
      ],
      () => 0.5,
    );
    assert.deepEqual(
      ['A', 'C', 'B', 'C', 'C'].map((name) => count.delayMsAfter(retryable(name))),
      [1000, 7000, undefined, 7000, undefined],
    );
  });

  test('with jitter waits somewhere between nothing and the whole delay, and never longer than the maximum', () => {
    const definition = {
      ErrorEquals: ['A'],
      MaxAttempts: 9,
      MaxDelaySeconds: 3,
      JitterStrategy: 'FULL',
    } as const;
    for (const lot of [0, 0.25, 0.999]) {
      const count = new RetryCount([definition], () => lot);
      const waits = [1, 2, 3, 3].map((seconds) => [
        count.delayMsAfter(retryable('A')),
        Math.round(seconds * 1000 * lot),
      ]);
      for (const [found, expected] of waits) assert.equal(found, expected);
    }
  });

  test('takes States.TaskFailed for everything but time-outs, and nothing for what AWS calls fatal', () => {
    const count = new RetryCount([{ ErrorEquals: ['States.TaskFailed'] }], () => 0.5);
    assert.equal(count.delayMsAfter(retryable('States.Timeout')), undefined);
    assert.equal(count.delayMsAfter(retryable('States.HeartbeatTimeout')), undefined);
    assert.equal(count.delayMsAfter(retryable('A')), 1000);
    const all = new RetryCount([{ ErrorEquals: ['States.ALL'] }], () => 0.5);
    assert.equal(all.delayMsAfter({ name: 'States.Runtime', isRetryable: false }), undefined);
  });
});
