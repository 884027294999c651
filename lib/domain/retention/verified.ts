// Which snapshots count as bases for the retention: the one place that says what "verified" means. Today: complete by its backupmeta,
// and not disproven. A proof that was made of a snapshot comes in here, and nowhere else.

import type { CatalogFacts, SnapshotFacts } from '../facts.ts';

/** Folder → what the last proof of it found. One without an entry was never proven, and counts by its backupmeta alone. */
export type Proofs = ReadonlyMap<string, 'sound' | 'failed'>;

/** A failed run of another tool has no BackupTS and would seem to reach any moment: a base has one. */
export function isVerified({ name, state, backupTs }: SnapshotFacts, proofs: Proofs): boolean {
  return state.kind === 'complete' && backupTs > 0n && proofs.get(name) !== 'failed';
}

/** The bucket as the retention counts it: without the snapshots that are not verified. */
export function verifiedFacts(facts: CatalogFacts, proofs: Proofs): CatalogFacts {
  return { ...facts, snapshots: facts.snapshots.filter((one) => isVerified(one, proofs)) };
}
