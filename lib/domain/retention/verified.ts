// Which snapshots count as bases for the retention: the one place that says what "verified" means. Complete by its backupmeta, and each
// object that this names is there.

import type { CatalogFacts, SnapshotFacts } from '../facts.ts';

/** What was found when each object that its backupmeta names was looked for. */
export type Proof =
  | { readonly kind: 'sound'; readonly objects: number }
  /** `why`: what is not there, or not as long as it was; for a person. */
  | { readonly kind: 'failed'; readonly why: string };

/** Folder → its proof. One without an entry could not be looked into, and counts by its backupmeta alone. */
export type Proofs = ReadonlyMap<string, Proof>;

/** A failed run of another tool has no BackupTS and would seem to reach any moment: a base has one. */
export function isVerified({ name, state, backupTs }: SnapshotFacts, proofs: Proofs): boolean {
  return state.kind === 'complete' && backupTs > 0n && proofs.get(name)?.kind !== 'failed';
}

/** The bucket as the retention counts it: without the snapshots that are not verified. */
export function verifiedFacts(facts: CatalogFacts, proofs: Proofs): CatalogFacts {
  return { ...facts, snapshots: facts.snapshots.filter((one) => isVerified(one, proofs)) };
}
