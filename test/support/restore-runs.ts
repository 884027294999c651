// Records of restores for tests: one a minute.

import type { RestoreRun } from '../../lib/domain/state/restore-run.ts';

const firstMs = Date.UTC(2026, 10, 22, 12);

/** The restore of so many minutes after noon. */
export function restoreIn(minutes: number): RestoreRun {
  const requestedMs = firstMs + minutes * 60_000;
  const id = new Date(requestedMs).toISOString().slice(0, 19).replace(/\D/g, '');
  return {
    ...{ shape: 'restore/v1', cluster: 'shop', id, requestedMs, requestedBy: 'ann' },
    ...{ restoreTs: 470632761065996290n, targetPd: [], tables: [], planId: `${id}-plan`, base: 'b' },
    ...{ state: 'planned', plannedMs: requestedMs },
  };
}
