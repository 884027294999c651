// Reports of the control plane with every field filled, for renderers and documents.

import type { CallReport, LocalUpLine, LocalUpView } from '../../lib/cli/control-operations.ts';
import type { TruncateView } from '../../lib/cli/render/truncate-view.ts';
import type { RestoreClusterReport } from '../../lib/operations/restore-cluster.ts';
import { firstTs, latestTs } from './sample-views.ts';

const begun = {
  cluster: 'shop',
  execution: '20261122120000-x4f1-restore',
  place: 'this machine, state in /srv/.pitr',
} as const;

type ReportIn<S extends RestoreClusterReport['state']> = Extract<RestoreClusterReport, { readonly state: S }>;

export const startedReport: ReportIn<'started'> = { ...begun, state: 'started' };

export const plannedReport: ReportIn<'planned'> = {
  ...begun,
  state: 'planned',
  plan: {
    restoreTs: latestTs,
    asked: 'latest',
    chain: ['snapshot-20261122042442', 'snapshot-20261122042455'],
    backupTs: firstTs,
    log: { path: 'log-backup', afterTs: firstTs, toTs: latestTs, seconds: 76 },
    targetPd: ['10.0.9.1:2379', '10.0.9.2:2379'],
    tables: ['shop.*', '!shop.tmp_*'],
    snapshotBytes: 573_440n,
    logBytes: undefined,
    estimate: { seconds: undefined, sentence: 'how long it takes is not known: the size of the log is not' },
    argv: ['br', 'restore', 'point', '--pd=10.0.9.1:2379', '--filter=!shop.tmp_*'],
    steps: ['look at the target\u001b[2J', 'br restore point'],
    notes: ['take a snapshot afterwards'],
  },
};

export const restoredReport: ReportIn<'restored'> = {
  ...begun,
  state: 'restored',
  story: 'every table is as it was',
  run: {
    ...{ shape: 'restore/v1', cluster: 'shop', id: '20261122120001-x', requestedMs: 0, requestedBy: 'ann' },
    ...{ restoreTs: latestTs, targetPd: ['10.0.9.1:2379'], tables: [], planId: 'p' },
    ...{ base: 'snapshot-20261122042442', state: 'done', startedMs: 1_000, endedMs: 731_000 },
    proof: 'every table is as it was',
  },
};

export const callReport: CallReport = {
  ...{ cluster: 'shop', operation: 'truncate-log', dryRun: true, place: 'this machine, state in /srv/.pitr' },
  answer: { decision: 'planned', untilTs: `${firstTs}`, base: '', reasons: ['one\u0007', 'two'] },
  notes: ['no pitr local up has /srv/.pitr'],
};

/** Of a dry run and of a cut at once. */
export const truncateView: TruncateView = {
  storage: 'file:///backups/shop',
  log: 'log-backup',
  dryRun: true,
  untilTs: latestTs,
  shiftTs: firstTs,
  movesSafepoint: true,
  ...{ metas: 6, objects: 5, bytes: 4032, metasDeleted: 3, metasRewritten: 1, blocklists: 1 },
  changes: [
    { key: 'log-backup/v1/a.log', action: 'delete', kind: 'data', bytes: 12, reason: 'it is\u0007 old' },
    {
      key: 'log-backup/v1_stream_trancate_safepoint.txt',
      action: 'write',
      kind: 'safepoint',
      bytes: 0,
      reason: 'r',
    },
  ],
  undeletedCount: 41,
  undeleted: [{ key: 'log-backup/v1/b.log', reason: 'it is locked' }],
  locks: ['log-backup/truncating.lock'],
  removedLocks: ['log-backup/v1/LOCK.WRIT'],
  notes: ['the safepoint stays there'],
};

export const upView: LocalUpView = {
  folder: '/srv/.pitr',
  clusters: [
    {
      name: 'shop',
      bucket: 'file:///backup/shop',
      schedules: [
        { name: 'take-snapshot', schedule: 'rate(12 hours)', zone: 'UTC', nextMs: undefined },
        {
          name: 'truncate-log',
          schedule: 'every day at 01:00',
          zone: 'UTC',
          nextMs: Date.UTC(2026, 10, 23, 1),
        },
      ],
    },
  ],
};

export const upLine: LocalUpLine = {
  atMs: Date.UTC(2026, 10, 22, 12),
  kind: 'trouble',
  cluster: 'shop',
  text: '2026-11-22 12:00:00 shop observe: PD_UNREACHABLE: no\u001b[2J PD',
  event: { kind: 'trouble', cluster: 'shop', code: 'PD_UNREACHABLE' },
};
