// The recorded backups as stores, and their tables as sources: what tests of bytes read.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readBackupMeta } from '../../lib/br/backupmeta.ts';
import { type CipherKey, decryptAt, parseKey } from '../../lib/br/encryption.ts';
import { type SnapshotFile, snapshotFiles } from '../../lib/br/snapshot-contents.ts';
import { openObjectSource, type SstSource } from '../../lib/br/sst/sst-source.ts';
import { openFileObjectStore } from '../../lib/local/file-object-store.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';

export const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

const history = JSON.parse(readFileSync(`${fixtures}variants/history.json`, 'utf8')) as {
  readonly key: string;
  readonly log_key: string;
};
const shortKey = parseKey(history.key);
export const logKey = parseKey(history.log_key);

export const recordedSnapshots: readonly string[] = [
  'shop/bucket/backup-data/snapshot-20261122042442/',
  'shop/bucket/backup-data/snapshot-20261122042455/',
  'shop/bucket/backup-data/snapshot-20261122042552/',
  ...['v1', 'lz4', 'snappy', 'stats', 'aes128', 'aes256', 'incremental', 'base'].map(
    (name) => `variants/storage/snapshot-${name}/`,
  ),
];

/** The key of a recorded snapshot; aes256 was made with the longer one of the two. */
export function keyOfSnapshot(prefix: string): CipherKey | undefined {
  if (prefix.includes('aes128')) return shortKey;
  return prefix.includes('aes256') ? logKey : undefined;
}

export function openFixtures(): Promise<ObjectStore> {
  return openFileObjectStore(fixtures);
}

export interface RecordedTable {
  readonly prefix: string;
  readonly file: SnapshotFile;
  open(options?: { readonly chunkBytes?: number; readonly key?: CipherKey }): Promise<SstSource>;
}

export async function* recordedTables(store: ObjectStore, prefix: string): AsyncGenerator<RecordedTable> {
  const snapshotKey = keyOfSnapshot(prefix);
  const header = await readBackupMeta(store, prefix, snapshotKey);
  for await (const file of snapshotFiles(store, header)) {
    yield {
      prefix,
      file,
      open: ({ chunkBytes, key = snapshotKey } = {}) =>
        openObjectSource(store, prefix + file.name, {
          size: file.size,
          namedBy: header.object,
          ...(chunkBytes === undefined ? {} : { chunkBytes }),
          decrypt: key && ((offset, bytes) => decryptAt(key, file.cipherIv, offset, bytes)),
        }),
    };
  }
}
