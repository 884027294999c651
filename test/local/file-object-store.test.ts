import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import { storageError } from '../../lib/local/file-errors.ts';
import { openFileObjectStore } from '../../lib/local/file-object-store.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import { objectStoreContract } from '../contracts/object-store.contract.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

objectStoreContract('a folder', async () => {
  const folder = await temporaryFolder();
  return { store: await openFileObjectStore(folder.path), close: folder.remove };
});

async function inFolder(run: (path: string, store: ObjectStore) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    const root = join(folder.path, 'root');
    await mkdir(root);
    await run(root, await openFileObjectStore(root));
  } finally {
    await folder.remove();
  }
}

async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const info of store.list(prefix)) keys.push(info.key);
  return keys;
}

const isDenied = (error: unknown): boolean => error instanceof PitrError && error.code === 'STORAGE_DENIED';
const bytes = new Uint8Array([1, 2, 3]);

describe('a folder on disk', () => {
  test('the recorded bucket is listed in the order S3 gives, and every object has its size', async () => {
    const store = await openFileObjectStore('test/fixtures/shop/bucket');
    const keys = await keysOf(store, 'backup-data/');
    assert.ok(keys.length > 100);
    assert.deepEqual(
      keys,
      [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    for await (const info of store.list('backup-data/log-backup/v1/')) {
      assert.equal((await store.get(info.key))?.length, info.size, info.key);
    }
    const folders = await store.listFolders('backup-data/');
    assert.equal(folders[0], 'backup-data/log-backup/');
    assert.equal(folders.length, 4);
  });

  test('a folder that is not there, and a file in its place, are wrong input with a hint', async () => {
    await inFolder(async (root) => {
      await writeFile(join(root, 'file'), 'x');
      for (const path of [join(root, 'nothing'), join(root, 'file'), join(root, 'file', 'below')]) {
        await assert.rejects(openFileObjectStore(path), (error) => {
          assert.ok(error instanceof PitrError && error.code === 'INVALID_INPUT', String(error));
          assert.match(error.hint ?? '', /snapshot-\*/);
          return true;
        });
      }
    });
  });

  test('a link that leaves the folder is refused by get, put, delete and list, and names the link', async () => {
    await inFolder(async (root, store) => {
      const outside = join(root, '..', 'outside');
      await mkdir(outside);
      await writeFile(join(outside, 'secret'), 'x');
      await symlink(join(outside, 'secret'), join(root, 'file-link'));
      await symlink(outside, join(root, 'folder-link'));
      await assert.rejects(store.get('file-link'), isDenied);
      await assert.rejects(store.head('folder-link/secret'), isDenied);
      await assert.rejects(store.put('folder-link/new', bytes), isDenied);
      await assert.rejects(store.put('folder-link/new/below', bytes), isDenied);
      await assert.rejects(store.delete('folder-link/secret'), isDenied);
      await assert.rejects(keysOf(store), /file-link is a link to .*outside of the storage folder/);
      await assert.rejects(keysOf(store, 'folder-link/'), isDenied);
      await assert.rejects(store.listFolders('folder-link/'), isDenied);
      assert.deepEqual(await readdir(outside), ['secret']);
    });
  });

  test('a link that stays inside is followed, one to nowhere is nothing, one above itself is refused', async () => {
    await inFolder(async (root, store) => {
      await store.put('real/object', bytes);
      await symlink('real', join(root, 'alias'));
      await symlink('nowhere', join(root, 'dangling'));
      assert.deepEqual(await keysOf(store), ['alias/object', 'real/object']);
      assert.deepEqual(new Uint8Array((await store.get('alias/object'))!), bytes);
      assert.equal(await store.get('dangling'), undefined);
      await symlink('..', join(root, 'real', 'up'));
      await assert.rejects(keysOf(store), /alias\/up is a link to .*above itself/);
    });
  });

  test('two folders that link to each other are refused instead of being walked for ever', async () => {
    await inFolder(async (root, store) => {
      await mkdir(join(root, 'a'));
      await mkdir(join(root, 'b'));
      await symlink('../b', join(root, 'a', 'to-b'));
      await symlink('../a', join(root, 'b', 'to-a'));
      await assert.rejects(keysOf(store), isDenied);
    });
  });

  test('the root itself may be a link', async () => {
    await inFolder(async (root, store) => {
      await store.put('a', bytes);
      await symlink(root, `${root}-link`);
      assert.deepEqual(await keysOf(await openFileObjectStore(`${root}-link`)), ['a']);
    });
  });

  test('a write that a crash left half done is never listed, and a put leaves nothing behind', async () => {
    await inFolder(async (root, store) => {
      await writeFile(join(root, '.pitr-put-0123'), 'half');
      await store.put('x/whole', bytes);
      assert.deepEqual(await keysOf(store), ['x/whole']);
      assert.deepEqual(await readdir(join(root, 'x')), ['whole']);
    });
  });

  test('a put that fails leaves neither the object nor a temporary file', async () => {
    await inFolder(async (root, store) => {
      await store.put('folder/x', bytes);
      await assert.rejects(store.put('folder', bytes), PitrError);
      await assert.rejects(store.put('folder/x/below', bytes), PitrError);
      assert.deepEqual(await readdir(root), ['folder']);
      assert.deepEqual(await readdir(join(root, 'folder')), ['x']);
    });
  });

  test('an empty folder is not listed', async () => {
    await inFolder(async (root, store) => {
      await mkdir(join(root, 'empty', 'below'), { recursive: true });
      await store.put('full/below/object', bytes);
      assert.deepEqual(await store.listFolders(''), ['full/']);
    });
  });

  test('a folder without read permission is denied, not empty', async (context) => {
    if (process.getuid?.() === 0) {
      // The superuser may read everything, so the same is shown on the mapping alone.
      context.diagnostic('run as root: only the mapping of EACCES is checked');
      const error = storageError(Object.assign(new Error('no'), { code: 'EACCES' }), 'list', 'file:///x');
      assert.equal(error.code, 'STORAGE_DENIED');
      return;
    }
    await inFolder(async (root, store) => {
      await mkdir(join(root, 'locked'));
      await chmod(join(root, 'locked'), 0);
      await assert.rejects(keysOf(store), isDenied);
      await chmod(join(root, 'locked'), 0o700);
    });
  });

  test('each code of the system becomes the code that says whose fault it is', () => {
    const codeOf = (errno: string): string =>
      storageError(Object.assign(new Error('x'), { code: errno }), 'write', 'file:///x').code;
    assert.equal(codeOf('EACCES'), 'STORAGE_DENIED');
    assert.equal(codeOf('EPERM'), 'STORAGE_DENIED');
    assert.equal(codeOf('ENOSPC'), 'LOCAL_IO');
    assert.equal(codeOf('EDQUOT'), 'LOCAL_IO');
    assert.equal(codeOf('EROFS'), 'LOCAL_IO');
    assert.equal(codeOf('EIO'), 'STORAGE_UNAVAILABLE');
    assert.equal(storageError(new Error('what'), 'write', 'file:///x').code, 'INTERNAL');
  });

  test('parallel puts and deletes in one folder all succeed', async () => {
    await inFolder(async (_root, store) => {
      const names = Array.from({ length: 60 }, (_, i) => `shared/${i % 3}/${i}`);
      for (let round = 0; round < 5; round++) {
        await Promise.all(names.map((key) => store.put(key, bytes)));
        await Promise.all([...names.map((key) => store.delete(key)), store.put('shared/1/stays', bytes)]);
        assert.deepEqual(await keysOf(store), ['shared/1/stays']);
      }
    });
  });
});
