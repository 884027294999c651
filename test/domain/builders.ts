// Facts of small made-up buckets: say what matters to the test, the rest is sound.

import type {
  BlocklistFacts,
  CatalogFacts,
  ExtBackupFacts,
  LogFacts,
  SnapshotFacts,
} from '../../lib/domain/facts.ts';

export function snapshot(
  name: string,
  backupTs: number | bigint,
  rest: Partial<SnapshotFacts> = {},
): SnapshotFacts {
  return {
    name,
    state: { kind: 'complete' },
    backupTs: BigInt(backupTs),
    startTs: 0n,
    clusterId: 1n,
    clusterVersion: '9.0.0',
    brVersion: 'BR',
    sizeBytes: undefined,
    newCollations: 'True',
    encrypted: false,
    ...rest,
  };
}

export function incremental(
  name: string,
  startTs: number | bigint,
  backupTs: number | bigint,
  rest: Partial<SnapshotFacts> = {},
): SnapshotFacts {
  return snapshot(name, backupTs, { startTs: BigInt(startTs), ...rest });
}

/** A log that begins at minTs and whose checkpoint is maxTs. */
export function log(
  path: string,
  minTs: number | bigint,
  maxTs: number | bigint | undefined,
  rest: Partial<LogFacts> = {},
): LogFacts {
  const max = maxTs === undefined ? undefined : BigInt(maxTs);
  return {
    path,
    clusterId: 1n,
    clusterVersion: '9.0.0',
    startTs: BigInt(minTs),
    safepointTs: undefined,
    truncatedTo: undefined,
    minTs: BigInt(minTs),
    checkpoints: max === undefined ? [] : [{ source: `${path}/v1/global_checkpoint/1.ts`, ts: max }],
    maxTs: max,
    blocklists: [],
    extBackups: [],
    compactions: 0,
    metaCount: 1,
    metaBytes: 1n,
    firstFlushTs: undefined,
    lastFlushTs: undefined,
    locks: [],
    ...rest,
  };
}

export function blocklist(startTs: number, commitTs: number, tableIds: readonly bigint[]): BlocklistFacts {
  return {
    object: `R${commitTs}_S${startTs}.meta`,
    restoreStartTs: BigInt(startTs),
    restoreCommitTs: BigInt(commitTs),
    rewriteTs: BigInt(startTs),
    tableIds,
    dbIds: [],
  };
}

export function extBackup(asIfTs: number, finished: boolean, tableIds: readonly bigint[]): ExtBackupFacts {
  return { object: `backup-${asIfTs}`, finished, asIfTs: BigInt(asIfTs), tableIds };
}

export function catalog(snapshots: readonly SnapshotFacts[], logs: readonly LogFacts[] = []): CatalogFacts {
  return { snapshots, logs, unknown: [] };
}
