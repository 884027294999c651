// Records of state for tests: whole, valid, and changed where a test needs it.

import type { AuditEntry } from '../../lib/domain/state/audit-entry.ts';
import type { KeeperRecord } from '../../lib/domain/state/keeper-record.ts';
import { runId } from '../../lib/domain/state/run-identity.ts';
import type { WaitingSignal } from '../../lib/domain/state/signal.ts';
import type { SnapshotRun } from '../../lib/domain/state/snapshot-run.ts';

export const noon = Date.UTC(2026, 10, 22, 12);

export function plannedSnapshot(dueMs = noon, cluster = 'shop'): Extract<SnapshotRun, { state: 'planned' }> {
  const id = runId(dueMs);
  return {
    shape: 'snapshot/v1',
    state: 'planned',
    cluster,
    id,
    dueMs,
    trigger: 'schedule',
    folder: `snapshot-${id}`,
    plannedMs: dueMs,
  };
}

export function runningSnapshot(dueMs = noon, cluster = 'shop'): Extract<SnapshotRun, { state: 'running' }> {
  const { plannedMs, ...rest } = plannedSnapshot(dueMs, cluster);
  return {
    ...rest,
    state: 'running',
    startedMs: plannedMs + 5,
    attempt: 1,
    runner: { kind: 'local', ref: 'process 4711' },
    heartbeatMs: plannedMs + 5,
    progress: null,
  };
}

export function completeSnapshot(
  dueMs = noon,
  cluster = 'shop',
): Extract<SnapshotRun, { state: 'complete' }> {
  const { plannedMs, ...rest } = plannedSnapshot(dueMs, cluster);
  return {
    ...rest,
    state: 'complete',
    backupTs: 18_446_744_073_709_551_615n,
    endedMs: plannedMs + 60_000,
    bytes: 9_007_199_254_740_993n,
  };
}

export function auditOf(id: string, atMs = noon, cluster = 'shop', what = 'planned a snapshot'): AuditEntry {
  return {
    shape: 'audit/v1',
    cluster,
    id,
    atMs,
    who: 'schedule',
    what,
    why: 'it was due',
    facts: { dueMs: atMs, list: [1, 'two', null, { three: true }] },
  };
}

export function signalOf(id: string, atMs = noon, cluster = 'shop'): WaitingSignal {
  return {
    shape: 'signal/v1',
    state: 'waiting',
    cluster,
    id,
    atMs,
    topic: 'snapshot-planned',
    facts: { id },
  };
}

/** Of a log that runs in its first folder since noon. */
export function keeperRecord(more: Partial<KeeperRecord> = {}): KeeperRecord {
  return {
    shape: 'keeper/v1',
    state: 'healthy',
    cluster: 'shop',
    sinceMs: noon,
    decidedMs: noon,
    cause: 'none',
    reason: '',
    pausedBy: 'nobody',
    progress: null,
    waitsForTs: null,
    aliveMs: noon,
    isIntroduced: true,
    attempts: [],
    epochs: [{ path: 'log-backup', startTs: 1n, sinceMs: noon, endTs: null, endedMs: null, why: '' }],
    told: [],
    alarms: [],
    logHours: [],
    next: null,
    adopted: null,
    ...more,
  };
}
