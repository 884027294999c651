// A cheap look at one log's folder, for whoever looks every minute: its newest checkpoint and whose it is, in a handful of
// requests. Opens no meta and lists none; the whole of a log is read by catalog-log.ts.

import type { ObjectInfo, ObjectStore } from '../ports/object-store.ts';
import { openBackupMeta } from './backupmeta.ts';
import { backupMetaKey, checkpointPrefix } from './layout.ts';
import { parseCheckpointTs } from './locks.ts';

/** Every store copies the same rising value, so that the objects written last hold the greatest (FACTS §2.5). */
const mostOpened = 4;

export interface NewestCheckpoint {
  readonly object: string;
  readonly ts: bigint;
}

/**
 * The greatest checkpoint among the objects of `v1/global_checkpoint/` that were written last: one listing and at most four
 * reads, however many stores there are. `prefix` with its slash. Undefined without any: before the first flush, and in 6.1.
 * Errors: OBJECT_DAMAGED; those of the storage.
 */
export async function newestCheckpoint(
  store: ObjectStore,
  prefix: string,
): Promise<NewestCheckpoint | undefined> {
  const found: ObjectInfo[] = [];
  for await (const info of store.list(`${prefix}${checkpointPrefix}`)) {
    if (info.key.endsWith('.ts')) found.push(info);
  }
  const last = found.sort((a, b) => b.modifiedMs - a.modifiedMs).slice(0, mostOpened);
  const read = await Promise.all(
    last.map(async ({ key }) => {
      const bytes = await store.get(key);
      return bytes === undefined ? [] : [{ object: key, ts: parseCheckpointTs(key, bytes) }];
    }),
  );
  return read
    .flat()
    .reduce<NewestCheckpoint | undefined>(
      (best, one) => (best === undefined || one.ts > best.ts ? one : best),
      undefined,
    );
}

/**
 * The cluster whose log stands in the folder; undefined when there is no log, 0n when its head does not say. One request.
 * Errors: OBJECT_DAMAGED for a head that cannot be read; those of the storage.
 */
export async function clusterOfLog(store: ObjectStore, prefix: string): Promise<bigint | undefined> {
  const object = `${prefix}${backupMetaKey}`;
  const bytes = await store.get(object);
  return bytes === undefined ? undefined : openBackupMeta(object, bytes).message.clusterId;
}
