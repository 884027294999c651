// An object store in memory for tests of what stands on the port. It passes test/contracts/object-store.contract.ts like
// every adapter, copies bytes in and out, and takes its times from a counter, never from the machine.

import { checkKey, checkPrefix, compareKeys } from '../../lib/ports/object-key.ts';
import type {
  ByteRange,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  UndeletedObject,
} from '../../lib/ports/object-store.ts';

export class MemoryObjectStore implements ObjectStore {
  readonly url: string;
  readonly #objects = new Map<string, { readonly bytes: Uint8Array; readonly modifiedMs: number }>();
  #nowMs = 1_700_000_000_000;

  constructor(url = 'memory://test') {
    this.url = url;
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix);
    return this.#list(prefix, options.startAfter ?? '');
  }

  async *#list(prefix: string, startAfter: string): AsyncGenerator<ObjectInfo, void, undefined> {
    const wanted = (key: string): boolean =>
      key.startsWith(prefix) && (startAfter === '' || compareKeys(key, startAfter) > 0);
    for (const key of [...this.#objects.keys()].filter(wanted).sort(compareKeys)) {
      const info = await this.head(key);
      if (info !== undefined) yield info;
    }
  }

  async listFolders(prefix: string): Promise<readonly string[]> {
    checkPrefix(prefix);
    const folders = new Set<string>();
    for (const key of this.#objects.keys()) {
      const slash = key.startsWith(prefix) ? key.indexOf('/', prefix.length) : -1;
      if (slash >= 0) folders.add(key.slice(0, slash + 1));
    }
    return [...folders].sort(compareKeys);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const object = this.#objects.get(key);
    return object && { key, size: object.bytes.length, modifiedMs: object.modifiedMs };
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    checkKey(key);
    const bytes = this.#objects.get(key)?.bytes;
    return range === undefined ? bytes?.slice() : bytes?.slice(range.offset, range.offset + range.length);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    this.#nowMs += 1000;
    this.#objects.set(key, { bytes: new Uint8Array(bytes), modifiedMs: this.#nowMs });
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.#objects.delete(key);
  }

  async deleteMany(keys: readonly string[]): Promise<readonly UndeletedObject[]> {
    for (const key of keys) checkKey(key);
    for (const key of keys) await this.delete(key);
    return [];
  }
}
