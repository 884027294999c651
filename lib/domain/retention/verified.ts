// Which snapshots count as bases for the retention: the one place that says what "verified" means. Whether each object that its backupmeta
// names is there is looked at before (lib/operations/prove-snapshots.ts): one that lacks an object comes here as damaged.

import type { CatalogFacts, SnapshotFacts } from '../facts.ts';

/** A failed run of another tool has no BackupTS and would seem to reach any moment: a base has one. */
export function isVerified({ state, backupTs }: SnapshotFacts): boolean {
  return state.kind === 'complete' && backupTs > 0n;
}

/** The bucket as the retention counts it: without the snapshots that are not verified. */
export function verifiedFacts(facts: CatalogFacts): CatalogFacts {
  return { ...facts, snapshots: facts.snapshots.filter(isVerified) };
}
