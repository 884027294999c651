// The deletion of a folder that nothing needs any more, in an order in which it never looks whole again once it was begun, and in which
// doing it again finishes what a crash interrupted. Asks nobody whether it may: who calls has asked.

import {
  backupCheckpointMetaKey,
  backupLockKey,
  backupMetaKey,
  truncateSafepointKey,
} from '../../../br/layout.ts';
import { parseSafepoint, safepointBytes } from '../../../br/locks.ts';
import type { ObjectInfo, ObjectStore, UndeletedObject } from '../../../ports/object-store.ts';
import { logContents } from '../keeper/log-objects.ts';

export interface Deletion {
  /** Objects that are gone now. */
  readonly deleted: number;
  /** Objects that the storage keeps, because they are locked or it refuses us: a state, not an error. */
  readonly left: number;
  /** Some of them. */
  readonly kept: readonly UndeletedObject[];
}

/** As many as one request of S3 takes. */
const batch = 1000;
/** How many of those that stayed are told by name. */
const named = 20;

/**
 * A snapshot: `backupmeta` first, so that what is left can never look complete; then the checkpoint, so that no br goes on with it; then
 * the rest; `backup.lock` last, because a folder without it is nothing that anybody knows. A head that the storage keeps keeps all of
 * the snapshot. Errors: those of the storage; doing it again goes on.
 */
export async function deleteSnapshot(store: ObjectStore, folder: string): Promise<Deletion> {
  const head = `${folder}/${backupMetaKey}`;
  const tally = new Tally();
  if ((await store.head(head)) !== undefined && !(await tally.remove(store, [head]))) return tally.result();
  const checkpoint = `${folder}/${backupCheckpointMetaKey}`;
  if ((await store.head(checkpoint)) !== undefined) await tally.remove(store, [checkpoint]);
  const lock = `${folder}/${backupLockKey}`;
  await removeAll(store, () => store.list(`${folder}/`), new Set([lock]), tally);
  if (tally.left === 0 && (await store.head(lock)) !== undefined) await tally.remove(store, [lock]);
  return tally.result();
}

/**
 * The log of an old epoch, whole: its safepoint first, moved to `endTs`, by which every reader counts all of it as gone, as br's own
 * truncation begins; then what it holds, and nothing of the epochs that lie in its folder; head and safepoint last. Errors: those of the storage; doing it again goes on.
 */
export async function deleteLog(store: ObjectStore, path: string, endTs: bigint): Promise<Deletion> {
  const safepoint = `${path}/${truncateSafepointKey}`;
  const head = `${path}/${backupMetaKey}`;
  const lock = `${path}/${backupLockKey}`;
  const isThere = (await store.head(head)) !== undefined || (await store.head(safepoint)) !== undefined;
  if (isThere) await raiseSafepoint(store, safepoint, endTs);
  const tally = new Tally();
  await removeAll(store, () => logContents(store, path), new Set(), tally);
  if (tally.left > 0) return tally.result();
  for (const key of [lock, head, safepoint]) {
    if ((await store.head(key)) !== undefined) await tally.remove(store, [key]);
  }
  return tally.result();
}

async function raiseSafepoint(store: ObjectStore, key: string, endTs: bigint): Promise<void> {
  const bytes = await store.get(key);
  if (bytes === undefined || parseSafepoint(key, bytes) < endTs) await store.put(key, safepointBytes(endTs));
}

async function removeAll(
  store: ObjectStore,
  list: () => AsyncIterable<ObjectInfo>,
  except: ReadonlySet<string>,
  tally: Tally,
): Promise<void> {
  let keys: string[] = [];
  for await (const { key } of list()) {
    if (except.has(key)) continue;
    keys.push(key);
    if (keys.length < batch) continue;
    await tally.remove(store, keys);
    keys = [];
  }
  await tally.remove(store, keys);
}

class Tally {
  deleted = 0;
  left = 0;
  readonly #kept: UndeletedObject[] = [];

  /** Whether all of them are gone. */
  async remove(store: ObjectStore, keys: readonly string[]): Promise<boolean> {
    if (keys.length === 0) return true;
    const undeleted = await store.deleteMany(keys);
    this.deleted += keys.length - undeleted.length;
    this.left += undeleted.length;
    this.#kept.push(...undeleted.slice(0, named - this.#kept.length));
    return undeleted.length === 0;
  }

  result(): Deletion {
    return { deleted: this.deleted, left: this.left, kept: this.#kept };
  }
}
