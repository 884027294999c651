// A store over another one in which single objects are other, gone or new, without the one below being touched:
// damage is made and forgotten in no time.

import { compareKeys } from '../../lib/ports/object-key.ts';
import type {
  ByteRange,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  UndeletedObject,
} from '../../lib/ports/object-store.ts';

export class OverlayObjectStore implements ObjectStore {
  readonly url: string;
  readonly #below: ObjectStore;
  /** undefined: the object is gone. */
  readonly #over = new Map<string, Uint8Array | undefined>();

  constructor(below: ObjectStore) {
    this.#below = below;
    this.url = below.url;
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const infos: ObjectInfo[] = [];
    for await (const info of this.#below.list(prefix, options))
      if (!this.#over.has(info.key)) infos.push(info);
    for (const [key, bytes] of this.#over) {
      const after = options.startAfter === undefined || compareKeys(key, options.startAfter) > 0;
      if (bytes !== undefined && key.startsWith(prefix) && after) infos.push(infoOf(key, bytes));
    }
    yield* infos.sort((a, b) => compareKeys(a.key, b.key));
  }

  async listFolders(prefix: string): Promise<readonly string[]> {
    const folders = new Set<string>();
    for await (const { key } of this.list(prefix)) {
      const slash = key.indexOf('/', prefix.length);
      if (slash >= 0) folders.add(key.slice(0, slash + 1));
    }
    return [...folders].sort(compareKeys);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    if (!this.#over.has(key)) return this.#below.head(key);
    const bytes = this.#over.get(key);
    return bytes && infoOf(key, bytes);
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    if (!this.#over.has(key)) return this.#below.get(key, range);
    const bytes = this.#over.get(key);
    return range === undefined ? bytes?.slice() : bytes?.slice(range.offset, range.offset + range.length);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.#over.set(key, bytes.slice());
  }

  async delete(key: string): Promise<void> {
    this.#over.set(key, undefined);
  }

  async deleteMany(keys: readonly string[]): Promise<readonly UndeletedObject[]> {
    for (const key of keys) await this.delete(key);
    return [];
  }
}

function infoOf(key: string, bytes: Uint8Array): ObjectInfo {
  return { key, size: bytes.length, modifiedMs: 0 };
}
