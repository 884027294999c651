// Items as they stand in the table, byte for byte as docs/formats/state.md shows them; and what a stream record brings.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { attributesOf, itemOfAttributes, signalOfStreamRecord } from '../../lib/aws/dynamo-item.ts';
import { checkpointsOf } from '../../lib/domain/state/checkpoint.ts';
import { decideAcquire } from '../../lib/domain/state/lease.ts';
import { tsFromMs } from '../../lib/domain/ts.ts';
import {
  itemOfCheckpoint,
  itemOfLease,
  itemOfRecord,
  itemOfSignal,
} from '../../lib/ports/state/records-to-items.ts';
import type { StateItem } from '../../lib/ports/state/state-table.ts';
import { noon, plannedSnapshot, signalOf } from '../support/state-builders.ts';

const day = 86_400_000;

function exampleOfPage(name: string): Record<string, string> {
  const page = readFileSync('docs/formats/state.md', 'utf8');
  const block = new RegExp(`<!-- example: ${name} -->\n\`\`\`\n(.*?)\n\`\`\``, 's').exec(page)?.[1] ?? '';
  return Object.fromEntries(block.split('\n').map((line) => /^(\w+) +(.*)$/.exec(line)?.slice(1) ?? []));
}

function shown(item: StateItem): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributesOf(item)).map(([name, value]) => [name, value.S ?? value.N ?? '?']),
  );
}

function heldLease() {
  const free = {
    shape: 'lease/v1',
    state: 'free',
    cluster: 'shop',
    work: 'snapshot',
    fence: 6n,
    releasedMs: 1,
  } as const;
  const decision = decideAcquire(free, {
    cluster: 'shop',
    work: 'snapshot',
    holder: 'execution-1',
    ttlMs: 60_000,
    nowMs: noon,
  });
  assert.equal(decision.kind, 'granted');
  return decision.kind === 'granted' ? decision.write : assert.fail();
}

function minuteCheckpoint(settings = { minutesForMs: day, hoursForMs: day }) {
  return checkpointsOf({ cluster: 'shop', atMs: noon, checkpointTs: tsFromMs(noon) }, settings)[0]!;
}

test('the examples of docs/formats/state.md are what is stored, byte for byte', () => {
  assert.deepEqual(shown(itemOfRecord(plannedSnapshot(), 1)), exampleOfPage('snapshot'));
  assert.deepEqual(shown(itemOfLease(heldLease(), 1)), exampleOfPage('lease'));
  assert.deepEqual(shown(itemOfCheckpoint(minuteCheckpoint())), exampleOfPage('checkpoint'));
});

test('an item comes back from its attributes as it was', () => {
  for (const item of [
    itemOfRecord(plannedSnapshot(), 7),
    itemOfLease(heldLease(), 2),
    itemOfCheckpoint(minuteCheckpoint()),
  ]) {
    assert.deepEqual(itemOfAttributes(attributesOf(item)), item);
  }
});

test('DynamoDB removes an item an hour after it is no longer seen, never before', () => {
  const { expiresMs, ttl } = attributesOf(
    itemOfCheckpoint(minuteCheckpoint({ minutesForMs: 1, hoursForMs: 1 })),
  );
  assert.equal(Number(ttl?.N) * 1000 - Number(expiresMs?.N), 3_600_000 + 999);
});

test('an item without its attributes, or with numbers that are none, is refused by name', () => {
  const whole = attributesOf(itemOfCheckpoint(minuteCheckpoint()));
  const wrong = ['shape', 'body', 'rev'].map((name) => {
    const { [name]: _left, ...rest } = whole;
    return rest;
  });
  wrong.push(
    { ...whole, rev: { N: '1.5' } },
    { ...whole, rev: { S: '1' } },
    { ...whole, expiresMs: { S: 'soon' } },
  );
  for (const attributes of wrong) {
    assert.throws(() => itemOfAttributes(attributes), {
      name: 'STATE_SHAPE_UNKNOWN',
      message: /^the item cluster\/shop checkpoint\/minute\/001795348800000 has the attributes /,
    });
  }
});

test('a stream record brings a signal when a waiting one was inserted, and nothing otherwise', () => {
  const signal = signalOf('snapshot/20261122120000/planned');
  const image = (item: StateItem) => ({ dynamodb: { NewImage: attributesOf(item) } });
  assert.deepEqual(signalOfStreamRecord({ eventName: 'INSERT', ...image(itemOfSignal(signal)) }), signal);
  const told = itemOfSignal({ ...signal, state: 'consumed', consumedMs: noon, consumedBy: 'x' });
  for (const record of [
    { eventName: 'INSERT', ...image(told) },
    { eventName: 'INSERT', ...image(itemOfRecord(plannedSnapshot(), 1)) },
    { eventName: 'MODIFY', ...image(itemOfSignal(signal)) },
    { eventName: 'REMOVE', dynamodb: {} },
    {},
  ]) {
    assert.equal(signalOfStreamRecord(record), undefined);
  }
});

test('a stream record whose signal is damaged is an error, never no signal', () => {
  const { body: _body, ...attributes } = attributesOf(itemOfSignal(signalOf('s')));
  assert.throws(() => signalOfStreamRecord({ eventName: 'INSERT', dynamodb: { NewImage: attributes } }), {
    name: 'STATE_SHAPE_UNKNOWN',
  });
});
