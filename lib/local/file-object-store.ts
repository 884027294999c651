// A folder as an object store: the layout that br and TiKV write for `local://`, or a bucket copied to disk.
// Must not read or write anything outside its root, and must not show half-written objects.

import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { mkdir, open, realpath, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { PitrError } from '../domain/errors.ts';
import { deleteEach } from '../ports/delete-each.ts';
import { checkKey, checkPrefix } from '../ports/object-key.ts';
import type {
  ByteRange,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  UndeletedObject,
} from '../ports/object-store.ts';
import { errnoOf, isAbsent, storageError } from './file-errors.ts';
import {
  folderHoldsObject,
  foldersOf,
  infoOf,
  isInside,
  linkRefused,
  temporaryPrefix,
  walk,
} from './file-walk.ts';

const readAsync = promisify(read);

/** Up to this a read is done at once: a trip through the thread pool costs more than copying from the page cache. */
const readAtOnceBytes = 64 * 1024;
/** More would only wait for each other in the thread pool. */
const deletesAtOnce = 8;
/** One system call reads at most 2 GiB - 4 KiB. */
const readCallBytes = 1 << 30;

/**
 * Opens a folder. INVALID_INPUT when there is none. Symbolic links are followed as long as they stay below the folder;
 * one that leaves it is STORAGE_DENIED, because a copy of a backup must not become a way to the rest of the machine.
 */
export async function openFileObjectStore(folder: string): Promise<ObjectStore> {
  const path = resolve(folder);
  let root: string;
  try {
    root = await realpath(path);
  } catch (error) {
    if (!isAbsent(error)) throw storageError(error, 'open', path);
    throw noFolder(path, 'there is none');
  }
  const store = new FileObjectStore(`file://${path}`, root);
  await store.checkRoot();
  return store;
}

function noFolder(path: string, found: string): PitrError {
  return new PitrError('INVALID_INPUT', `storage folder ${path} cannot be read: ${found}`, {
    hint: 'give the folder that holds snapshot-*/ and log-backup/, or the two apart with --snapshots and --log',
    details: { path },
  });
}

class FileObjectStore implements ObjectStore {
  readonly url: string;
  readonly #root: string;

  constructor(url: string, root: string) {
    this.url = url;
    this.#root = root;
  }

  async checkRoot(): Promise<void> {
    const handle = await this.#try('open', '', () => open(this.#root, 'r'));
    const isFolder = handle !== undefined && (await handle.stat()).isDirectory();
    await handle?.close();
    if (!isFolder) throw noFolder(this.#root, 'it is not a folder');
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix);
    return walk({ root: this.#root, url: this.url, prefix, startAfter: options.startAfter ?? '' });
  }

  async listFolders(prefix: string): Promise<readonly string[]> {
    checkPrefix(prefix);
    const names = foldersOf(this.#root, this.url, prefix);
    return names.filter((name) => folderHoldsObject(this.#root, this.url, name));
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const path = await this.#pathOf(key);
    return path === undefined ? undefined : infoOf(path, key, this.url);
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    checkKey(key);
    if (range !== undefined) checkRange(range);
    const path = await this.#pathOf(key);
    if (path === undefined) return undefined;
    return await this.#try('read', key, () => readRange(path, range));
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    const target = join(this.#root, key);
    const temporary = join(dirname(target), `${temporaryPrefix}${randomBytes(8).toString('hex')}`);
    try {
      await this.#makeFolderWith(temporary, bytes, key);
      await rename(temporary, target);
      await syncFolder(dirname(target));
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw storageError(error, 'write', `${this.url}/${key}`);
    }
  }

  /** Until the file is in it, a delete beside us may take the empty folder away again: then it is made once more. */
  async #makeFolderWith(path: string, bytes: Uint8Array, key: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#checkInside(dirname(path), key);
        await mkdir(dirname(path), { recursive: true });
        return await writeWhole(path, bytes);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === 20) throw error;
      }
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    const folder = dirname(join(this.#root, key));
    await this.#try('delete', key, async () => {
      await this.#checkInside(folder, key);
      await unlink(join(this.#root, key));
    });
    await this.#removeEmptyFolders(folder);
  }

  deleteMany(keys: readonly string[]): Promise<readonly UndeletedObject[]> {
    return deleteEach(this, keys, deletesAtOnce);
  }

  /** The real path of the object, or undefined when there is none. */
  async #pathOf(key: string): Promise<string | undefined> {
    const path = await this.#try('read', key, () => realpath(join(this.#root, key)));
    if (path !== undefined) this.#refuseOutside(path, key);
    return path;
  }

  /** Looks at the folder, or at the nearest one above it that exists: below that, nothing can be a link. */
  async #checkInside(folder: string, key: string): Promise<void> {
    for (let path = folder; ; path = dirname(path)) {
      try {
        this.#refuseOutside(await realpath(path), key);
        return;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || path.length <= this.#root.length) throw error;
      }
    }
  }

  #refuseOutside(path: string, key: string): void {
    if (!isInside(this.#root, path)) throw linkRefused({ root: this.#root, url: this.url }, key, path);
  }

  /** A store has no empty folders: without its last object a folder is not listed. */
  async #removeEmptyFolders(folder: string): Promise<void> {
    for (let path = folder; path.length > this.#root.length; path = dirname(path)) {
      const removed = await rmdir(path).then(
        () => true,
        () => false,
      );
      if (!removed) return;
    }
  }

  /** Runs it; "there is no such object" becomes undefined, other failures one of our errors. */
  async #try<T>(action: string, key: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw storageError(error, action, `${this.url}/${key}`);
    }
  }
}

function checkRange(range: ByteRange): void {
  for (const value of [range.offset, range.length]) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new PitrError(
      'INTERNAL',
      `byte range ${range.offset}+${range.length} is not of whole, positive numbers`,
    );
  }
}

async function readRange(path: string, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
  const file = openSync(path, 'r');
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const offset = Math.min(range?.offset ?? 0, stat.size);
    const length = Math.min(range?.length ?? stat.size, stat.size - offset);
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = await readSome(file, bytes, done, offset + done);
      if (count === 0) return bytes.subarray(0, done);
      done += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

async function readSome(file: number, bytes: Uint8Array, at: number, position: number): Promise<number> {
  const length = Math.min(bytes.length - at, readCallBytes);
  if (length <= readAtOnceBytes) return readSync(file, bytes, at, length, position);
  return (await readAsync(file, bytes, at, length, position)).bytesRead;
}

/** On disk when it returns: the rename that follows must never be older than the bytes. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o666);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems do not sync folders; the object is there, only its survival of a power cut is theirs to keep.
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
