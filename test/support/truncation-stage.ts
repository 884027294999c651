// A native truncation in a test: what it is given, what a bucket holds before and after, and stores that die or refuse.

import { PitrError } from '../../lib/domain/errors.ts';
import type { NativeTruncationDeps } from '../../lib/operations/truncation/native-truncation.ts';
import type {
  ByteRange,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  UndeletedObject,
} from '../../lib/ports/object-store.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';
import { collect } from './recorded-store.ts';

export const logFolder = 'log-backup/';
export const oneOwner = '0b4c9a56-0f0e-4f6e-9d0a-1f2e3d4c5b6a';

/** Everything allowed, nobody watching; `parts` say what is else. */
export function truncationDeps(
  store: ObjectStore,
  parts: Partial<NativeTruncationDeps> = {},
): NativeTruncationDeps {
  const startedMs = Date.UTC(2026, 10, 22, 6);
  return {
    store,
    logPrefix: logFolder,
    parallel: 8,
    progress: () => {},
    holder: { ownerId: oneOwner, host: 'machine', pid: 4711, startedMs, detail: 'a truncation of the tests' },
    deadOwners: [],
    stillAllowed: async () => undefined,
    nowMs: () => startedMs + 1000,
    signal: new AbortController().signal,
    ...parts,
  };
}

/** Every object, its bytes as hex. */
export async function contentsOf(store: ObjectStore): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  for await (const { key } of store.list('')) {
    contents.set(key, Buffer.from((await store.get(key)) ?? []).toString('hex'));
  }
  return contents;
}

export interface Difference {
  readonly deleted: readonly string[];
  readonly created: readonly string[];
  readonly rewritten: readonly string[];
}

export function differenceOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Difference {
  return {
    deleted: [...before.keys()].filter((key) => !after.has(key)),
    created: [...after.keys()].filter((key) => !before.has(key)),
    rewritten: [...before.keys()].filter((key) => after.has(key) && after.get(key) !== before.get(key)),
  };
}

/** A store below which the process dies at its n-th call, from 1: before the call's effect, after half of it, or after all. */
export class MortalStore implements ObjectStore {
  readonly url: string;
  calls = 0;
  readonly #below: ObjectStore;
  readonly #dieAt: number;
  readonly #when: 'before' | 'half' | 'after';

  constructor(below: ObjectStore, dieAt: number, when: 'before' | 'half' | 'after' = 'before') {
    this.url = below.url;
    this.#below = below;
    this.#dieAt = dieAt;
    this.#when = when;
  }

  get isDead(): boolean {
    return this.calls >= this.#dieAt;
  }

  async #call<T>(whole: () => Promise<T>, half: () => Promise<unknown> = whole): Promise<T> {
    this.calls += 1;
    if (this.calls > this.#dieAt) throw died();
    if (this.calls < this.#dieAt) return await whole();
    if (this.#when === 'after') await whole();
    if (this.#when === 'half') await half();
    throw died();
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo, void, undefined> {
    const infos = await this.#call(() => collect(this.#below.list(prefix, options)));
    yield* infos;
  }

  listFolders(prefix: string): Promise<readonly string[]> {
    return this.#call(() => this.#below.listFolders(prefix));
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    return this.#call(() => this.#below.head(key));
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#call(() => this.#below.get(key, range));
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return this.#call(() => this.#below.put(key, bytes));
  }

  delete(key: string): Promise<void> {
    return this.#call(() => this.#below.delete(key));
  }

  deleteMany(keys: readonly string[]): Promise<readonly UndeletedObject[]> {
    return this.#call(
      () => this.#below.deleteMany(keys),
      () => this.#below.deleteMany(keys.filter((_, i) => i % 2 === 0)),
    );
  }
}

function died(): Error {
  return new Error('the process died here');
}

/** The store, but some objects cannot be deleted. */
export function withLockedObjects(store: ObjectStore, isLocked: (key: string) => boolean): ObjectStore {
  const refusal = (key: string) => new PitrError('STORAGE_DENIED', `${key} is locked`);
  return {
    url: store.url,
    list: (prefix, options) => store.list(prefix, options),
    listFolders: (prefix) => store.listFolders(prefix),
    head: (key) => store.head(key),
    get: (key, range) => store.get(key, range),
    put: (key, bytes) => store.put(key, bytes),
    delete: async (key) => {
      if (isLocked(key)) throw refusal(key);
      await store.delete(key);
    },
    deleteMany: async (keys) => [
      ...keys.filter(isLocked).map((key) => ({ key, error: refusal(key) })),
      ...(await store.deleteMany(keys.filter((key) => !isLocked(key)))),
    ],
  };
}

/** The store, with something done before each call of it. */
export function withBeforeCalls(store: MemoryObjectStore, before: () => Promise<void>): ObjectStore {
  return {
    url: store.url,
    async *list(prefix, options) {
      await before();
      yield* store.list(prefix, options);
    },
    listFolders: (prefix) => before().then(() => store.listFolders(prefix)),
    head: (key) => before().then(() => store.head(key)),
    get: (key, range) => before().then(() => store.get(key, range)),
    put: (key, bytes) => before().then(() => store.put(key, bytes)),
    delete: (key) => before().then(() => store.delete(key)),
    deleteMany: (keys) => before().then(() => store.deleteMany(keys)),
  };
}
