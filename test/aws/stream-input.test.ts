import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributesOf } from '../../lib/aws/dynamo-item.ts';
import { reactInputOf } from '../../lib/aws/stream-input.ts';
import { react } from '../../lib/operations/control/react.ts';
import { itemOfRecord, itemOfSignal } from '../../lib/ports/state/records-to-items.ts';
import type { StateItem } from '../../lib/ports/state/state-table.ts';
import { noon, plannedSnapshot, signalOf } from '../support/state-builders.ts';

function streamed(item: StateItem, eventName = 'INSERT'): object {
  const NewImage = attributesOf(item);
  return {
    eventID: '1',
    eventName,
    dynamodb: { Keys: { pk: NewImage['pk'], sk: NewImage['sk'] }, NewImage },
  };
}

const [one, two] = [signalOf('snapshot/1/planned'), signalOf('truncation/2/planned')];

test('new signals come to react by their ids', () => {
  const Records = [streamed(itemOfSignal(one)), streamed(itemOfSignal(two))];
  const input = reactInputOf({ Records });
  assert.deepEqual(input, { cluster: 'shop', ids: [one.id, two.id] });
  assert.deepEqual(react.parseInput(input), { kind: 'told', ids: [one.id, two.id] });
});

test('records that bring no signal leave react nothing to do', () => {
  const told = itemOfSignal({ ...one, state: 'consumed', consumedMs: noon, consumedBy: 'react' });
  const Records = [
    streamed(itemOfSignal(one), 'REMOVE'),
    streamed(told),
    streamed(itemOfRecord(plannedSnapshot(), 1)),
  ];
  const input = reactInputOf({ Records });
  assert.deepEqual(input, { cluster: 'shop', ids: [] });
  assert.deepEqual(react.parseInput(input), { kind: 'told', ids: [] });
});

test('the sweep of every minute, and anything that is no stream, comes as it is', () => {
  for (const event of [{ cluster: 'shop' }, undefined, null, 'text', { Records: 'none' }]) {
    assert.equal(reactInputOf(event), event);
  }
});

test('a signal that a newer version wrote is refused by its shape', () => {
  const item = itemOfSignal(one);
  const newer = { ...item, shape: 'signal/v9', body: item.body.replace('signal/v1', 'signal/v9') };
  assert.throws(() => reactInputOf({ Records: [streamed(newer)] }), { code: 'STATE_SHAPE_UNKNOWN' });
});
