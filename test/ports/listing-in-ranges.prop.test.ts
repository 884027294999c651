// Ranges of a listing at once give what one listing gives: every object once, in order, whatever is guessed, from every adapter.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { openS3ObjectStore } from '../../lib/aws/s3-object-store.ts';
import { type MetaNameParts, metaFileName } from '../../lib/br/log/meta-name.ts';
import { guessMetaBorders } from '../../lib/br/log/meta-ranges.ts';
import { openFileObjectStore } from '../../lib/local/file-object-store.ts';
import { mapBounded } from '../../lib/ports/bounded-parallel.ts';
import { type GuessBorders, listInRanges } from '../../lib/ports/listing-in-ranges.ts';
import { compareKeys } from '../../lib/ports/object-key.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import { FakeS3 } from '../support/fake-s3.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

useTestCredentials();
const runs = { numRuns: 60, seed: 20261122 };

/** As if a request brought so many: the adapter's own pages are as they are. */
function inPagesOf(store: ObjectStore, pageKeys: number, asked: string[] = []): ObjectStore {
  const list: ObjectStore['list'] = (prefix, options) => {
    asked.push(options?.startAfter ?? '');
    return store.list(prefix, options);
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'pageKeys') return pageKeys;
      if (name === 'list') return list;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function keysOf(listing: AsyncIterable<{ readonly key: string }>): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of listing) keys.push(key);
  return keys;
}

async function stores(t: TestContext): Promise<readonly (() => Promise<ObjectStore>)[]> {
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  const fake = new FakeS3({ buckets: ['bucket'], pageSize: 7 });
  const endpoint = await fake.listen();
  t.after(() => fake.close());
  let worlds = 0;
  return [
    async () => new MemoryObjectStore(),
    async () => openFileObjectStore(folder.path),
    async () => {
      worlds += 1;
      const place = { kind: 's3', bucket: 'bucket', prefix: `w${worlds}`, region: 'us-east-1' } as const;
      return openS3ObjectStore({ ...place, endpoint, forcePathStyle: true });
    },
  ];
}

const name = fc
  .array(fc.constantFrom('0', 'A', 'z', '-', 'é', '\u{1f600}', ''), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));

/** Any borders, in order and behind the last key, or not. */
function guessing(borders: readonly string[], isSorted: boolean): GuessBorders {
  return async (_, most) =>
    (isSorted ? borders.toSorted(compareKeys) : borders).slice(0, most).map((border) => `p/${border}`);
}

test('whatever is guessed, ranges give every object once and in order, from memory, a folder and S3', async (t) => {
  for (const open of await stores(t)) {
    const shape = fc.record({
      names: fc.uniqueArray(name, { maxLength: 25 }),
      borders: fc.array(name, { maxLength: 12 }),
      isSorted: fc.boolean(),
      pageKeys: fc.integer({ min: 1, max: 9 }),
      parallel: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ names, borders, isSorted, pageKeys, parallel }) => {
        const store = await open();
        for (const one of await keysOf(store.list(''))) await store.delete(one);
        for (const one of names) await store.put(`p/x${one}.meta`, new Uint8Array(1));
        await store.put('q/other', new Uint8Array(1));
        const listing = listInRanges(
          inPagesOf(store, pageKeys),
          'p/',
          guessing(
            borders.map((border) => `x${border}`),
            isSorted,
          ),
          parallel,
        );
        assert.deepEqual(await keysOf(listing), await keysOf(store.list('p/')));
      }),
      runs,
    );
  }
});

const bounds = { minBeginTs: 5n, minTs: 5n, maxTs: 6n };

function metaName(format: MetaNameParts['format'], n: number): string {
  const ts = 470632754787647489n + (BigInt(n) << 26n);
  const uuid = `201c0b0b-e1c4-4b67-8355-${n.toString(16).padStart(12, '0')}`;
  switch (format) {
    case 'decimal':
      return metaFileName({ format, resolvedTs: ts, uuid });
    case 'hex':
      return metaFileName({ format, flushTs: ts, ...bounds });
    case 'synthetic':
      return metaFileName({ format, flushTs: ts, ...bounds, syntheticId: BigInt(n) });
    case 'tagged':
      return metaFileName({ format, flushTs: ts, storeId: 1n, ...bounds });
    default:
      return metaFileName({ format: 'flagged', flushTs: ts, storeId: 1n, ...bounds, flags: 0n });
  }
}

const format = fc.constantFrom<MetaNameParts['format']>('decimal', 'hex', 'synthetic', 'tagged', 'flagged');

test('metas of all formats, mixed, with bursts and holes, and names that are none, are listed all', async () => {
  const run = fc.record({
    format,
    from: fc.nat(3000),
    count: fc.nat(40),
    gap: fc.integer({ min: 1, max: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(run, { maxLength: 5 }),
      fc.array(name, { maxLength: 3 }),
      fc.option(fc.nat(5000), { nil: undefined }),
      fc.integer({ min: 2, max: 20 }),
      async (flushes, strangers, end, pageKeys) => {
        const memory = new MemoryObjectStore();
        for (const { format, from, count, gap } of flushes)
          for (let n = 0; n < count; n++)
            await memory.put(`l/v1/backupmeta/${metaName(format, from + n * gap)}`, new Uint8Array(1));
        for (const one of strangers) await memory.put(`l/v1/backupmeta/x${one}`, new Uint8Array(1));
        const endTs = end === undefined ? undefined : 470632754787647489n + (BigInt(end) << 26n);
        const guess = guessMetaBorders('l/v1/backupmeta/', pageKeys, Promise.resolve(endTs));
        const listing = listInRanges(inPagesOf(memory, pageKeys), 'l/v1/backupmeta/', guess, 6);
        assert.deepEqual(await keysOf(listing), await keysOf(memory.list('l/v1/backupmeta/')));
      },
    ),
    { ...runs, numRuns: 150 },
  );
});

test('of a steady log, ranges cost hardly more requests than pages, and few round trips', async (t) => {
  const fake = new FakeS3({ buckets: ['bucket'], pageSize: 50 });
  const endpoint = await fake.listen();
  t.after(() => fake.close());
  const place = { kind: 's3', bucket: 'bucket', prefix: 'p', region: 'us-east-1', endpoint } as const;
  const bucket = await openS3ObjectStore({ ...place, forcePathStyle: true });
  const count = 1000;
  const names = Array.from({ length: count }, (_, n) => `v1/backupmeta/${metaName('flagged', n)}`);
  for await (const _ of mapBounded(names, 64, (key) => bucket.put(key, new Uint8Array(1))));
  for (const end of [470632754787647489n + (BigInt(count) << 26n), undefined]) {
    fake.requests.length = 0;
    const asked: string[] = [];
    const store = inPagesOf(bucket, 50, asked);
    const guess = guessMetaBorders('v1/backupmeta/', 50, Promise.resolve(end));
    assert.equal((await keysOf(listInRanges(store, 'v1/backupmeta/', guess))).length, count);
    // 20 pages. Without the end of the log a last round finds nothing behind it.
    const most = end === undefined ? 33 : 22;
    assert.ok(fake.requests.length <= most, `${fake.requests.length} requests, at most ${most}`);
    assert.equal(asked.length, fake.requests.length, 'no range needed a second page');
  }
});
