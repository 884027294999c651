// Removing many objects where the storage has no request for many: one by one, a few at once, with the answer that
// ObjectStore.deleteMany promises. For adapters; must not retry.

import { PitrError } from '../domain/errors.ts';
import { mapBounded } from './bounded-parallel.ts';
import { checkKey } from './object-key.ts';
import type { ObjectStore, UndeletedObject } from './object-store.ts';

/** ObjectStore.deleteMany by means of `delete`, at most `parallel` at once. */
export async function deleteEach(
  store: Pick<ObjectStore, 'delete'>,
  keys: readonly string[],
  parallel: number,
): Promise<readonly UndeletedObject[]> {
  for (const key of keys) checkKey(key);
  const refused: UndeletedObject[] = [];
  const remove = async (key: string): Promise<UndeletedObject | undefined> => {
    try {
      await store.delete(key);
      return undefined;
    } catch (caught) {
      if (caught instanceof PitrError && isRefusal(caught)) return { key, error: caught };
      throw caught;
    }
  };
  for await (const one of mapBounded(keys, parallel, remove)) if (one !== undefined) refused.push(one);
  return refused;
}

function isRefusal({ code }: PitrError): boolean {
  return code === 'STORAGE_DENIED' || code === 'STORAGE_UNAVAILABLE';
}
