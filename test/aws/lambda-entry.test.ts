import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FunctionParts, lambdaHandler } from '../../lib/aws/lambda-entry.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';

interface Deps {
  readonly settings: { readonly name: string };
  readonly greeting: string;
}

interface Greeting {
  readonly id: string;
}

/** An operation whose run is given, with a clock that moves 40 ms at each look. */
function entry(
  run: (deps: Deps, input: Greeting) => Promise<Facts>,
  parts: Partial<FunctionParts<Deps, Greeting, Facts>> = {},
) {
  const lines: string[] = [];
  let nowMs = 1_000;
  const host = { nowMs: () => (nowMs += 40), write: (line: string) => void lines.push(line) };
  const operation = {
    name: 'greet',
    parseInput: (value: unknown): Greeting => {
      const { id } = { ...(value as { readonly id?: unknown }) };
      if (typeof id === 'string') return { id };
      throw new PitrError('INVALID_INPUT', 'id of greet is missing, expected a text', {
        hint: 'give the id',
      });
    },
    run,
  };
  const openDeps = async () => ({ settings: { name: 'shop' }, greeting: 'hello' });
  const handler = lambdaHandler({ operation, openDeps, ...parts }, host);
  return { handler, logged: () => lines.map((line) => JSON.parse(line) as unknown) };
}

test('an invocation is parsed, run, answered, and told in one line of log', async () => {
  const { handler, logged } = entry(async ({ greeting }, { id }) => ({
    outcome: 'succeeded',
    said: greeting,
    id,
  }));
  const answer = { outcome: 'succeeded', said: 'hello', id: '7' };
  assert.deepEqual(await handler({ cluster: 'shop', id: '7' }), answer);
  assert.deepEqual(logged(), [
    { level: 'info', operation: 'greet', cluster: 'shop', id: '7', ms: 40, outcome: answer },
  ]);
});

test('an answer too long for a line of log is cut there, and answered whole', async () => {
  const { handler, logged } = entry(async () => ({ text: 'x'.repeat(10_000) }));
  assert.deepEqual(await handler({ id: '7' }), { text: 'x'.repeat(10_000) });
  assert.equal((logged()[0] as { readonly outcome: string }).outcome.length, 2_000);
});

test('an answer with a u64 is JSON that Lambda can send', async () => {
  const { handler } = entry(async () => ({ next: 'done', ts: 470632594748473344n }) as unknown as Facts);
  assert.deepEqual(await handler({ id: '7' }), { next: 'done', ts: '470632594748473344' });
});

test('an error is named by its code, so that Retry and Catch match it, and says its sentence and what to do', async () => {
  const { handler, logged } = entry(async () => {
    throw new PitrError('BR_LOCKED', 'a lock is there', {
      hint: 'wait for it',
      details: { lock: 'v1/LOCK', ts: 7n },
      cause: new Error('with a secret'),
    });
  });
  await assert.rejects(handler({ cluster: 'shop', id: '7' }), (error: Error) => {
    assert.equal(error.name, 'BR_LOCKED');
    assert.equal(error.message, 'a lock is there; wait for it');
    assert.equal(error.cause, undefined);
    return true;
  });
  assert.deepEqual(logged(), [
    {
      level: 'error',
      operation: 'greet',
      cluster: 'shop',
      id: '7',
      ms: 40,
      code: 'BR_LOCKED',
      message: 'a lock is there',
      details: { lock: 'v1/LOCK', ts: '7' },
    },
  ]);
});

test('what is no error of ours is INTERNAL, and the log says where it came from', async () => {
  const { handler, logged } = entry(async () => {
    throw new TypeError('x is not a function');
  });
  await assert.rejects(handler({ id: '7' }), { name: 'INTERNAL', message: 'x is not a function' });
  assert.match((logged()[0] as { readonly stack: string }).stack, /TypeError: x is not a function\n\s+at /);
});

test('a bad input is refused before anything is opened', async () => {
  const { handler, logged } = entry(async () => ({}), {
    openDeps: async () => assert.fail('it was opened'),
  });
  for (const event of [{ cluster: 'shop' }, undefined, null, 'text', 7, []]) {
    await assert.rejects(handler(event), {
      name: 'INVALID_INPUT',
      message: 'id of greet is missing, expected a text; give the id',
    });
  }
  assert.equal(logged().length, 6);
});

test('the input of another cluster is refused with both names, and nothing is run', async () => {
  const { handler, logged } = entry(async () => assert.fail('it was run'));
  await assert.rejects(handler({ cluster: 'crm', id: '7' }), {
    name: 'INVALID_INPUT',
    message:
      /^cluster of greet is "crm", expected "shop": what was called belongs to that one; each cluster of the settings/,
  });
  assert.equal((logged()[0] as { readonly code: string }).code, 'INVALID_INPUT');
});

test('what AWS sends can be turned into the input', async () => {
  const { handler, logged } = entry(async (_, { id }) => ({ id }), {
    inputOf: (event) => ({ id: (event as { readonly detail: { readonly taskArn: string } }).detail.taskArn }),
  });
  assert.deepEqual(await handler({ detail: { taskArn: 'arn' } }), { id: 'arn' });
  assert.equal((logged()[0] as { readonly id: string }).id, 'arn');
});
