// The documents `pitr.audit-plan/v1` and `pitr.audit-apply/v1`. Field by field in docs/formats/json.md.

import type { CleanupObject } from '../../domain/audit/cleanup-plan.ts';
import { cleanupLastsMs } from '../../domain/audit/cleanup-record.ts';
import type { CleanUpReport } from '../../operations/audit/clean-up.ts';
import type { PlannedCleanup } from '../../operations/audit/plan-cleanup.ts';
import type { JsonValue } from './json.ts';

/** keysOfStep: of each step, at most. */
export function cleanupPlanJson(
  { report, planId, steps, kept }: PlannedCleanup,
  keysOfStep: number,
): { readonly [key: string]: JsonValue } {
  const all = steps.flatMap(({ objects }) => objects);
  return {
    storage: report.storage,
    at: new Date(report.atMs).toISOString(),
    planId: planId ?? null,
    usableUntil: planId === undefined ? null : new Date(report.atMs + cleanupLastsMs).toISOString(),
    objects: all.length,
    bytes: bytesOf(all),
    failed: report.findings.filter(({ level }) => level === 'fail').length,
    steps: steps.map(({ id, kind, place, store, reason, objects }) => ({
      ...{ id, kind, place, store, reason, count: objects.length, bytes: bytesOf(objects) },
      keys: objects.slice(0, keysOfStep).map(({ key }) => key),
    })),
    kept: kept.map(({ id, kind, place, count, reason, commands }) => ({
      ...{ id, kind, place, count, reason, commands },
    })),
    notes: report.notes,
  };
}

export function bytesOf(objects: readonly CleanupObject[]): bigint {
  return objects.reduce((sum, { bytes }) => sum + bytes, 0n);
}

export function cleanUpJson({ planId, storage, steps, notes }: CleanUpReport): {
  readonly [key: string]: JsonValue;
} {
  return {
    storage,
    planId,
    removed: steps.reduce((sum, { removed }) => sum + removed, 0),
    bytes: steps.reduce((sum, { bytes }) => sum + bytes, 0n),
    keptCount: steps.reduce((sum, { keptCount }) => sum + keptCount, 0),
    steps: steps.map(
      ({ id, kind, place, store, reason, planned, removed, bytes, gone, keptCount, kept }) => ({
        ...{ id, kind, place, store, reason, planned, removed, bytes, gone, keptCount },
        kept: kept.map(({ key, reason }) => ({ key, reason })),
      }),
    ),
    notes,
  };
}
