// A store in memory that answers as late as S3 does within a region and costs nothing else: what round trips alone cost. It measures no
// server, no network and no parsing of answers.

import { setTimeout } from 'node:timers/promises';
import type { ByteRange, ListOptions, ObjectInfo, ObjectStore } from '../lib/ports/object-store.ts';

/** Rounded from what S3 is known for: a page of a thousand keys, any other request. */
const pageMs = 80;
const requestMs = 30;

export class LatentStore implements ObjectStore {
  readonly url = 'memory://latent';
  readonly pageKeys = 1000;
  readonly #objects = new Map<string, Uint8Array>();
  #sorted: readonly string[] | undefined;

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    this.#sorted ??= [...this.#objects.keys()].sort();
    const after = options.startAfter ?? '';
    let given = 0;
    for (let at = firstFrom(this.#sorted, prefix, after); ; at++) {
      if (given % this.pageKeys === 0) await setTimeout(pageMs);
      const key = this.#sorted[at];
      if (key === undefined || !key.startsWith(prefix)) return;
      given += 1;
      yield { key, size: this.#objects.get(key)?.length ?? 0, modifiedMs: 0 };
    }
  }

  async listFolders(): Promise<readonly string[]> {
    throw new Error('no part of this benchmark');
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    await setTimeout(requestMs);
    const bytes = this.#objects.get(key);
    return bytes === undefined ? undefined : { key, size: bytes.length, modifiedMs: 0 };
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    await setTimeout(requestMs);
    const bytes = this.#objects.get(key);
    return range === undefined ? bytes : bytes?.subarray(range.offset, range.offset + range.length);
  }

  /** At once: what is written before the measurement is no part of it. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    if (!this.#objects.has(key)) this.#sorted = undefined;
    this.#objects.set(key, bytes);
  }

  async delete(key: string): Promise<void> {
    await this.deleteMany([key]);
  }

  async deleteMany(keys: readonly string[]): Promise<readonly never[]> {
    await setTimeout(requestMs);
    for (const key of keys) this.#objects.delete(key);
    this.#sorted = undefined;
    return [];
  }
}

/** Where the first key behind `after` is that may begin with the prefix: ASCII keys, as metas are. */
function firstFrom(sorted: readonly string[], prefix: string, after: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = sorted[middle] ?? '';
    if (key < prefix || key <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
