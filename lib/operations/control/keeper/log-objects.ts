// The objects of one log and of no other: the logs of later epochs lie in folders inside that of the first one.

import { logOwnFolders } from '../../../br/catalog.ts';
import { backupLockKey, backupMetaKey, truncateSafepointKey, truncatingLockKey } from '../../../br/layout.ts';
import type { ObjectInfo, ObjectStore } from '../../../ports/object-store.ts';

const ownKeys = [backupLockKey, backupMetaKey, truncateSafepointKey, truncatingLockKey];

/** What is below the log's own folders, then what lies beside them. Errors: those of the storage. */
export async function* logObjects(store: ObjectStore, path: string): AsyncGenerator<ObjectInfo> {
  yield* logContents(store, path);
  for (const key of ownKeys) {
    for await (const found of store.list(`${path}/${key}`)) {
      if (!found.key.slice(path.length + 1).includes('/')) yield found;
    }
  }
}

/** All of it but head, lock and safepoint. Errors: those of the storage. */
export async function* logContents(store: ObjectStore, path: string): AsyncGenerator<ObjectInfo> {
  for (const folder of await store.listFolders(`${path}/`)) {
    if (logOwnFolders.has(folder.slice(path.length + 1))) yield* store.list(folder);
  }
  for await (const found of store.list(`${path}/${truncatingLockKey}.`)) yield found;
}
