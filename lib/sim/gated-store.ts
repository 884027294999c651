// An object store behind a gate that every request passes: it may refuse the request, delay it, or never let its answer out.
// Knows nothing of why.

import type { ListOptions, ObjectInfo, ObjectStore } from '../ports/object-store.ts';

/** Stands before each request, and lets it through by `call`; what it throws is what the caller meets. */
export type StoreGate = <T>(verb: string, key: string, call: () => Promise<T>) => Promise<T>;

/** The same store behind a gate. A listing is one request, however long it is. */
export function gatedStore(store: ObjectStore, gate: StoreGate): ObjectStore {
  return {
    url: store.url,
    list: (prefix, options) => gatedList(store, gate, prefix, options),
    listFolders: (prefix) => gate('list', prefix, () => store.listFolders(prefix)),
    head: (key) => gate('head', key, () => store.head(key)),
    get: (key, range) => gate('get', key, () => store.get(key, range)),
    put: (key, bytes) => gate('put', key, () => store.put(key, bytes)),
    delete: (key) => gate('delete', key, () => store.delete(key)),
    deleteMany: (keys) => gate('delete', keys[0] ?? '', () => store.deleteMany(keys)),
  };
}

async function* gatedList(
  store: ObjectStore,
  gate: StoreGate,
  prefix: string,
  options: ListOptions | undefined,
): AsyncGenerator<ObjectInfo> {
  const found = await gate('list', prefix, async () => {
    const infos: ObjectInfo[] = [];
    for await (const info of store.list(prefix, options)) infos.push(info);
    return infos;
  });
  yield* found;
}
