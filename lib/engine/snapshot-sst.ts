// Opens one SST of a snapshot: read-ahead, the key where it is encrypted, and the sha256 that the metadata promises.

import { type CipherKey, decryptAt, missingKey } from '../br/encryption.ts';
import { SstReader } from '../br/sst/sst-reader.ts';
import { openObjectSource } from '../br/sst/sst-source.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { LayerSource } from './engine-job.ts';
import type { SnapshotFile } from './shards.ts';

export interface SnapshotSstOptions {
  readonly key: CipherKey | undefined;
  /** Bytes of one read. */
  readonly chunkBytes: number;
}

/** Errors: OBJECT_MISSING, OBJECT_DAMAGED, KEY_MISSING, KEY_WRONG, UNSUPPORTED, all naming the object. */
export async function openSnapshotSst(
  store: ObjectStore,
  layer: LayerSource,
  file: SnapshotFile,
  { key, chunkBytes }: SnapshotSstOptions,
): Promise<SstReader> {
  const object = `${layer.prefix}${file.name}`;
  if (layer.encrypted && key === undefined) throw missingKey(object, 'snapshot');
  const decrypt =
    layer.encrypted && key !== undefined
      ? (offset: number, bytes: Uint8Array) => decryptAt(key, file.cipherIv, offset, bytes)
      : undefined;
  const source = await openObjectSource(store, object, {
    size: file.size,
    chunkBytes,
    decrypt,
    namedBy: `${layer.prefix}backupmeta`,
  });
  return SstReader.open(source, { sha256: file.sha256 });
}
