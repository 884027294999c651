// A status with every field filled and one with as little as can be, and a doctor's report with each level: for the renderers.

import type { StatusView } from '../../lib/cli/operations.ts';
import type { KeeperRecord } from '../../lib/domain/state/keeper-record.ts';
import type { DoctorReport } from '../../lib/operations/cluster/check-cluster.ts';
import { firstTs, latestTs, lateTs } from './sample-views.ts';

const atMs = Date.UTC(2026, 10, 22, 4, 27);
const lagOf = (ts: bigint, lagMs: number) => ({ ts, lagMs });
const error = { storeId: 1n, code: 'KV:LogBackup:Io', message: 'no\u001b[2J space', atMs };
const pause = {
  by: 'system',
  sinceMs: atMs - 60_000,
  message: 'no space',
  host: 'vm',
  pid: 7,
  severity: 'ERROR',
} as const;

const keeper: KeeperRecord = {
  ...{ shape: 'keeper/v1', state: 'error', cluster: 'shop', sinceMs: atMs - 60_000, decidedMs: atMs },
  ...{ cause: 'quota', reason: 'no\u001b[2J space', pausedBy: 'system', progress: null, waitsForTs: null },
  ...{ aliveMs: null, isIntroduced: true, told: [], logHours: [] },
  adopted: { name: 'old', path: 'logs', atMs: atMs - 95_000, who: 'ann' },
  attempts: [
    {
      ...{ id: '20261122042610', action: 'resume', path: 'log-backup', atMs: atMs - 50_000, fromTs: firstTs },
      ...{ outcome: 'failed', endedMs: atMs - 20_000, why: 'space for the log is exhausted' },
    },
  ],
  next: { action: 'resume', atMs: atMs + 100_000, why: 'space for the log is exhausted' },
  alarms: [{ name: 'error', level: 'critical', sinceMs: atMs - 60_000, calmMs: null, sentence: 'no space' }],
  epochs: [
    {
      ...{ path: 'log-backup', startTs: firstTs, sinceMs: atMs - 90_000, endTs: lateTs },
      ...{ endedMs: atMs - 80_000, why: 'history was collected' },
    },
    {
      ...{ path: 'log-backup/epoch-20261122042540', startTs: latestTs, sinceMs: atMs - 80_000, endTs: null },
      ...{ endedMs: null, why: '' },
    },
  ],
};

export const statusReport: StatusView = {
  atMs,
  keeper,
  runs: [
    {
      ...{ work: 'snapshot', id: '20261122042600', atMs: Date.UTC(2026, 10, 22, 4, 26), state: 'running' },
      ...{ about: 'snapshot-20261122042600', progress: 0.4, failure: undefined },
    },
    {
      ...{ work: 'restore', id: '20261122042500', atMs: Date.UTC(2026, 10, 22, 4, 25), state: 'failed' },
      ...{ about: 'into 10.0.9.1\u001b[2J:2379', progress: undefined },
      failure: { code: 'TARGET_NOT_EMPTY', message: 'it has tables', hint: 'take an empty one' },
    },
  ],
  name: 'shop',
  cluster: {
    kind: 'read',
    cluster: {
      clusterId: 7_710_846_925_929_674_311n,
      members: [{ name: 'pd', clientUrls: ['http://10.0.0.1:2379'], version: '8.5.4', isLeader: true }],
      stores: [
        {
          id: 1n,
          address: '10.0.0.2:20160',
          statusAddress: '10.0.0.2:20180',
          version: '8.5.4',
          engine: 'tikv',
          state: 'Up',
        },
      ],
    },
    safePoints: {
      services: [
        { id: 'gc_worker', owner: { kind: 'gc-worker' }, ts: firstTs, expiresMs: undefined },
        {
          id: 'pitr-1-pause-guard',
          owner: { kind: 'pause-guard', task: 'pitr', storeId: 1n },
          ts: lateTs - 1n,
          expiresMs: atMs + 3_600_000,
        },
      ],
      gcSafePoint: firstTs,
      savedSafePoint: undefined,
    },
    advancers: 2,
    task: {
      name: 'pitr',
      storageUrl: 's3://bucket/prefix/log-backup',
      startTs: firstTs,
      state: { kind: 'error', stores: [error], pause },
      ownership: 'ours',
      errors: [error],
      lag: {
        checkpoint: lagOf(lateTs, 67_000),
        persisted: lagOf(lateTs, 67_000),
        advanced: lagOf(latestTs, 61_600),
        objects: lagOf(firstTs, 137_300),
        unsavedMs: 6120,
        missingMs: 69_000,
      },
      fuse: {
        kind: 'held',
        neededTs: lateTs,
        by: 'pitr-1-pause-guard',
        untilMs: atMs + 3_600_000,
        leftMs: 3_600_000,
        isRenewed: false,
      },
    },
  },
  bucket: {
    kind: 'read',
    url: 's3://bucket/prefix',
    window: { from: firstTs, to: lateTs, intervals: 2, lengthMs: 60_000 },
    newestSnapshot: { name: 'snapshot-20261122042552', backupTs: lateTs, ageMs: 68_000 },
    completeSnapshots: 3,
    otherSnapshots: 1,
  },
  notes: [
    { level: 'fail', code: 'IN_ERROR', text: 'the task stopped on an error' },
    { level: 'warn', code: 'OLD_ERRORS', text: 'something to look at' },
  ],
};

export const silentReport: StatusView = {
  runs: undefined,
  atMs,
  name: 'shop',
  cluster: { kind: 'unreachable', code: 'PD_UNREACHABLE', problem: 'no PD answered', hint: 'look' },
  bucket: { kind: 'not-asked', reason: undefined },
  notes: [],
};

export const doctorReport: DoctorReport = {
  name: 'shop',
  atMs,
  findings: [
    { check: 'pd-reachable', level: 'ok', found: 'cluster 7', expected: 'a PD that answers', hint: '' },
    { check: 'br-version', level: 'warn', found: 'none', expected: 'br 8.5.4', hint: 'set it' },
    {
      ...{ check: 'rights', about: 'writer', level: 'warn' },
      ...{ found: 'not known', expected: 'every right', hint: 'ask' },
    },
    { check: 'task-state', level: 'fail', found: 'in error: \u001b[2J', expected: 'a task', hint: 'resume' },
  ],
};
