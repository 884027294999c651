// The SSTs of a chain of snapshots in the engine's form.

import { snapshotFiles } from '../../br/snapshot-contents.ts';
import type { SnapshotFile } from '../../engine/shards.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { OpenLayer } from './open-moment.ts';

/** Files of all layers, each with the number of its layer. Errors: those of snapshotFiles. */
export async function layerFiles(store: ObjectStore, layers: readonly OpenLayer[]): Promise<SnapshotFile[]> {
  const files: SnapshotFile[] = [];
  for (const [layer, { header }] of layers.entries()) {
    for await (const { name, cf, startKey, endKey, size, totalKvs, sha256, cipherIv } of snapshotFiles(
      store,
      header,
    ))
      files.push({ layer, name, cf, startKey, endKey, size, totalKvs: Number(totalKvs), sha256, cipherIv });
  }
  return files;
}
