// A cleanup in a test: a bucket with something of every kind that an audit knows, plans in memory, and who takes the locks.

import { readFileSync } from 'node:fs';
import { logMetaObject } from '../../lib/br/backup-writer.ts';
import type { CleanupRecord } from '../../lib/domain/audit/cleanup-record.ts';
import type { AuditDeps, AuditOptions } from '../../lib/operations/audit/audit-bucket.ts';
import type { KnownRuns } from '../../lib/operations/audit/audit-runs.ts';
import { type CleanUpDeps, type CleanUpReport, cleanUp } from '../../lib/operations/audit/clean-up.ts';
import { type PlannedCleanup, planCleanupOf } from '../../lib/operations/audit/plan-cleanup.ts';
import type { CleanupPlans } from '../../lib/ports/cleanup-plans.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import { auditNowMs } from './audit-stage.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';
import { recordedCopy, shopBucket } from './recorded-store.ts';

/** Where the log of the shop begins. */
export const logBeginTs = 470632753594630146n;
const snapshot = 'snapshot-20261122042442';
const uuid = '201c0b0b-e1c4-4b67-8355-a6ee0aa6adda';
const hash = '0'.repeat(64);

const idleMeta = (flushTs: bigint) =>
  logMetaObject({ storeId: 7n, resolvedTs: flushTs - 1n, groups: [] }, { format: 'flagged', flushTs });

/** What may go, by its kind. */
export const removable = {
  lock: 'log-backup/truncating.lock',
  'permission-check': `perm-check/${uuid}`,
  'finished-checkpoint': `${snapshot}/checkpoints/backup/checkpoint.meta`,
  'unnamed-snapshot-object': `${snapshot}/1/999_9_${hash}_1795321486729_write.sst`,
  'expired-log-data': `log-backup/v1/20261121/03/1/470600000000000000-${uuid}.log`,
  'empty-metas': `log-backup/${idleMeta(logBeginTs - 5n).key}`,
} as const;

/** What must stay, whatever happens. */
export const untouchable = {
  'unknown-object': 'notes/readme.txt',
  'unnamed-log-data': `log-backup/v1/20261122/04/1/470632756047773698-${uuid.replace('2', '3')}.log`,
  'empty-metas': `log-backup/${idleMeta(logBeginTs + 5n).key}`,
  'restore-checkpoint': 'log-backup/checkpoints/restore-x/checkpoint.meta',
} as const;

/** The bucket of the shop, and one object more of each kind. */
export async function bucketToClean(): Promise<MemoryObjectStore> {
  const store = await recordedCopy(shopBucket);
  const fault = new URL('../fixtures/faults/truncate-1-left-objects/log/truncating.lock', import.meta.url);
  for (const [kind, key] of [...Object.entries(removable), ...Object.entries(untouchable)]) {
    const idle = key === removable['empty-metas'] ? idleMeta(logBeginTs - 5n) : idleMeta(logBeginTs + 5n);
    if (kind === 'lock') await store.put(key, readFileSync(fault));
    else await store.put(key, kind === 'empty-metas' ? idle.bytes : new Uint8Array(3));
  }
  return store;
}

/** The run that took the recorded lock is over. */
export const deadRun: KnownRuns = {
  runs: [
    {
      ...{ id: '20261122051700-truncation-1', ownerId: 'dc72202d-48f3-4736-8bb8-c9f5d5693a59' },
      ...{ host: 'vm', pid: '9701', end: 'signal SIGKILL' },
    },
  ],
  folders: new Map(),
};

export class MemoryPlans implements CleanupPlans {
  readonly kept = new Map<string, CleanupRecord>();

  async read(id: string): Promise<CleanupRecord | undefined> {
    return this.kept.get(id);
  }

  async write(record: CleanupRecord): Promise<void> {
    this.kept.set(record.id, record);
  }
}

export const firstOwner = '0b4c9a56-0f0e-4f6e-9d0a-1f2e3d4c5b6a';
const options: AuditOptions = { nameBytes: 1 << 20, keysOfFinding: 1000, parallel: 1 };

function auditDeps(store: ObjectStore): AuditDeps {
  return {
    backup: { snapshots: store, log: store, keys: { snapshot: undefined, log: undefined } },
    ...{ uploads: new Map(), runs: deadRun, look: undefined, nowMs: auditNowMs },
    ...{ signal: new AbortController().signal, progress: () => {} },
  };
}

export function planned(
  store: ObjectStore,
  plans: CleanupPlans,
  parts: Partial<AuditDeps> = {},
): Promise<PlannedCleanup> {
  return planCleanupOf({ ...auditDeps(store), plans, pd: ['http://10.0.0.1:2379'], ...parts }, options);
}

export function applied(
  store: ObjectStore,
  plans: CleanupPlans,
  planId: string,
  parts: Partial<CleanUpDeps> = {},
): Promise<CleanUpReport> {
  const detail = 'a cleanup of the tests';
  const holder = { ownerId: firstOwner, host: 'machine', pid: 4711, startedMs: auditNowMs, detail };
  const own = { plans, holder, deadOwners: [], clockMs: () => auditNowMs };
  return cleanUp({ ...auditDeps(store), ...own, ...parts }, planId, options);
}
