// Whatever is done in whatever order, a folder and an S3 bucket answer as the memory of the tests does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openS3ObjectStore } from '../../lib/aws/s3-object-store.ts';
import { openFileObjectStore } from '../../lib/local/file-object-store.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import { FakeS3 } from '../support/fake-s3.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

useTestCredentials();

type Step =
  | { readonly do: 'put'; readonly key: string; readonly size: number }
  | { readonly do: 'delete' | 'head' | 'listFolders'; readonly key: string }
  | { readonly do: 'deleteMany'; readonly keys: readonly string[] }
  | { readonly do: 'get'; readonly key: string; readonly offset: number; readonly length: number }
  | { readonly do: 'list'; readonly key: string; readonly startAfter: string };

// Few and short names, so that keys meet; a folder cannot hold an object named as one of its folders, so files end with a digit.
const folderName = fc.constantFrom('a', 'b', 'a.b', 'a-', 'é', '\u{1f600}');
const fileName = fc.constantFrom('0', 'a1', 'a.b2', 'a-3', 'é4', '\ue0005', '\u{1f600}6', ' 7', '+8');
const key = fc
  .tuple(fc.array(folderName, { maxLength: 3 }), fileName)
  .map(([folders, file]) => [...folders, file].join('/'));
const prefix = fc
  .tuple(key, fc.nat(8))
  .map(([text, length]) => text.slice(0, length).replace(/[\ud800-\udbff]$/, ''));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('put' as const), key, size: fc.nat(20) }) },
  fc.record({ do: fc.constantFrom('delete' as const, 'head' as const), key }),
  fc.record({ do: fc.constant('deleteMany' as const), keys: fc.array(key, { maxLength: 4 }) }),
  fc.record({
    do: fc.constant('listFolders' as const),
    key: fc.array(folderName, { maxLength: 2 }).map((parts) => parts.map((part) => `${part}/`).join('')),
  }),
  fc.record({ do: fc.constant('get' as const), key, offset: fc.nat(25), length: fc.nat(25) }),
  fc.record({
    do: fc.constant('list' as const),
    key: prefix,
    startAfter: fc.oneof(fc.constant(''), key, prefix),
  }),
);

async function answer(store: ObjectStore, what: Step): Promise<unknown> {
  switch (what.do) {
    case 'put':
      return store.put(what.key, new Uint8Array(what.size).fill(what.size));
    case 'delete':
      return store.delete(what.key);
    case 'deleteMany':
      return store.deleteMany(what.keys);
    case 'head':
      return (await store.head(what.key))?.size;
    case 'listFolders':
      return store.listFolders(what.key);
    case 'get': {
      const bytes = await store.get(what.key, { offset: what.offset, length: what.length });
      return bytes && [...bytes];
    }
    case 'list': {
      const found: string[] = [];
      const options = what.startAfter === '' ? {} : { startAfter: what.startAfter };
      for await (const info of store.list(what.key, options)) found.push(`${info.key} ${info.size}`);
      return found;
    }
    default: {
      const unknown: never = what;
      return unknown;
    }
  }
}

async function agrees(store: ObjectStore, steps: readonly Step[]): Promise<void> {
  const model = new MemoryObjectStore();
  for (const what of [...steps, { do: 'list', key: '', startAfter: '' } as const]) {
    assert.deepEqual(await answer(store, what), await answer(model, what), JSON.stringify(what));
  }
}

test('a folder answers any sequence of calls as the model does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const folder = await temporaryFolder();
      try {
        await agrees(await openFileObjectStore(folder.path), steps);
      } finally {
        await folder.remove();
      }
    }),
    { numRuns: 60, seed: 20261122 },
  );
});

test('an S3 prefix answers any sequence of calls as the model does', async () => {
  const fake = new FakeS3({ buckets: ['bucket'], pageSize: 2 });
  const endpoint = await fake.listen();
  let places = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        places += 1;
        const place = {
          kind: 's3',
          bucket: 'bucket',
          prefix: `p${places}`,
          region: 'us-east-1',
          endpoint,
          forcePathStyle: true,
        } as const;
        await agrees(await openS3ObjectStore(place), steps);
      }),
      { numRuns: 25, seed: 20261123 },
    );
  } finally {
    await fake.close();
  }
});
