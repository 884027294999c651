// The crew of one: does every piece in the caller's thread, one after another. For small restores, tests and Lambdas.

import type { ObjectStore } from '../ports/object-store.ts';
import type { EngineCrew } from './crew.ts';
import type { EngineJob } from './engine-job.ts';
import { type EnginePorts, EngineWorker } from './engine-worker.ts';

export function singleCrew(ports: EnginePorts, job: EngineJob): EngineCrew {
  let bytes = 0;
  let listener = () => {};
  const count = (store: ObjectStore) =>
    countingStore(store, (more) => {
      bytes += more;
      listener();
    });
  const worker = new EngineWorker(
    { ...ports, snapshots: count(ports.snapshots), log: count(ports.log) },
    job,
  );
  return {
    size: 1,
    stats: () => ({ bytes, rows: worker.rows }),
    watch: (wanted) => {
      listener = wanted;
    },
    sortLog: (metaKeys) => worker.sortLog(metaKeys),
    finishLog: async () => worker.finishLog(),
    reduceRuns: (runs) => worker.reduceRuns(runs),
    useRuns: async (runs) => worker.useRuns(runs),
    materialize: (task) => worker.materialize(task),
    close: async () => worker.close(),
  };
}

/** The store; onBytes is told of the bytes of every read. */
export function countingStore(store: ObjectStore, onBytes: (bytes: number) => void): ObjectStore {
  return {
    url: store.url,
    pageKeys: store.pageKeys,
    list: (prefix, options) => store.list(prefix, options),
    listFolders: (prefix) => store.listFolders(prefix),
    head: (key) => store.head(key),
    put: (key, bytes) => store.put(key, bytes),
    delete: (key) => store.delete(key),
    deleteMany: (keys) => store.deleteMany(keys),
    async get(key, range) {
      const bytes = await store.get(key, range);
      if (bytes !== undefined) onBytes(bytes.length);
      return bytes;
    },
  };
}
