// `pitr snapshots`: each snapshot, whether it can serve as a base, and which moments it serves.

import { readCatalog } from '../br/catalog.ts';
import type { SnapshotFacts } from '../domain/facts.ts';
import { computeWindow, type WindowInterval } from '../domain/window.ts';
import type { ReadDeps } from './deps.ts';

export interface SnapshotReport {
  readonly snapshots: readonly (SnapshotFacts & { readonly serves: readonly WindowInterval[] })[];
}

/** Errors: those of the storage; a damaged snapshot is a state, not an error. */
export async function listSnapshots({ backup }: ReadDeps): Promise<SnapshotReport> {
  const facts = await readCatalog(backup);
  const { intervals } = computeWindow(facts);
  return {
    snapshots: facts.snapshots.map((snapshot) => ({
      ...snapshot,
      serves: intervals.filter(({ base }) => base === snapshot.name),
    })),
  };
}
