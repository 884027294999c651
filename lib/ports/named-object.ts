// Reading an object whose key comes out of metadata: a key that no store takes is damage of that metadata, and is said so.

import { damagedObject, PitrError } from '../domain/errors.ts';
import { checkKey } from './object-key.ts';
import type { ByteRange, ObjectStore } from './object-store.ts';

/** Throws OBJECT_DAMAGED naming `namedBy` when its key cannot be one. */
export function checkNamedKey(key: string, namedBy: string): void {
  try {
    checkKey(key);
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    throw damagedObject(namedBy, 'keys of objects', JSON.stringify(key));
  }
}

/** ObjectStore.get of a key that the object `namedBy` names. Errors: those of the store, OBJECT_DAMAGED for a bad key. */
export function getNamed(
  store: ObjectStore,
  key: string,
  namedBy: string,
  range?: ByteRange,
): Promise<Uint8Array | undefined> {
  checkNamedKey(key, namedBy);
  return store.get(key, range);
}
