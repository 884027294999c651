// The document `pitr.truncate/v1`. Field by field in docs/formats/json.md.

import { instantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { TruncateView } from './truncate-view.ts';

export function truncateJson(view: TruncateView): { readonly [key: string]: JsonValue } {
  return {
    storage: view.storage,
    log: view.log,
    dryRun: view.dryRun,
    until: instantJson(view.untilTs),
    neededFrom: instantJson(view.shiftTs),
    movesSafepoint: view.movesSafepoint,
    metas: view.metas,
    objects: view.objects,
    bytes: BigInt(view.bytes),
    metasDeleted: view.metasDeleted,
    metasRewritten: view.metasRewritten,
    blocklists: view.blocklists,
    changes: view.changes.map(({ key, action, kind, bytes, reason }) => ({
      key,
      action,
      kind,
      bytes: BigInt(bytes),
      reason,
    })),
    undeletedCount: view.undeletedCount,
    undeleted: view.undeleted.map(({ key, reason }) => ({ key, reason })),
    locks: view.locks,
    removedLocks: view.removedLocks,
    notes: view.notes,
  };
}
