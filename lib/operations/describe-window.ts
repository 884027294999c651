// `pitr window`: which moments can be brought back, from the bucket alone, and why not the others.

import { readCatalog } from '../br/catalog.ts';
import type { CatalogFacts } from '../domain/facts.ts';
import { computeWindow, type Window } from '../domain/window.ts';
import type { ReadDeps } from './deps.ts';

export interface WindowReport {
  readonly window: Window;
  readonly facts: CatalogFacts;
}

/** Reads the catalog and decides; opens no `.meta`. Errors: those of the storage. */
export async function describeWindow({ backup }: ReadDeps): Promise<WindowReport> {
  const facts = await readCatalog(backup);
  return { facts, window: computeWindow(facts) };
}
