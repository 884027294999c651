import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOwnCluster, clusterNamedIn } from '../../lib/config/own-cluster.ts';

test('the cluster of an input is its own field, or that of the request in it', () => {
  assert.equal(clusterNamedIn({ cluster: 'shop', id: '1' }), 'shop');
  assert.equal(clusterNamedIn({ execution: 'e', request: { cluster: 'shop' } }), 'shop');
  for (const value of [
    undefined,
    null,
    'shop',
    7,
    [],
    {},
    { cluster: 7 },
    { request: null },
    { request: {} },
  ]) {
    assert.equal(clusterNamedIn(value), undefined, JSON.stringify(value));
  }
});

test('the input of another cluster is refused with both names', () => {
  for (const value of [{ cluster: 'crm' }, { request: { cluster: 'crm' } }]) {
    assert.throws(() => checkOwnCluster('observe', value, 'shop'), {
      name: 'INVALID_INPUT',
      message: 'cluster of observe is "crm", expected "shop": what was called belongs to that one',
    });
  }
});

test('its own input passes, and so does one that names no cluster', () => {
  for (const value of [{ cluster: 'shop' }, { request: { cluster: 'shop' } }, {}, null]) {
    checkOwnCluster('observe', value, 'shop');
  }
});
