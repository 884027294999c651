// The objects of one folder as a store of their own, as an URL that names the folder opens it.

import type { ObjectInfo, ObjectStore } from '../../../lib/ports/object-store.ts';

/** `prefix`: with its `/`, or empty. */
export function storeBelow(store: ObjectStore, prefix: string): ObjectStore {
  const short = (key: string) => key.slice(prefix.length);
  return {
    url: `${store.url}/${prefix}`,
    list: (below, options) => shortened(store, prefix, below, options?.startAfter),
    listFolders: async (below) => (await store.listFolders(prefix + below)).map(short),
    head: async (key) => {
      const info = await store.head(prefix + key);
      return info && { ...info, key };
    },
    get: (key, range) => store.get(prefix + key, range),
    put: (key, bytes) => store.put(prefix + key, bytes),
    delete: (key) => store.delete(prefix + key),
    deleteMany: async (keys) =>
      (await store.deleteMany(keys.map((key) => prefix + key))).map(({ key, error }) => ({
        key: short(key),
        error,
      })),
  };
}

async function* shortened(
  store: ObjectStore,
  prefix: string,
  below: string,
  startAfter: string | undefined,
): AsyncGenerator<ObjectInfo> {
  const options = startAfter === undefined ? {} : { startAfter: prefix + startAfter };
  for await (const info of store.list(prefix + below, options)) {
    yield { ...info, key: info.key.slice(prefix.length) };
  }
}
