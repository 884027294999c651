// The newest restores of a cluster, as consoles of flows give them. Reads one page of the state.

import type { RestoreRun } from '../domain/state/restore-run.ts';
import type { TaskStore } from './task-store.ts';

/** Enough to find one that was begun a moment ago. */
const newest = 20;

/** Errors: those of the store. */
export async function newestRestores(
  store: TaskStore,
  cluster: string,
  nowMs: number,
): Promise<readonly RestoreRun[]> {
  const page = await store.list('restore', cluster, { nowMs, newestFirst: true, limit: newest });
  return page.entries.map(({ record }) => record);
}
