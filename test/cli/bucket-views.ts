// Reports of an audit and of a cost, made so that every kind of line appears once.

import type { AuditReport } from '../../lib/operations/audit/audit-bucket.ts';
import type { CleanUpReport } from '../../lib/operations/audit/clean-up.ts';
import type { PlannedCleanup } from '../../lib/operations/audit/plan-cleanup.ts';
import type { CostView } from '../../lib/operations/cost-bucket.ts';
import { firstTs } from './sample-views.ts';

export const auditReport: AuditReport = {
  storage: ['file:///backups/shop'],
  atMs: Date.UTC(2026, 10, 22, 12),
  objects: 1234,
  bytes: 5_000_000_000n,
  findings: [
    {
      ...{ id: 'missing-log-data:log-backup/v1/20261121', kind: 'missing-log-data', level: 'fail' },
      ...{ place: 'log-backup/v1/20261121', what: 'changes are gone', advice: 'bring them back' },
      proof: { proven: true, text: 'asked for by name' },
      ...{
        count: 5,
        bytes: 0n,
        keys: ['a.log', 'b.log', 'c.log', 'd.log'],
        namedBy: ['v1/backupmeta/x.meta'],
      },
    },
    {
      ...{ id: 'lock:log-backup/truncating.lock', kind: 'lock', level: 'warn' },
      ...{ place: 'log-backup/truncating.lock', what: 'a lock', advice: 'look whether it runs' },
      proof: { proven: false, text: 'not proven' },
      ...{ count: 1, bytes: 400n, keys: ['log-backup/truncating.lock'], namedBy: [] },
    },
    {
      ...{ id: 'epochs:logs', kind: 'epochs', level: 'info', place: 'logs', what: '2 logs', advice: '' },
      ...{
        proof: { proven: true, text: 'each has a task' },
        count: 2,
        bytes: undefined,
        keys: [],
        namedBy: [],
      },
    },
  ],
  notes: ['no cluster was given: PD was not looked at'],
  ...{ read: 20, parts: 1 },
};

const step = {
  ...{ id: 'expired-log-data:log-backup/v1/20261121', kind: 'expired-log-data' as const },
  ...{ place: 'log-backup/v1/20261121', store: 'file:///backups/shop', reason: 'no meta names them' },
};

export const plannedCleanup: PlannedCleanup = {
  report: auditReport,
  planId: '20261122120000-audit',
  steps: [
    {
      ...step,
      objects: ['a', 'b', 'c', 'd'].map((name) => ({ key: `${name}.log`, bytes: 100n, writtenMs: 0 })),
    },
  ],
  kept: [
    {
      ...{ id: 'safe-point:x', kind: 'safe-point', place: 'x', count: 1, reason: 'it goes by itself' },
      commands: ['pd-ctl -u http://10.0.0.1:2379 service-gc-safepoint delete x'],
    },
  ],
};

export const cleanUpReport: CleanUpReport = {
  planId: '20261122120000-audit',
  storage: ['file:///backups/shop'],
  steps: [
    {
      ...step,
      ...{ planned: 4, removed: 2, bytes: 200n, gone: 1, keptCount: 1 },
      kept: [{ key: 'd.log', reason: 'it is locked' }],
    },
  ],
  notes: ['no cluster was given: PD was not looked at'],
};

const priced = (objects: number, bytes: bigint, nanos: bigint) => ({ objects, bytes, nanos });

export const costView: CostView = {
  storage: ['s3://backups/shop'],
  total: priced(40, 107_374_182_400n, 2_300_000_000n),
  snapshots: [
    { name: 'snapshot-20261122042442', backupTs: firstTs, ...priced(10, 53_687_091_200n, 1_150_000_000n) },
    { name: 'snapshot-20261122050000', backupTs: undefined, ...priced(3, 400n, 9n) },
  ],
  days: [{ day: '2026-11-22', ...priced(20, 53_687_090_000n, 1_149_999_000n) }],
  months: [
    {
      month: '2026-11',
      ...{ logBytes: 53_687_090_000n, snapshotBytes: 53_687_091_200n },
      ...priced(30, 107_374_181_200n, 2_299_999_000n),
    },
  ],
  logRest: priced(5, 500n, 11n),
  other: priced(2, 300n, 6n),
  classes: [
    { name: 'STANDARD', price: { nanosPerGb: 23_000_000n }, ...priced(39, 107_374_182_000n, 2_299_999_990n) },
    { name: '', price: { nanosPerGb: 23_000_000n }, ...priced(1, 400n, 10n) },
  ],
  growth: {
    logBytesPerDay: 1_073_741_824n,
    snapshotBytes: 53_687_091_200n,
    snapshotEveryMs: 86_400_000,
    bytesPerDay: 54_760_833_024n,
  },
  windows: [
    {
      ...{ windowMs: 7 * 86_400_000, keptBytes: 107_374_182_400n, keptNanos: 2_300_000_000n },
      ...{ fullBytes: 491_773_755_392n, fullNanos: 10_534_000_000n },
    },
    { ...{ windowMs: 3_600_000, keptBytes: 1n, keptNanos: 1n }, fullBytes: undefined, fullNanos: undefined },
  ],
};
