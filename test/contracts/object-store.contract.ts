// The contract of lib/ports/object-store.ts as one suite, run on every adapter. Each test gets a store of its own.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import type { ListOptions, ObjectStore } from '../../lib/ports/object-store.ts';

export interface OpenedStore {
  readonly store: ObjectStore;
  readonly close: () => Promise<void>;
}

export interface ContractOptions {
  /** Keys that this adapter's storage cannot hold, each with the reason; everything else must work. */
  readonly cannotHold?: ReadonlyMap<string, string>;
  /** Objects of the paging test: more than a page of the adapter. */
  readonly manyObjects?: number;
}

const utf8 = new TextEncoder();
const bytesOf = (text: string): Uint8Array => utf8.encode(text);
const oddKeys = [
  'blank in it',
  'plus+sign',
  'percent%41',
  'amp&<tag>"quote\'',
  'question?hash#',
  'ünïcode/日本',
  'high-\u{1f600}',
  'private-\ue000',
  'tilde~(paren)!*',
  'colon:equals=comma,semi;at@dollar$',
  'tab\tinside',
  '.hidden/..double/file...',
];

async function keysOf(store: ObjectStore, prefix: string, options?: ListOptions): Promise<string[]> {
  const keys: string[] = [];
  for await (const info of store.list(prefix, options)) keys.push(info.key);
  return keys;
}

export function objectStoreContract(
  name: string,
  open: () => Promise<OpenedStore>,
  options: ContractOptions = {},
): void {
  const withStore = (title: string, run: (store: ObjectStore) => Promise<void>): void => {
    test(title, async () => {
      const opened = await open();
      try {
        await run(opened.store);
      } finally {
        await opened.close();
      }
    });
  };
  describe(`${name} as an object store`, () => {
    wholeObjects(withStore);
    ranges(withStore);
    listings(withStore, options.manyObjects ?? 25);
    keys(withStore, options.cannotHold ?? new Map());
  });
}

type WithStore = (title: string, run: (store: ObjectStore) => Promise<void>) => void;

function wholeObjects(withStore: WithStore): void {
  withStore('what was put is what get and head give', async (store) => {
    const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 7) & 255);
    await store.put('a/b/c.log', bytes);
    assert.deepEqual(new Uint8Array((await store.get('a/b/c.log'))!), bytes);
    const info = await store.head('a/b/c.log');
    assert.equal(info?.key, 'a/b/c.log');
    assert.equal(info?.size, 100_003);
    assert.ok(Number.isInteger(info?.modifiedMs) && info!.modifiedMs > 1_600_000_000_000);
  });
  withStore('an empty object is there, and it has no bytes', async (store) => {
    await store.put('empty', new Uint8Array(0));
    assert.equal((await store.get('empty'))?.length, 0);
    assert.equal((await store.get('empty', { offset: 0, length: 10 }))?.length, 0);
    assert.equal((await store.head('empty'))?.size, 0);
    assert.deepEqual(await keysOf(store, ''), ['empty']);
  });
  withStore('an object that is not there is undefined, never an error', async (store) => {
    await store.put('folder/object', bytesOf('x'));
    for (const key of ['nothing', 'folder', 'folder/nothing', 'folder/object/below']) {
      assert.equal(await store.get(key), undefined, key);
      assert.equal(await store.get(key, { offset: 0, length: 0 }), undefined, key);
      assert.equal(await store.get(key, { offset: 5, length: 3 }), undefined, key);
      assert.equal(await store.head(key), undefined, key);
    }
  });
  withStore('put replaces the whole object, also by a shorter one', async (store) => {
    await store.put('k', bytesOf('a long first text'));
    await store.put('k', bytesOf('short'));
    assert.deepEqual(new Uint8Array((await store.get('k'))!), bytesOf('short'));
    assert.deepEqual(await keysOf(store, ''), ['k']);
  });
  withStore('bytes given to put and taken from get belong to the caller', async (store) => {
    const bytes = bytesOf('abc');
    await store.put('k', bytes);
    bytes[0] = 0;
    (await store.get('k'))![1] = 0;
    assert.deepEqual(new Uint8Array((await store.get('k'))!), bytesOf('abc'));
  });
  withStore('what is deleted is gone from get and list, and deleting it again is fine', async (store) => {
    await store.put('a/b/c', bytesOf('1'));
    await store.put('a/d', bytesOf('2'));
    await store.delete('a/b/c');
    await store.delete('a/b/c');
    await store.delete('never/was');
    assert.equal(await store.get('a/b/c'), undefined);
    assert.deepEqual(await keysOf(store, ''), ['a/d']);
    assert.deepEqual(await store.listFolders('a/'), []);
  });
  withStore('many are deleted at once, what never was among them, and nothing else', async (store) => {
    for (const key of ['a/b/c', 'a/d', 'e', 'f/g']) await store.put(key, bytesOf(key));
    assert.deepEqual(await store.deleteMany([]), []);
    assert.deepEqual(await store.deleteMany(['a/b/c', 'never/was', 'f/g', 'a/b/c', 'never']), []);
    assert.deepEqual(await keysOf(store, ''), ['a/d', 'e']);
    assert.equal(await store.get('f/g'), undefined);
    assert.deepEqual(await store.listFolders('a/'), []);
  });
  withStore('more than a thousand are deleted in one call', async (store) => {
    const names = Array.from({ length: 1003 }, (_, i) => `p/${String(i).padStart(5, '0')}`);
    await Promise.all(names.filter((_, i) => i % 100 < 3).map((key) => store.put(key, bytesOf(key))));
    await store.put('q', bytesOf('q'));
    assert.deepEqual(await store.deleteMany(names), []);
    assert.deepEqual(await keysOf(store, ''), ['q']);
  });
}

function ranges(withStore: WithStore): void {
  withStore('a range gives exactly its bytes', async (store) => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
    await store.put('k', bytes);
    for (const [offset, length] of [
      [0, 1],
      [0, 1000],
      [999, 1],
      [500, 250],
      [7, 0],
    ] as const) {
      const got = await store.get('k', { offset, length });
      assert.deepEqual(new Uint8Array(got!), bytes.slice(offset, offset + length), `${offset}+${length}`);
    }
  });
  withStore('a range that reaches past the end gives what there is', async (store) => {
    await store.put('k', bytesOf('0123456789'));
    assert.deepEqual(new Uint8Array((await store.get('k', { offset: 8, length: 100 }))!), bytesOf('89'));
    assert.deepEqual(
      new Uint8Array((await store.get('k', { offset: 0, length: 2 ** 40 }))!),
      bytesOf('0123456789'),
    );
  });
  withStore('a range that starts at or past the end gives no bytes', async (store) => {
    await store.put('k', bytesOf('0123456789'));
    assert.equal((await store.get('k', { offset: 10, length: 1 }))?.length, 0);
    assert.equal((await store.get('k', { offset: 5000, length: 9 }))?.length, 0);
    assert.equal((await store.get('k', { offset: 10, length: 0 }))?.length, 0);
  });
}

function listings(withStore: WithStore, many: number): void {
  withStore('keys are listed in byte order of the whole key, not folder by folder', async (store) => {
    const keys = [
      'a.b',
      'a/b',
      'a/b.c',
      'a/b/c',
      'a0',
      'B',
      'a/',
      'Z/z',
      'z-\ue000',
      'z-\u{1f600}',
      'é',
      'e',
    ];
    const sorted = keys
      .filter((key) => !key.endsWith('/') && key !== 'a/b')
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const key of [...sorted].reverse()) await store.put(key, bytesOf(key));
    assert.deepEqual(await keysOf(store, ''), sorted);
  });
  withStore('a prefix is a beginning of keys, in the middle of a name, too', async (store) => {
    for (const key of ['v1/meta/1', 'v1/meta/12', 'v1/meta/2', 'v1/metas', 'v2/meta/1'])
      await store.put(key, bytesOf('x'));
    assert.deepEqual(await keysOf(store, 'v1/meta/'), ['v1/meta/1', 'v1/meta/12', 'v1/meta/2']);
    assert.deepEqual(await keysOf(store, 'v1/meta/1'), ['v1/meta/1', 'v1/meta/12']);
    assert.deepEqual(await keysOf(store, 'v1/meta'), ['v1/meta/1', 'v1/meta/12', 'v1/meta/2', 'v1/metas']);
    assert.deepEqual(await keysOf(store, 'v3'), []);
    assert.deepEqual(await keysOf(store, 'v1/meta/1/'), []);
  });
  withStore('a listing that starts after a key gives only later keys', async (store) => {
    const keys = ['a', 'b/1', 'b/2', 'b0', 'c/x/1', 'c/x/2'];
    for (const key of keys) await store.put(key, bytesOf('x'));
    for (const startAfter of [...keys, 'A', 'b', 'b/', 'b/15', 'c/x', 'zzz']) {
      const expected = keys.filter((key) => key > startAfter);
      assert.deepEqual(await keysOf(store, '', { startAfter }), expected, startAfter);
    }
    assert.deepEqual(await keysOf(store, 'b/', { startAfter: 'b/1' }), ['b/2']);
    assert.deepEqual(await keysOf(store, 'b/', { startAfter: 'a' }), ['b/1', 'b/2']);
  });
  withStore('a listing longer than a page gives every object once, with its size', async (store) => {
    const names = Array.from({ length: many }, (_, i) => `p/${String(i).padStart(5, '0')}`);
    await Promise.all(names.map((key, i) => store.put(key, new Uint8Array(i % 7))));
    const found: string[] = [];
    for await (const info of store.list('p/')) {
      assert.equal(info.size, Number(info.key.slice(2)) % 7);
      found.push(info.key);
    }
    assert.deepEqual(found, names);
  });
  withStore('a consumer may stop a listing early and list again', async (store) => {
    for (const key of ['a', 'b', 'c']) await store.put(key, bytesOf('x'));
    for await (const info of store.list('')) if (info.key === 'b') break;
    assert.deepEqual(await keysOf(store, ''), ['a', 'b', 'c']);
  });
  withStore('folders are the distinct first parts that hold an object', async (store) => {
    const keys = [
      'snapshot-2/1/x.sst',
      'snapshot-1/backupmeta',
      'log-backup/v1/a',
      'log-backup/v1/b',
      'file',
      'log-backup.x/y',
    ];
    for (const key of keys) await store.put(key, bytesOf('x'));
    assert.deepEqual(await store.listFolders(''), [
      'log-backup.x/',
      'log-backup/',
      'snapshot-1/',
      'snapshot-2/',
    ]);
    assert.deepEqual(await store.listFolders('log-backup/'), ['log-backup/v1/']);
    assert.deepEqual(await store.listFolders('log-backup/v1/'), []);
    assert.deepEqual(await store.listFolders('nothing/'), []);
  });
  withStore('more folders than a page are listed all', async (store) => {
    const folders = Array.from({ length: many }, (_, i) => `${String(i).padStart(5, '0')}/`);
    await Promise.all(folders.map((folder) => store.put(`${folder}x`, bytesOf('x'))));
    assert.deepEqual(await store.listFolders(''), folders);
  });
}

function keys(withStore: WithStore, cannotHold: ReadonlyMap<string, string>): void {
  for (const key of oddKeys) {
    const reason = cannotHold.get(key);
    if (reason !== undefined) continue;
    withStore(`the key ${JSON.stringify(key)} is kept as it is`, async (store) => {
      await store.put(`odd/${key}`, bytesOf(key));
      assert.deepEqual(new Uint8Array((await store.get(`odd/${key}`))!), bytesOf(key));
      assert.equal((await store.head(`odd/${key}`))?.key, `odd/${key}`);
      assert.deepEqual(await keysOf(store, 'odd/'), [`odd/${key}`]);
      assert.deepEqual(await keysOf(store, `odd/${key}`), [`odd/${key}`]);
      await store.delete(`odd/${key}`);
      assert.deepEqual(await keysOf(store, ''), []);
    });
  }
  withStore('odd keys are deleted together', async (store) => {
    const held = oddKeys.filter((key) => !cannotHold.has(key)).map((key) => `odd/${key}`);
    for (const key of [...held, 'even']) await store.put(key, bytesOf(key));
    assert.deepEqual(await store.deleteMany(held), []);
    assert.deepEqual(await keysOf(store, ''), ['even']);
  });
  withStore('a key that leaves the root, or is no path at all, is refused by every call', async (store) => {
    const isRefusal = (error: unknown): boolean =>
      error instanceof PitrError && error.code === 'OBJECT_UNRECOGNIZED';
    for (const key of [
      '',
      '/etc/passwd',
      '../x',
      'a/../../x',
      'a/..',
      '.',
      './a',
      'a//b',
      'a\0b',
      'a\\b',
      'a/',
      'x'.repeat(1025),
    ]) {
      await assert.rejects(store.get(key), isRefusal, key);
      await assert.rejects(store.head(key), isRefusal, key);
      await assert.rejects(store.put(key, bytesOf('x')), isRefusal, key);
      await assert.rejects(store.delete(key), isRefusal, key);
      await store.put('kept', bytesOf('x'));
      await assert.rejects(store.deleteMany(['kept', key]), isRefusal, key);
      assert.deepEqual(await keysOf(store, ''), ['kept'], key);
      await store.delete('kept');
    }
    for (const prefix of ['/', '../', 'a/../', '..', 'a//', 'a\0', 'a\\']) {
      await assert.rejects(keysOf(store, prefix), isRefusal, prefix);
      await assert.rejects(store.listFolders(prefix), isRefusal, prefix);
    }
    assert.deepEqual(await keysOf(store, ''), []);
  });
}
