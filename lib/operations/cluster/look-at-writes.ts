// The doctor's look at what TiKV wrote of late into the log's folder: its checkpoint objects, and the newest data object. Two or
// three listings of small folders; opens no object.

import { checkpointPrefix } from '../../br/layout.ts';
import { logDataMeaning } from '../../br/layout-log-data.ts';
import type { LogWrites, StoreWrite } from '../../domain/doctor/doctor-writes.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/** Some pages of a listing: a store writes a few objects a minute. */
const mostObjects = 20_000;

/** `logPath`: the log's folder, below the store. Errors: those of the storage. */
export async function lookAtWrites(store: ObjectStore, logPath: string): Promise<LogWrites> {
  const root = logPath === '' ? '' : `${logPath.replace(/\/+$/, '')}/`;
  const checkpoints: StoreWrite[] = [];
  for await (const { key, modifiedMs } of store.list(`${root}${checkpointPrefix}`)) {
    const id = /^(\d{1,20})\.ts$/.exec(key.slice(root.length + checkpointPrefix.length))?.[1];
    if (id !== undefined) checkpoints.push({ storeId: BigInt(id), atMs: modifiedMs });
  }
  return { checkpoints, newestLog: await newestLog(store, root) };
}

/** In the folder of the newest hour: of 6.2 and later. */
async function newestLog(store: ObjectStore, root: string): Promise<StoreWrite | undefined> {
  const day = newestFolder(await store.listFolders(`${root}v1/`), /\/\d{8}\/$/);
  const hour = day === undefined ? undefined : newestFolder(await store.listFolders(day), /\/\d{2}\/$/);
  if (hour === undefined) return undefined;
  let newest: StoreWrite | undefined;
  let objects = 0;
  for await (const { key, modifiedMs } of store.list(hour)) {
    objects += 1;
    if (objects > mostObjects) break;
    const meaning = logDataMeaning(key.slice(root.length));
    if (meaning === undefined || meaning.layout === '6.1') continue;
    if (newest === undefined || modifiedMs > newest.atMs)
      newest = { storeId: meaning.storeId, atMs: modifiedMs };
  }
  return newest;
}

/** Names of days and hours are sorted as their times. */
function newestFolder(folders: readonly string[], form: RegExp): string | undefined {
  return folders.filter((folder) => form.test(folder)).at(-1);
}
