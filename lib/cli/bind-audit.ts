// The real operations behind `pitr audit` and `pitr cost`, loaded when they are asked for.

import type { ClusterLook } from '../domain/status/status.ts';
import type { KnownRuns } from '../operations/audit/audit-runs.ts';
import type { AuditProgress } from '../operations/audit/audit-store.ts';
import type { BackupSource } from '../operations/deps.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { IncompleteUploads } from '../ports/incomplete-uploads.ts';
import type { TaskStore } from '../ports/task-store.ts';
import type { AuditRequest, ClusterRequest, Operations, SourceRequest } from './operations.ts';
import type { ProgressView } from './progress.ts';

export interface AuditHands {
  readonly openBackup: (request: SourceRequest) => Promise<BackupSource>;
  readonly openCluster: (
    request: Pick<ClusterRequest, 'pd' | 'tls'>,
  ) => Promise<{ readonly cluster: Cluster; readonly close: () => void }>;
  readonly openState: (folder: string) => Promise<TaskStore | undefined>;
  /** undefined for a folder, which has none. */
  readonly openUploads: (url: string) => Promise<IncompleteUploads | undefined>;
  /** Unix ms. */
  readonly wallMs: () => number;
}

/** Of the memory that a person gives, for the names that are held at once; the rest is for metas and the program itself. */
const shareOfNames = 8;
const parallel = 32;

export function bindAudit(hands: AuditHands): Pick<Operations, 'auditBucket' | 'costBucket'> {
  return {
    auditBucket: (request) => audit(hands, request),
    async costBucket(request) {
      const [{ costBucket }, backup] = await Promise.all([
        import('../operations/cost-bucket.ts'),
        hands.openBackup(request),
      ]);
      return await costBucket({ backup }, request);
    },
  };
}

async function audit(hands: AuditHands, request: AuditRequest) {
  const { auditBucket } = await import('../operations/audit/audit-bucket.ts');
  const { cluster, memoryBytes, keysOfFinding, signal } = request;
  const backup = await hands.openBackup(request);
  // PD before the bucket, so that nothing in PD is newer than the objects that it speaks of.
  const look = cluster === undefined ? undefined : await lookAt(hands, cluster);
  const runs = cluster === undefined ? undefined : await runsOf(hands, cluster);
  const uploads = await uploadsOf(hands, request, backup);
  const progress = (event: AuditProgress) => request.progress(progressOf(event));
  const deps = { backup, uploads, runs, look, nowMs: hands.wallMs(), signal, progress };
  return await auditBucket(deps, {
    nameBytes: Math.floor(memoryBytes / shareOfNames),
    keysOfFinding,
    parallel,
  });
}

async function lookAt(hands: AuditHands, request: ClusterRequest): Promise<ClusterLook> {
  const [{ lookAtCluster }, { cluster, close }] = await Promise.all([
    import('../operations/cluster/look-around.ts'),
    hands.openCluster(request),
  ]);
  try {
    return await lookAtCluster(cluster);
  } finally {
    close();
  }
}

/** undefined where no runtime of this machine keeps the cluster. */
async function runsOf(
  hands: AuditHands,
  { clusterName, stateFolder }: ClusterRequest,
): Promise<KnownRuns | undefined> {
  if (clusterName === undefined || stateFolder === undefined) return undefined;
  const store = await hands.openState(stateFolder);
  if (store === undefined) return undefined;
  try {
    const { readKnownRuns } = await import('../operations/audit/audit-runs.ts');
    return await readKnownRuns(store, clusterName, hands.wallMs());
  } finally {
    await store.close();
  }
}

/** By the URL of the store, as the audit knows it. */
async function uploadsOf(
  hands: AuditHands,
  { storage, snapshots, log }: SourceRequest,
  backup: BackupSource,
): Promise<ReadonlyMap<string, IncompleteUploads>> {
  const found = new Map<string, IncompleteUploads>();
  const places = [
    [backup.snapshots, snapshots ?? storage],
    [backup.log, log ?? storage],
  ] as const;
  for (const [store, url] of places) {
    if (store === undefined || url === undefined || found.has(store.url)) continue;
    const uploads = await hands.openUploads(url);
    if (uploads !== undefined) found.set(store.url, uploads);
  }
  return found;
}

function progressOf({ listed, read }: AuditProgress): ProgressView {
  return { phase: 'audit', bytesDone: 0, bytesTotal: 0, rows: listed, tablesDone: read, tablesTotal: 0 };
}
