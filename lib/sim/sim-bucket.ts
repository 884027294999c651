// The bucket of a simulated cluster: an object store in memory whose times are those of the simulated clock, with a door for each
// kind of user that can be shut. Writes nothing by itself.

import { PitrError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { checkKey, checkPrefix, compareKeys } from '../ports/object-key.ts';
import type {
  ByteRange,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  UndeletedObject,
} from '../ports/object-store.ts';
import { gatedStore } from './gated-store.ts';

/** Who uses the bucket: TiKV, br, or the functions of the control plane. Each has a network and rights of its own. */
export const bucketUsers = ['stores', 'br', 'control'] as const;
export type BucketUser = (typeof bucketUsers)[number];

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

export class SimBucket implements ObjectStore {
  readonly url: string;
  /** Requests of all users together. */
  requests = 0;
  /** Writes and deletions: while it stays, so does everything. */
  changes = 0;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #objects = new Map<string, StoredObject>();
  /** In byte order. */
  #keys: string[] = [];
  /** Asked for each object that a request of the functions deletes together with others; undefined: it goes. */
  keeps: ((key: string) => PitrError | undefined) | undefined;
  readonly #shut = new Map<BucketUser, (verb: string, key: string) => PitrError | undefined>();

  constructor(clock: Pick<Clock, 'nowMs'>, url: string) {
    this.#clock = clock;
    this.url = url;
  }

  /** The bucket as one kind of user meets it: shut while {@link shut} says so. */
  as(user: BucketUser): ObjectStore {
    const gated = gatedStore(this, async (verb, key, call) => {
      const refusal = this.#shut.get(user)?.(verb, key);
      if (refusal !== undefined) throw refusal;
      return await call();
    });
    return user === 'control' ? { ...gated, deleteMany: (keys) => this.#deleteSome(gated, keys) } : gated;
  }

  async #deleteSome(gated: ObjectStore, keys: readonly string[]): Promise<readonly UndeletedObject[]> {
    const kept = keys.flatMap((key) => {
      const error = this.keeps?.(key);
      return error === undefined ? [] : [{ key, error }];
    });
    const refused = new Set(kept.map(({ key }) => key));
    return [...kept, ...(await gated.deleteMany(keys.filter((key) => !refused.has(key))))];
  }

  /** From now on `refusal` is asked before each request of this user; undefined: the door is open. */
  shut(user: BucketUser, refusal: ((verb: string, key: string) => PitrError | undefined) | undefined): void {
    if (refusal === undefined) this.#shut.delete(user);
    else this.#shut.set(user, refusal);
  }

  /** The objects as they are now, in a bucket that nobody else knows: what came later does not change it. */
  frozen(): SimBucket {
    const copy = new SimBucket(this.#clock, `${this.url}#frozen`);
    copy.#keys = [...this.#keys];
    for (const [key, object] of this.#objects) copy.#objects.set(key, object);
    return copy;
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix);
    return this.#list(prefix, options.startAfter ?? '');
  }

  async *#list(prefix: string, startAfter: string): AsyncGenerator<ObjectInfo, void, undefined> {
    this.requests += 1;
    const isAfter = startAfter !== '' && compareKeys(startAfter, prefix) >= 0;
    const keys = this.#keysFrom(isAfter ? startAfter : prefix);
    for (const key of keys) {
      if (!key.startsWith(prefix)) {
        if (compareKeys(key, prefix) > 0) return;
        continue;
      }
      const object = this.#objects.get(key);
      if (object === undefined || (isAfter && key === startAfter)) continue;
      yield { key, size: object.bytes.length, modifiedMs: object.modifiedMs };
    }
  }

  async listFolders(prefix: string): Promise<readonly string[]> {
    checkPrefix(prefix);
    this.requests += 1;
    const folders: string[] = [];
    for (let at = this.#indexOf(prefix); at < this.#keys.length; ) {
      const key = this.#keys[at] ?? '';
      if (!key.startsWith(prefix)) break;
      const slash = key.indexOf('/', prefix.length);
      if (slash < 0) {
        at += 1;
        continue;
      }
      const folder = key.slice(0, slash + 1);
      folders.push(folder);
      // The first key behind all of this folder: `0` follows `/`.
      at = this.#indexOf(`${key.slice(0, slash)}0`);
    }
    return folders;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    this.requests += 1;
    const object = this.#objects.get(key);
    return object && { key, size: object.bytes.length, modifiedMs: object.modifiedMs };
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    checkKey(key);
    this.requests += 1;
    const bytes = this.#objects.get(key)?.bytes;
    return range === undefined ? bytes?.slice() : bytes?.slice(range.offset, range.offset + range.length);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    this.requests += 1;
    this.changes += 1;
    if (!this.#objects.has(key)) this.#keys.splice(this.#indexOf(key), 0, key);
    this.#objects.set(key, { bytes: new Uint8Array(bytes), modifiedMs: this.#clock.nowMs() });
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.requests += 1;
    this.#remove(key);
  }

  async deleteMany(keys: readonly string[]): Promise<readonly UndeletedObject[]> {
    for (const key of keys) checkKey(key);
    this.requests += Math.ceil(keys.length / 1000);
    for (const key of keys) this.#remove(key);
    return [];
  }

  #remove(key: string): void {
    this.changes += 1;
    if (this.#objects.delete(key)) this.#keys.splice(this.#indexOf(key), 1);
  }

  *#keysFrom(from: string): Generator<string> {
    // A lister that is slow sees a listing of its beginning, as a page of S3 is.
    yield* this.#keys.slice(this.#indexOf(from));
  }

  /** The place of the first key that is not before this one. */
  #indexOf(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What a storage says that keeps an object: a lock on it, or a policy. */
export function objectKept(key: string): PitrError {
  return new PitrError('STORAGE_DENIED', `delete ${key}: AccessDenied, the object is locked`, {
    hint: 'look whether the bucket locks its objects',
  });
}

/** What a storage that is down says to a request. */
export function storageDown(verb: string, key: string): PitrError {
  return new PitrError('STORAGE_UNAVAILABLE', `${verb} ${key}: the storage answers 503 SlowDown`, {
    hint: 'it passes by itself',
  });
}
