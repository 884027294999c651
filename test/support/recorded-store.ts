// The recorded buckets as stores, and copies of them in memory that a test may change.
import { fileURLToPath } from 'node:url';
import { openFileObjectStore } from '../../lib/local/file-object-store.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import { MemoryObjectStore } from './memory-object-store.ts';

export const shopBucket = 'shop/bucket/backup-data';
export const variantsStorage = 'variants/storage';

/** A folder of test/fixtures as a store. */
export function recordedStore(folder: string): Promise<ObjectStore> {
  return openFileObjectStore(fileURLToPath(new URL(`../fixtures/${folder}`, import.meta.url)));
}

/** A copy in memory of what is below `prefix` in a recorded folder, without the prefix. */
export async function recordedCopy(folder: string, prefix = ''): Promise<MemoryObjectStore> {
  const store = await recordedStore(folder);
  const copy = new MemoryObjectStore();
  for await (const { key } of store.list(prefix)) {
    const bytes = await store.get(key);
    if (bytes !== undefined) await copy.put(key.slice(prefix.length), bytes);
  }
  return copy;
}

/** Every item of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
