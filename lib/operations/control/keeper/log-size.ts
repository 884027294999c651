// How many bytes of a log lie in a range of time, from the names of its folders and the sizes that a listing tells: for an
// estimate only. Which objects a restore really reads only their metas tell (FACTS §3.5).

import { msOfTs } from '../../../domain/ts.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';

/** Some two hundred pages of a listing: seconds. Beyond it the size is not known. */
const mostObjects = 200_000;
const hourMs = 3_600_000;

/**
 * Bytes of the `.log` objects whose newest event lies in the hours of (afterTs, toTs]; undefined when there are too many to be
 * counted, or none in a layout that tells its hours. `logPath`: the log's folder. Errors: those of the storage.
 */
export async function logBytesBetween(
  store: ObjectStore,
  logPath: string,
  { afterTs, toTs }: { readonly afterTs: bigint; readonly toTs: bigint },
): Promise<bigint | undefined> {
  const root = `${logPath === '' ? '' : `${logPath.replace(/\/$/, '')}/`}v1/`;
  const [from, to] = [hourOf(msOfTs(afterTs)), hourOf(msOfTs(toTs) + hourMs)];
  const days = (await store.listFolders(root)).filter((folder) => {
    const day = /(\d{8})\/$/.exec(folder)?.[1];
    return day !== undefined && day >= from.slice(0, 8) && day <= to.slice(0, 8);
  });
  let [objects, bytes] = [0, 0n];
  for (const day of days) {
    for await (const { key, size } of store.list(day)) {
      const [, date, hour] = /(\d{8})\/(\d{2})\/[^/]+\/.*\.log$/.exec(key) ?? [];
      if (date === undefined || hour === undefined || `${date}${hour}` < from || `${date}${hour}` > to)
        continue;
      objects += 1;
      bytes += BigInt(size);
      if (objects > mostObjects) return undefined;
    }
  }
  return objects === 0 ? undefined : bytes;
}

/** `2026112204`, UTC. */
function hourOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\D/g, '').slice(0, 10);
}
