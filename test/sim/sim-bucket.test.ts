import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimBucket, storageDown } from '../../lib/sim/sim-bucket.ts';
import { objectStoreContract } from '../contracts/object-store.contract.ts';
import { ManualClock } from '../support/manual-clock.ts';

const bucket = () => new SimBucket(new ManualClock(), 'sim://bucket');

objectStoreContract('the bucket of the simulator', async () => ({
  store: bucket(),
  close: async () => undefined,
}));

objectStoreContract('the bucket of the simulator through a door', async () => ({
  store: bucket().as('br'),
  close: async () => undefined,
}));

test('a door that is shut refuses its own users alone, and lets them in again when it is open', async () => {
  const shared = bucket();
  await shared.as('stores').put('a', new Uint8Array([1]));
  shared.shut('stores', storageDown);
  await assert.rejects(shared.as('stores').put('b', new Uint8Array()), { name: 'STORAGE_UNAVAILABLE' });
  await assert.rejects(async () => {
    for await (const _ of shared.as('stores').list('')) assert.fail('nothing is listed');
  });
  assert.deepEqual(await shared.as('control').get('a'), new Uint8Array([1]));
  shared.shut('stores', undefined);
  await shared.as('stores').put('b', new Uint8Array());
  assert.equal((await shared.head('b'))?.size, 0);
});
