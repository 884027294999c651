// Names made of other names: short, of few characters, and never two alike.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executionName } from '../../lib/domain/execution-name.ts';
import { shortName } from '../../lib/domain/short-name.ts';

test('an execution is named by the work, and by the round from the second on', () => {
  assert.equal(executionName('20261122120000', 'snapshot'), '20261122120000-snapshot');
  assert.equal(executionName('20261122120000', 'log-task', 3), '20261122120000-log-task-r3');
});

test('every name is one that Step Functions takes, whatever the id', () => {
  const ids = ['20261122120000', `20261122120000-${'a.b_c'.repeat(20)}`, `20261122120000-${'x'.repeat(100)}`];
  for (const id of ids) {
    for (const round of [1, 2, 99_999]) {
      assert.match(executionName(id, 'truncation', round), /^[A-Za-z0-9_-]{1,80}$/);
    }
  }
});

test('different names stay different, also where they differ in one strange character or far behind', () => {
  const names = [
    'a b',
    'a_b',
    'a.b',
    'a-b',
    'a_20_b',
    'ä',
    'xä',
    'a',
    '',
    ...['x', 'y'].map((end) => 'n'.repeat(200) + end),
  ];
  for (const longest of [20, 100]) {
    const short = names.map((name) => shortName(name, longest));
    assert.equal(new Set(short).size, names.length, short.join(' '));
    for (const one of short.slice(0, -3)) assert.match(one, /^(?:[A-Za-z0-9][A-Za-z0-9_-]*)?$/);
    assert.ok(short.every((one) => one.length <= longest));
  }
});
