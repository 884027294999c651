// The real operations behind `pitr audit` and `pitr cost`, loaded when they are asked for.

import { PitrError } from '../domain/errors.ts';
import type { ClusterLook } from '../domain/status/status.ts';
import type { AuditDeps, AuditOptions } from '../operations/audit/audit-bucket.ts';
import type { KnownRuns } from '../operations/audit/audit-runs.ts';
import type { AuditProgress } from '../operations/audit/audit-store.ts';
import type { CleanUpDeps } from '../operations/audit/clean-up.ts';
import type { BackupSource } from '../operations/deps.ts';
import type { CleanupPlans } from '../ports/cleanup-plans.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { IncompleteUploads } from '../ports/incomplete-uploads.ts';
import { openStateOf, type StateHands } from './bind-state.ts';
import type { AuditRequest, ClusterRequest, Operations, SourceRequest } from './operations.ts';
import type { ProgressView } from './progress.ts';

export interface AuditHands {
  readonly openBackup: (request: SourceRequest) => Promise<BackupSource>;
  readonly openCluster: (
    request: Pick<ClusterRequest, 'pd' | 'tls'>,
  ) => Promise<{ readonly cluster: Cluster; readonly close: () => void }>;
  readonly openState: StateHands['openState'];
  readonly openDeployedState: StateHands['openDeployedState'];
  /** undefined for a folder, which has none. */
  readonly openUploads: (url: string) => Promise<IncompleteUploads | undefined>;
  /** Absolute; made when the first plan is kept. */
  readonly openCleanupPlans: (folder: string) => Promise<CleanupPlans>;
  /** detail: what whoever finds the lock should know. */
  readonly lockHolder: (detail: string) => Promise<CleanUpDeps['holder']>;
  /** Unix ms. */
  readonly wallMs: () => number;
}

/** Of the memory that a person gives, for the names that are held at once; the rest is for metas and the program itself. */
const shareOfNames = 8;
const parallel = 32;

const lockDetail =
  'pitr audit --apply is at work, or died: look whether this process lives on this host; if not, run it again with --unsafe-remove-lock and the owner_id of this lock';

export function bindAudit(
  hands: AuditHands,
): Pick<Operations, 'auditBucket' | 'planCleanup' | 'cleanUp' | 'costBucket'> {
  return {
    async auditBucket(request) {
      const { auditBucket } = await import('../operations/audit/audit-bucket.ts');
      return await auditBucket(await auditDeps(hands, request), optionsOf(request));
    },
    async planCleanup(request) {
      const { planCleanupOf } = await import('../operations/audit/plan-cleanup.ts');
      const deps = await auditDeps(hands, request);
      const plans = await hands.openCleanupPlans(request.plansFolder);
      return await planCleanupOf({ ...deps, plans, pd: request.cluster?.pd ?? [] }, optionsOf(request));
    },
    async cleanUp(request) {
      const { cleanUp } = await import('../operations/audit/clean-up.ts');
      const deps = await auditDeps(hands, request);
      const plans = await hands.openCleanupPlans(request.plansFolder);
      const holder = await hands.lockHolder(lockDetail);
      const { deadOwners, planId } = request;
      const more = { plans, holder, deadOwners, clockMs: hands.wallMs };
      return await cleanUp({ ...deps, ...more }, planId, optionsOf(request));
    },
    async costBucket(request) {
      const [{ costBucket }, backup] = await Promise.all([
        import('../operations/cost-bucket.ts'),
        hands.openBackup(request),
      ]);
      return await costBucket({ backup }, request);
    },
  };
}

async function auditDeps(hands: AuditHands, request: AuditRequest): Promise<AuditDeps> {
  const { cluster, signal } = request;
  const backup = await hands.openBackup(request);
  // PD before the bucket, so that nothing in PD is newer than the objects that it speaks of.
  const look = cluster === undefined ? undefined : await lookAt(hands, cluster);
  const runs = cluster === undefined ? { runs: undefined } : await runsOf(hands, cluster);
  const uploads = await uploadsOf(hands, request, backup);
  const progress = (event: AuditProgress) => request.progress(progressOf(event));
  return { backup, uploads, ...runs, look, nowMs: hands.wallMs(), signal, progress };
}

function optionsOf({ memoryBytes, keysOfFinding }: AuditRequest): AuditOptions {
  return { nameBytes: Math.floor(memoryBytes / shareOfNames), keysOfFinding, parallel };
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

/** Whose a lock is cannot be proven without, and everything else can. */
async function runsOf(
  hands: AuditHands,
  request: ClusterRequest,
): Promise<Pick<AuditDeps, 'runs' | 'runsProblem'>> {
  try {
    return { runs: await readRuns(hands, request) };
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    return { runs: undefined, runsProblem: caught.message };
  }
}

/** undefined where nobody keeps the cluster. */
async function readRuns(hands: AuditHands, request: ClusterRequest): Promise<KnownRuns | undefined> {
  const store = await openStateOf(hands, request);
  if (store === undefined || request.clusterName === undefined) return undefined;
  try {
    const { readKnownRuns } = await import('../operations/audit/audit-runs.ts');
    return await readKnownRuns(store, request.clusterName, hands.wallMs());
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
