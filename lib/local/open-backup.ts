// A backup, open for reading, from the URLs and keys that a host was given. Must not read anything of it yet.

import { type BackupKeys, parseKey } from '../br/encryption.ts';
import type { BackupSource } from '../operations/deps.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { type OpenStoreOptions, openStore } from './open-store.ts';

export interface BackupPlace extends OpenStoreOptions {
  /** The prefix that holds snapshots and log. */
  readonly storage: string | undefined;
  /** Where they are apart from it. */
  readonly snapshots: string | undefined;
  readonly log: string | undefined;
  /** Raw bytes of the keys, 16, 24 or 32 of them. */
  readonly keys: { readonly snapshot: Uint8Array | undefined; readonly log: Uint8Array | undefined };
}

/** Errors: those of openStore; INVALID_INPUT for a key of another length. */
export async function openBackup(place: BackupPlace): Promise<BackupSource> {
  const { storage, keys } = place;
  const whole = storage === undefined ? undefined : await openStore(storage, place);
  const snapshots = await openPart(place.snapshots, whole, place);
  const log = await openPart(place.log, whole, place);
  return { snapshots, log, keys: keysOf(keys) };
}

async function openPart(
  url: string | undefined,
  whole: ObjectStore | undefined,
  options: OpenStoreOptions,
): Promise<ObjectStore | undefined> {
  return url === undefined ? whole : await openStore(url, options);
}

/** Errors: INVALID_INPUT for a key of another length. */
export function keysOf({ snapshot, log }: BackupPlace['keys']): BackupKeys {
  // As hex, so that raw bytes that look like digits are not read as digits.
  const parse = (key: Uint8Array | undefined) =>
    key === undefined ? undefined : parseKey(Buffer.from(key).toString('hex'));
  return { snapshot: parse(snapshot), log: parse(log) };
}
