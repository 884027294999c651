// The looks that doctor and status share: a cluster and a bucket, where what cannot be read is a finding and no error.
// Reads the cluster before the bucket, so that a checkpoint in PD is never newer than the objects that it speaks of.

import { readCatalog } from '../../br/catalog.ts';
import type { BucketLook } from '../../domain/bucket-look.ts';
import { PitrError } from '../../domain/errors.ts';
import type { ClusterLook } from '../../domain/status/status.ts';
import { computeWindow } from '../../domain/window.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { BackupSource } from '../deps.ts';

/** Where the bucket is, if anybody said it. */
export type BucketPlace =
  | { readonly kind: 'not-told'; readonly reason: string | undefined }
  /** url: for messages, without secrets; open: errors as lib/local/open-store.ts. */
  | { readonly kind: 'told'; readonly url: string; readonly open: () => Promise<BackupSource> };

export interface LookDeps {
  readonly cluster: Cluster;
  readonly bucket: BucketPlace;
  /** Unix ms by this host's clock. */
  readonly nowMs: () => number;
}

/** Never fails with a PitrError: what a port could not read is told in the look. */
export async function lookAtCluster(cluster: Cluster): Promise<ClusterLook> {
  try {
    return { kind: 'read', ...(await cluster.observe()) };
  } catch (error) {
    if (!(error instanceof PitrError)) throw error;
    return { kind: 'unreachable', code: error.code, problem: error.message, hint: error.hint ?? '' };
  }
}

/** Never fails with a PitrError. Opens no `.meta`. */
export async function lookAtBucket(place: BucketPlace): Promise<BucketLook> {
  if (place.kind === 'not-told') return { kind: 'not-asked', reason: place.reason };
  try {
    const backup = await place.open();
    const facts = await readCatalog(backup);
    const url = backup.log?.url ?? backup.snapshots?.url ?? place.url;
    return { kind: 'read', url, facts, window: computeWindow(facts) };
  } catch (error) {
    if (!(error instanceof PitrError)) throw error;
    return {
      kind: 'failed',
      url: place.url,
      code: error.code,
      problem: error.message,
      hint: error.hint ?? 'check the URL and the rights to read it',
    };
  }
}
