// How much log an hour made, from a listing of the hour's folder.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logBytesOfHour } from '../../lib/br/log-rate.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { recordedCopy, shopBucket } from '../support/recorded-store.ts';

const hourMs = Date.UTC(2026, 10, 22, 4);

test('the log of an hour is the bytes of its data files, in the recorded bucket', async () => {
  const store = await recordedCopy(shopBucket);
  let bytes = 0n;
  for await (const { key, size } of store.list('log-backup/v1/20261122/04/')) {
    assert.match(key, /\.log$/);
    bytes += BigInt(size);
  }
  assert.ok(bytes > 0n);
  assert.equal(await logBytesOfHour(store, 'log-backup/', hourMs), bytes);
  assert.equal(await logBytesOfHour(store, 'log-backup/', hourMs + 3_600_000), 0n);
});

test('an hour with more objects than anybody lists in a minute is not known', async () => {
  const store = new MemoryObjectStore();
  for (let count = 0; count <= 5000; count++)
    await store.put(`v1/20261122/04/1/${count}.log`, new Uint8Array(1));
  assert.equal(await logBytesOfHour(store, '', hourMs), undefined);
});
