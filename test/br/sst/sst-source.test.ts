import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { openObjectSource } from '../../../lib/br/sst/sst-source.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import type { ByteRange, ObjectStore } from '../../../lib/ports/object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

/** A store that notes what is asked of it. */
class NotingStore extends MemoryObjectStore {
  readonly asked: ByteRange[] = [];
  override get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    if (range !== undefined) this.asked.push(range);
    return super.get(key, range);
  }
}

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);

async function storeWith(content: Uint8Array): Promise<NotingStore> {
  const store = new NotingStore();
  await store.put('x.sst', content);
  return store;
}

test('reads in any order, of any length, give the bytes of the object, and the sha256 is that of the whole', async () => {
  const reads = fc.array(fc.tuple(fc.nat(999), fc.nat(400)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      reads,
      fc.integer({ min: 1, max: 1200 }),
      fc.boolean(),
      async (list, chunkBytes, encrypted) => {
        const decrypt = (offset: number, part: Uint8Array): Uint8Array =>
          part.map((b, i) => b ^ ((offset + i) & 255));
        const stored = encrypted ? decrypt(0, bytes) : bytes;
        const store = await storeWith(stored);
        const source = await openObjectSource(store, 'x.sst', {
          chunkBytes,
          namedBy: 'backupmeta',
          decrypt: encrypted ? decrypt : undefined,
        });
        assert.equal(source.encrypted, encrypted);
        for (const [offset, wanted] of list) {
          const length = Math.min(wanted, bytes.length - offset);
          assert.deepEqual(
            Buffer.from(await source.read(offset, length)),
            Buffer.from(bytes.subarray(offset, offset + length)),
          );
        }
        const sum = createHash('sha256').update(stored).digest('hex');
        assert.equal(await source.sha256(), sum);
        assert.equal(await source.sha256(), sum);
      },
    ),
    { seed: 20261122, numRuns: 300 },
  );
});

test('a small object is one request, and its sha256 costs no other', async () => {
  const store = await storeWith(bytes);
  const source = await openObjectSource(store, 'x.sst', { size: 1000, namedBy: 'backupmeta' });
  await source.read(947, 53);
  await source.read(0, 300);
  await source.read(300, 600);
  await source.sha256();
  assert.deepEqual(store.asked, [{ offset: 0, length: 1000 }]);
});

test('a reader from front to back asks for every byte once, one chunk ahead', async () => {
  const store = await storeWith(bytes);
  const source = await openObjectSource(store, 'x.sst', {
    size: 1000,
    chunkBytes: 128,
    namedBy: 'backupmeta',
  });
  await source.read(0, 10);
  assert.deepEqual(store.asked, [
    { offset: 0, length: 128 },
    { offset: 128, length: 128 },
  ]);
  for (let at = 10; at < 1000; at += 30) await source.read(at, Math.min(30, 1000 - at));
  await source.sha256();
  assert.equal(
    store.asked.reduce((total, range) => total + range.length, 0),
    1000,
  );
});

test('an object that is not there, or goes away, is missing and says who named it', async () => {
  const store = await storeWith(bytes);
  await assert.rejects(openObjectSource(store, 'y.sst', { namedBy: 'backupmeta' }), {
    code: 'OBJECT_MISSING',
    message: /backupmeta names it/,
  });
  const source = await openObjectSource(store, 'x.sst', { chunkBytes: 100, namedBy: 'backupmeta' });
  await store.delete('x.sst');
  await assert.rejects(source.read(0, 10), { code: 'OBJECT_MISSING' });
});

test('an object that is shorter than promised, and a read outside of it, are damage', async () => {
  const store = await storeWith(bytes);
  const source = await openObjectSource(store, 'x.sst', {
    size: 1001,
    chunkBytes: 100,
    namedBy: 'backupmeta',
  });
  await assert.rejects(source.read(990, 11), { code: 'OBJECT_DAMAGED', message: /ends at 1000/ });
  await assert.rejects(source.read(2000, 1), { code: 'OBJECT_DAMAGED' });
});

test('an error of the read-ahead is given to the one who comes for it, and to nobody else', async () => {
  const memory = await storeWith(bytes);
  const failing: Pick<ObjectStore, 'head' | 'get'> = {
    head: (key) => memory.head(key),
    get: (key, range) =>
      (range?.offset ?? 0) >= 100
        ? Promise.reject(new PitrError('STORAGE_UNAVAILABLE', 'no answer'))
        : memory.get(key, range),
  };
  const source = await openObjectSource(failing as ObjectStore, 'x.sst', {
    chunkBytes: 100,
    namedBy: 'backupmeta',
  });
  assert.equal((await source.read(0, 100)).length, 100);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await source.read(50, 50)).length, 50);
  await assert.rejects(source.read(90, 20), { code: 'STORAGE_UNAVAILABLE' });
});
