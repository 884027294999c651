import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { limitedObjectStore } from '../../lib/ports/limited-object-store.ts';
import { objectStoreContract } from '../contracts/object-store.contract.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';

objectStoreContract('a store with a limit', async () => ({
  store: limitedObjectStore(new MemoryObjectStore(), 2),
  close: async () => undefined,
}));

class CountingStore extends MemoryObjectStore {
  running = 0;
  most = 0;
  readonly order: string[] = [];

  override async get(key: string): Promise<Uint8Array | undefined> {
    this.order.push(key);
    this.most = Math.max(this.most, ++this.running);
    await setTimeout(1);
    this.running -= 1;
    if (key === 'bad') throw new Error('no');
    return undefined;
  }
}

describe('a store with a limit', () => {
  test('no more requests than the limit run at once, first come first served', async () => {
    const inner = new CountingStore();
    const store = limitedObjectStore(inner, 3);
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    await Promise.all(keys.map((key) => store.get(key)));
    assert.equal(inner.most, 3);
    assert.deepEqual(inner.order, keys);
  });

  test('a request that fails gives its place back', async () => {
    const store = limitedObjectStore(new CountingStore(), 1);
    for (let i = 0; i < 3; i++) await assert.rejects(store.get('bad'), /no/);
    assert.equal(await store.get('good'), undefined);
  });

  test('a consumer may get objects while it lists, even with a limit of one', async () => {
    const inner = new MemoryObjectStore();
    for (const key of ['a', 'b', 'c']) await inner.put(key, new Uint8Array(2));
    const store = limitedObjectStore(inner, 1);
    let bytes = 0;
    for await (const info of store.list('')) bytes += (await store.get(info.key))?.length ?? 0;
    assert.equal(bytes, 6);
  });
});
