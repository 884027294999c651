// The list of deployed functions and how each reads its environment.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type EnvironmentOf, factsOf, functionNames, readEnvironment } from '../../lib/config/functions.ts';
import { decodeFlows, decodeFunctions, decodeNotify } from '../../lib/config/launch-env.ts';

const state = { PITR_CLUSTER: '{}', PITR_TABLE: 'table', PITR_BUCKET: 'bucket' };

describe('the environment of a function', () => {
  test('holds what the function declares, and nothing else of the process', () => {
    const read: EnvironmentOf<'observe'> = readEnvironment('observe', { ...state, HOME: '/root' });
    assert.deepEqual(read, state);
  });

  test('has the secret of the certificates only where there is one', () => {
    const read = readEnvironment('observe', { ...state, PITR_TLS_SECRET: 'pitr/shop/tls' });
    assert.equal(read.PITR_TLS_SECRET, 'pitr/shop/tls');
    assert.equal(readEnvironment('observe', state).PITR_TLS_SECRET, undefined);
  });

  test('is refused with the names of all that is missing or empty', () => {
    assert.throws(() => readEnvironment('start-br', { ...state, PITR_TABLE: '' }), {
      code: 'INVALID_INPUT',
      message: 'PITR_TABLE, PITR_RUNNER of the function start-br is not set',
    });
  });
});

describe('the list of functions', () => {
  test('only functions in the network of the cluster are given the certificates', () => {
    for (const name of functionNames) {
      const { isInVpc, withTls } = factsOf(name);
      assert.equal(withTls !== undefined, isInVpc, name);
    }
  });

  test('what is repeated every minute is over before the next minute', () => {
    for (const name of functionNames) {
      const { call, timeoutSeconds } = factsOf(name);
      assert.ok(timeoutSeconds <= (call === 'repeated' ? 55 : 900), name);
    }
  });
});

describe('the variables of react', () => {
  const flows = { snapshot: 'a', truncate: 'b', 'log-task': 'c', 'restore-to-point': 'd' };

  test('are read as the stack writes them', () => {
    assert.deepEqual(decodeFlows(JSON.stringify(flows)), flows);
    const begun = { 'take-snapshot': 'a', 'truncate-log': 'b', adopt: 'c' };
    assert.deepEqual(decodeFunctions(JSON.stringify(begun)), begun);
    for (const webhook of [null, { url: 'https://x.example' }, { secret: 's' }]) {
      const notify = { snsTopics: ['arn'], eventBus: null, webhook };
      assert.deepEqual(decodeNotify(JSON.stringify(notify)), notify);
    }
  });

  test('are refused with their name and field when something is missing, too much, or no JSON', () => {
    const { snapshot: _, ...fewer } = flows;
    for (const [text, words] of [
      [JSON.stringify(fewer), /^PITR_FLOWS: snapshot is not/],
      [JSON.stringify({ ...flows, more: 'e' }), /^PITR_FLOWS: .*more/],
      ['{', /^PITR_FLOWS: the whole is not/],
    ] as const) {
      assert.throws(() => decodeFlows(text), { code: 'INVALID_INPUT', message: words });
    }
    const both = { snsTopics: [], eventBus: null, webhook: { url: 'a', secret: 'b' } };
    assert.throws(() => decodeNotify(JSON.stringify(both)), { message: /^PITR_NOTIFY: webhook is not/ });
  });
});
