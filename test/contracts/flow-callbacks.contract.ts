// What every adapter of the port FlowCallbacks must do: lib/ports/flow-callbacks.ts. The judge is what came out of the state that
// waited.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { ErrorCode, PitrError } from '../../lib/domain/errors.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import type { FlowCallbacks } from '../../lib/ports/flow-callbacks.ts';

export type WaitOutcome =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'succeeded'; readonly output: Facts }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface OpenedCallbacks {
  readonly callbacks: FlowCallbacks;
  /** A state begins to wait; its token. */
  readonly wait: () => Promise<string>;
  /** What became of the state that waited for this token. */
  readonly outcomeOf: (token: string) => Promise<WaitOutcome>;
  /** The state gives up waiting, and nobody answered. */
  readonly timeOut: (token: string) => Promise<void>;
  /** Makes the next call fail, as it is told in `failures`. */
  readonly fail: (code: ErrorCode) => Promise<void>;
}

/** Where an adapter departs from the contract: why. */
export interface CallbackDepartures {
  readonly tokens?: string;
  readonly timeOuts?: string;
  readonly failures?: string;
}

export interface CallbackAdapter {
  readonly open: (t: TestContext) => Promise<OpenedCallbacks>;
  readonly departures?: CallbackDepartures;
}

export function flowCallbacksContract(name: string, { open, departures = {} }: CallbackAdapter): void {
  const unless = (why: string | undefined) => (why === undefined ? {} : { skip: why });
  const calls = (callbacks: FlowCallbacks, token: string) => [
    () => callbacks.succeed(token, { next: 'late' }),
    () => callbacks.fail(token, { code: 'BR_FAILED', message: 'late' }),
    () => callbacks.heartbeat(token),
  ];
  describe(`the contract of flow callbacks: ${name}`, () => {
    test('an output is delivered to the state that waits, whole', async (t) => {
      const { callbacks, wait, outcomeOf } = await open(t);
      const token = await wait();
      const output = { next: 'done', waitSeconds: 0, kept: null, of: [1, 'é😀', { deep: true }] };
      assert.equal(await callbacks.succeed(token, output), 'delivered');
      assert.deepEqual(await outcomeOf(token), { kind: 'succeeded', output });
    });

    test('an error is delivered by its code and its sentence', async (t) => {
      const { callbacks, wait, outcomeOf } = await open(t);
      const token = await wait();
      const failure = { code: 'BR_REFUSED', message: 'br said: "no"; look at it' };
      assert.equal(await callbacks.fail(token, failure), 'delivered');
      assert.deepEqual(await outcomeOf(token), { kind: 'failed', ...failure });
    });

    test('whoever answers second is told that nobody waits, and changes nothing', async (t) => {
      const { callbacks, wait, outcomeOf } = await open(t);
      const [well, badly] = [await wait(), await wait()];
      await callbacks.succeed(well, { next: 'done' });
      await callbacks.fail(badly, { code: 'BR_REFUSED', message: 'no' });
      const before = [await outcomeOf(well), await outcomeOf(badly)];
      for (const token of [well, badly]) {
        for (const call of calls(callbacks, token)) assert.equal(await call(), 'gone');
      }
      assert.deepEqual([await outcomeOf(well), await outcomeOf(badly)], before);
    });

    test('of many answers at once exactly one is delivered', async (t) => {
      const { callbacks, wait, outcomeOf } = await open(t);
      const token = await wait();
      const answers = await Promise.all(
        Array.from({ length: 5 }, (_, turn) => callbacks.succeed(token, { next: 'done', turn })),
      );
      assert.equal(answers.filter((answer) => answer === 'delivered').length, 1);
      const outcome = await outcomeOf(token);
      assert.ok(outcome.kind === 'succeeded' && outcome.output['turn'] === answers.indexOf('delivered'));
    });

    test('a heartbeat says that the state waits, as often as it is sent, and answers nothing', async (t) => {
      const { callbacks, wait, outcomeOf } = await open(t);
      const token = await wait();
      for (let beat = 0; beat < 3; beat++) assert.equal(await callbacks.heartbeat(token), 'alive');
      assert.deepEqual(await outcomeOf(token), { kind: 'waiting' });
      assert.equal(await callbacks.succeed(token, { next: 'done' }), 'delivered');
    });

    test('tokens do not know each other', async (t) => {
      const { callbacks, wait, outcomeOf } = await open(t);
      const [one, other] = [await wait(), await wait()];
      await callbacks.succeed(one, { next: 'done' });
      assert.deepEqual(await outcomeOf(other), { kind: 'waiting' });
      assert.equal(await callbacks.heartbeat(other), 'alive');
    });

    test('a token that nobody gave out is gone', unless(departures.tokens), async (t) => {
      const { callbacks } = await open(t);
      for (const call of calls(callbacks, 'of another life')) assert.equal(await call(), 'gone');
    });

    test('a state that gave up waiting is gone', unless(departures.timeOuts), async (t) => {
      const { callbacks, wait, timeOut } = await open(t);
      const token = await wait();
      await timeOut(token);
      for (const call of calls(callbacks, token)) assert.equal(await call(), 'gone');
    });

    test('an output of 256 KiB is delivered, and a longer one is our own fault and answers nothing', async (t) => {
      const { callbacks, wait, outcomeOf } = await open(t);
      const token = await wait();
      const room = 262_144 - '{"text":""}'.length;
      const longest = { text: `${'é'.repeat(Math.floor(room / 2))}${'x'.repeat(room % 2)}` };
      await assert.rejects(callbacks.succeed(token, { text: `${longest.text}x` }), { code: 'INTERNAL' });
      assert.deepEqual(await outcomeOf(token), { kind: 'waiting' });
      assert.equal(await callbacks.succeed(token, longest), 'delivered');
      assert.deepEqual(await outcomeOf(token), { kind: 'succeeded', output: longest });
    });

    test('an error of any length is delivered, at least its beginning', async (t) => {
      const { callbacks, wait, outcomeOf } = await open(t);
      const token = await wait();
      const failure = { code: 'BR_FAILED', message: 'é'.repeat(50_000) };
      assert.equal(await callbacks.fail(token, failure), 'delivered');
      const outcome = await outcomeOf(token);
      assert.ok(outcome.kind === 'failed' && outcome.code === failure.code);
      assert.ok(outcome.message.startsWith('é'.repeat(30_000)));
    });

    for (const code of ['RUNNER_UNAVAILABLE', 'AWS_DENIED'] as const) {
      test(
        `what keeps an answer from being told is ${code}, and the same call can be made again`,
        unless(departures.failures),
        async (t) => {
          const { callbacks, wait, fail } = await open(t);
          const token = await wait();
          for (const call of calls(callbacks, token).toReversed()) {
            await fail(code);
            await assert.rejects(call(), (error: PitrError) => {
              assert.deepEqual([error.code, error.retryable], [code, code === 'RUNNER_UNAVAILABLE']);
              return true;
            });
          }
          assert.equal(await callbacks.succeed(token, { next: 'done' }), 'delivered');
        },
      );
    }
  });
}
