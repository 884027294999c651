// Small hand-made reports, one of each, for the renderers' tests. The numbers are of the recorded day, the rest is
// made so that every kind of line appears once.

import type {
  InspectView,
  QueryView,
  RestoreView,
  SnapshotView,
  TablesView,
  WindowView,
} from '../../lib/cli/render/report-views.ts';

export const firstTs = 470632754705858561n;
export const secondTs = 470632758086991873n;
export const lateTs = 470632773000986629n;
export const latestTs = 470632774605733889n;

const complete: SnapshotView = {
  name: 'snapshot-20261122042442',
  state: 'complete',
  stateReason: undefined,
  resumable: undefined,
  backupTs: firstTs,
  incrementalFrom: undefined,
  sizeBytes: 1_234_567n,
  encrypted: false,
  clusterId: 7n,
  clusterVersion: 'v9.0.0',
  brVersion: 'v9.0.1',
  serves: [{ from: firstTs, to: firstTs }],
};

export const snapshots: readonly SnapshotView[] = [
  complete,
  {
    ...complete,
    name: 'snapshot-20261122042455',
    backupTs: secondTs,
    incrementalFrom: firstTs,
    encrypted: true,
    serves: [{ from: secondTs, to: latestTs }],
  },
  {
    ...complete,
    name: 'snapshot-20261122042552',
    state: 'unfinished',
    stateReason: 'snapshot-20261122042552 is unfinished: it has no backupmeta, which br writes last',
    resumable: true,
    backupTs: lateTs,
    sizeBytes: undefined,
    clusterId: undefined,
    clusterVersion: '',
    brVersion: '',
    serves: [],
  },
];

export const windowView: WindowView = {
  storage: ['file:///backups/shop'],
  latest: latestTs,
  intervals: [
    {
      from: firstTs,
      to: firstTs,
      bases: ['snapshot-20261122042442'],
      startsBecause: { code: 'BASE', text: 'BackupTS of snapshot-20261122042442' },
      endsBecause: { code: 'LOG_TRUNCATED', text: 'the log begins later' },
    },
    {
      from: secondTs,
      to: latestTs,
      bases: ['snapshot-20261122042455'],
      startsBecause: { code: 'BASE', text: 'BackupTS of snapshot-20261122042455' },
      endsBecause: { code: 'CHECKPOINT', text: 'checkpoint of the log log-backup' },
    },
  ],
  holes: [
    {
      from: undefined,
      to: firstTs - 1n,
      reason: { code: 'BEFORE_FIRST_BASE', text: 'no base is older' },
      tableIds: [],
      databaseIds: [],
    },
    {
      from: firstTs + 1n,
      to: secondTs - 1n,
      reason: { code: 'LOG_TRUNCATED', text: 'the log begins later' },
      tableIds: [],
      databaseIds: [],
    },
    {
      from: lateTs,
      to: latestTs,
      reason: { code: 'RESTORED_PAST_LOG', text: 'a restore wrote these tables past the log' },
      tableIds: [104n, 105n],
      databaseIds: [2n],
    },
  ],
  snapshots,
  logs: [
    {
      path: 'log-backup',
      clusterId: 7n,
      startTs: firstTs + 1n,
      minTs: secondTs - 1n,
      truncatedTo: undefined,
      safepointTs: secondTs - 1n,
      checkpointTs: latestTs,
      checkpoints: [{ source: 'v1/global_checkpoint/1.ts', ts: latestTs }],
      lastFlushTs: undefined,
      metaCount: 1234,
      metaBytes: 3_456_789n,
      compactions: 2,
      locks: [{ object: 'truncating.lock', description: 'held since 04:25' }],
      problem: undefined,
    },
  ],
  unknown: ['lost+found'],
};

export const tablesView: TablesView = {
  moment: secondTs,
  base: 'snapshot-20261122042455',
  databases: [
    {
      name: 'shop',
      tables: [
        {
          name: 'orders',
          kind: 'table',
          columns: 12,
          partitions: 4,
          rowsEstimate: 12_345n,
          ddl: 'CREATE TABLE `orders` (\n  `a` int\n)',
        },
        {
          name: '顧客',
          kind: 'view',
          columns: 2,
          partitions: 0,
          rowsEstimate: undefined,
          ddl: 'CREATE VIEW `顧客`',
        },
      ],
    },
  ],
  notes: ['virtual generated columns are left out'],
};

export const restoreView: RestoreView = {
  moment: secondTs,
  base: 'snapshot-20261122042455',
  target: { kind: 'jsonl', path: 'out' },
  tables: [
    { database: 'shop', name: 'orders', rows: 443n, file: 'shop.orders.jsonl' },
    { database: 'audit', name: 'empty', rows: 0n, file: 'audit.empty.jsonl' },
  ],
  rows: 443n,
  bytesRead: 2_000_000_000n,
  elapsedMs: 4800.4,
  notes: ['virtual generated columns are left out'],
};

export const queryView: QueryView = {
  moment: secondTs,
  columns: [
    { name: 'id', type: 'BIGINT' },
    { name: '名前', type: 'VARCHAR' },
    { name: 'note', type: 'VARCHAR' },
  ],
  rows: [
    [1, '東京', 'a\nb'],
    [22222, '🦊 fox', null],
    [3, 'naïve', ''],
  ],
  more: false,
  tablesRead: ['shop.orders'],
  notes: [],
};

export const inspectView: InspectView = {
  object: 'file:///backups/shop/backupmeta',
  kind: 'backupmeta',
  document: {
    endVersion: firstTs,
    clusterVersion: 'v9.0.0',
    empty: null,
    files: [
      { name: 'a.sst', sha256: new Uint8Array([1, 2, 255]), size: 12n },
      { name: 'b.sst', sha256: new Uint8Array([0]), size: 7n },
    ],
    nested: { list: [1, 2], deeper: { flag: true } },
  },
};
