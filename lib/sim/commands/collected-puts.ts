// What a writer puts into a store, kept in order instead of being stored: so that the puts can be made one by one later.

import { PitrError } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

export interface Put {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** Runs the writer against a store that takes puts and nothing else. */
export async function collectedPuts(write: (store: ObjectStore) => Promise<void>): Promise<readonly Put[]> {
  const puts: Put[] = [];
  const refuse = () => {
    throw new PitrError('INTERNAL', 'a writer whose puts are collected may only put');
  };
  await write({
    url: 'sim://collected',
    list: refuse,
    listFolders: refuse,
    head: refuse,
    get: refuse,
    delete: refuse,
    deleteMany: refuse,
    put: async (key, bytes) => void puts.push({ key, bytes }),
  });
  return puts;
}
