// How much log one hour made, from a listing of that hour's folder: a request for every thousand objects, and few hours have more.

import type { ObjectStore } from '../ports/object-store.ts';

/** Beyond it an hour is not measured: whoever looks every minute must not list for long. */
const mostObjects = 5000;

/**
 * Bytes of the `.log` objects of the hour of UTC that begins at `hourMs`; undefined when there are too many. `prefix`: the log's
 * folder with its slash. 6.1 keeps another layout (FACTS §3.5), and has nothing there. Errors: those of the storage.
 */
export async function logBytesOfHour(
  store: ObjectStore,
  prefix: string,
  hourMs: number,
): Promise<bigint | undefined> {
  const [day = '', hour = ''] = new Date(hourMs).toISOString().replaceAll('-', '').slice(0, 11).split('T');
  let [objects, bytes] = [0, 0n];
  for await (const { key, size } of store.list(`${prefix}v1/${day}/${hour}/`)) {
    objects += 1;
    if (objects > mostObjects) return undefined;
    if (key.endsWith('.log')) bytes += BigInt(size);
  }
  return bytes;
}
