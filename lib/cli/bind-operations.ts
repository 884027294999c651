// The real operations behind the command line: opens what they need, calls one, and turns its report into the view.
// Each operation is loaded when it is asked for, so that `pitr window` does not wait for the engine.

import type { ClusterSettings } from '../config/settings-types.ts';
import type { BucketPlace, LookDeps } from '../operations/cluster/look-around.ts';
import type { NextFiring } from '../operations/cluster/schedule-finding.ts';
import type { BackupSource, WorkDeps } from '../operations/deps.ts';
import type { ObjectPlace } from '../operations/inspect/inspect-object.ts';
import type { BrProgram } from '../ports/br-program.ts';
import type { BucketConfig } from '../ports/bucket-settings.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { AnswerReader, QueryTarget, RestoreTarget } from '../ports/restore-target.ts';
import type { Rights } from '../ports/rights.ts';
import { type AuditHands, bindAudit } from './bind-audit.ts';
import { bindControl, type ControlHands } from './bind-control.ts';
import { knownState, type StateHands, taskNameOf } from './bind-state.ts';
import { bindTruncate, type TruncateHands } from './bind-truncate.ts';
import type {
  ClusterRequest,
  DoctorRequest,
  InspectRequest,
  MomentRequest,
  Operations,
  QueryRequest,
  RestoreRequest,
  SourceRequest,
  StatusView,
  WorkRequest,
} from './operations.ts';
import type { TargetChoice } from './option-values.ts';
import { snapshotViews, windowView } from './view-window.ts';

/** What bin/pitr.ts gives: how this machine opens a backup, finds hands, and writes. */
export interface Hands extends ControlHands, TruncateHands, AuditHands, StateHands {
  readonly openBackup: (request: SourceRequest) => Promise<BackupSource>;
  readonly openWork: (request: SourceRequest & WorkRequest) => Promise<WorkDeps>;
  readonly openTarget: (
    into: TargetChoice & { readonly force: boolean },
    deps: WorkDeps,
  ) => Promise<RestoreTarget>;
  readonly openQuery: (sql: string, reader: AnswerReader, deps: WorkDeps) => Promise<QueryTarget>;
  /** The object, and the keys in the form that readers take. */
  readonly openObject: (
    request: InspectRequest,
  ) => Promise<{ readonly place: ObjectPlace; readonly keys: BackupSource['keys'] }>;
  /** A cluster by its PD; must be closed. */
  readonly openCluster: (
    request: Pick<ClusterRequest, 'pd' | 'tls'>,
  ) => Promise<{ readonly cluster: Cluster; readonly close: () => void }>;
  /** name: `br`, or a path. */
  readonly openBr: (name: string) => Promise<BrProgram>;
  /** region: of the stack; undefined: as everywhere in AWS. */
  readonly openRights: (region: string | undefined) => Promise<Rights>;
  /** Undefined for a folder. */
  readonly openBucketConfig: (url: string) => Promise<BucketConfig | undefined>;
  /** When a schedule fires. */
  readonly openFirings: () => Promise<NextFiring>;
}

export function bindOperations(hands: Hands): Operations {
  return {
    async describeWindow(request) {
      const { report, storage } = await readWindow(hands, request);
      return windowView(report, storage);
    },
    // The same facts as the window's: it says of each snapshot why it is no base, too.
    async listSnapshots(request) {
      const { report, storage } = await readWindow(hands, request);
      return { storage, snapshots: snapshotViews(report) };
    },
    async listTables(request) {
      const { listTables } = await import('../operations/moment/list-tables.ts');
      const backup = await hands.openBackup(request);
      return listTables({ backup }, { ...inputOf(request), tables: request.tables });
    },
    restore: (request) => restore(hands, request),
    query: (request) => query(hands, request),
    async inspect(request) {
      const { inspectObject } = await import('../operations/inspect/inspect-object.ts');
      const { place, keys } = await hands.openObject(request);
      return inspectObject(place, keys, request.limit);
    },
    checkCluster: (request) => checkCluster(hands, request),
    describeStatus: (request) => describeStatus(hands, request),
    ...bindControl(hands),
    ...bindTruncate(hands),
    ...bindAudit(hands),
  };
}

async function readWindow(hands: Hands, request: SourceRequest) {
  const [{ describeWindow }, backup] = await Promise.all([
    import('../operations/describe-window.ts'),
    hands.openBackup(request),
  ]);
  return { report: await describeWindow({ backup }), storage: urlsOf(backup) };
}

async function restore(hands: Hands, request: RestoreRequest) {
  const { restoreEmbedded } = await import('../operations/moment/restore-embedded.ts');
  const deps = await hands.openWork(request);
  const { into, force, tables } = request;
  const target = await hands.openTarget({ ...into, force }, deps);
  const report = await restoreEmbedded(deps, { ...inputOf(request), tables }, target);
  return { ...report, target: into };
}

function inputOf({ at, base }: MomentRequest) {
  return { at, base };
}

async function query(hands: Hands, request: QueryRequest) {
  const { queryMoment } = await import('../operations/moment/query-moment.ts');
  const deps = await hands.openWork(request);
  const target = await hands.openQuery(request.sql, request.reader, deps);
  return queryMoment(deps, { ...inputOf(request), sql: request.sql }, target);
}

async function checkCluster(hands: Hands, request: DoctorRequest) {
  const { checkCluster } = await import('../operations/cluster/check-cluster.ts');
  const br = request.br === undefined ? undefined : await hands.openBr(request.br);
  const { storage, cluster: settings } = request;
  const storageUrl = storage.kind === 'told' ? storage.url : undefined;
  const taskName = taskNameOf(request, await knownState(hands, request));
  const input = { ...request, name: nameOf(request), storageUrl, taskName };
  const deps = {
    ...{ br, bucket: bucketOf(hands, request), nowMs: hands.wallMs },
    rights: settings === undefined ? undefined : await rightsOf(hands, settings),
    openBucketConfig: hands.openBucketConfig,
    bucketAt: (url: string) =>
      bucketOf(hands, { ...request, storage: { kind: 'told', url, shown: url.replace(/\?.*$/, '') } }),
    nextFiring: await hands.openFirings(),
  };
  if (request.pd.length === 0) return await checkCluster({ ...deps, cluster: undefined }, input);
  return await withCluster(hands, request, (open) => checkCluster({ ...deps, ...open }, input));
}

/** Loaded only where something of the cluster has a role. */
async function rightsOf(
  { openRights }: Hands,
  { bucket, runner, tikvRole }: ClusterSettings,
): Promise<Rights | undefined> {
  if (bucket.kind === 'folder' || (runner.kind === 'local' && tikvRole === undefined)) return undefined;
  return await openRights(bucket.region);
}

async function describeStatus(hands: Hands, request: ClusterRequest): Promise<StatusView> {
  const { describeStatus } = await import('../operations/cluster/describe-status.ts');
  const known = await knownState(hands, request);
  const input = { ...request, name: nameOf(request), taskName: taskNameOf(request, known) };
  const report = await withCluster(hands, request, (open) => describeStatus(open, input));
  const { runs, keeper, problem } = known;
  if (problem === undefined) return { ...report, runs, keeper };
  const text = `the state of the runtime cannot be read: ${problem.message}`;
  const note = { level: 'warn', code: 'STATE_UNREADABLE', text } as const;
  return { ...report, notes: [...report.notes, note], runs };
}

async function withCluster<T>(
  hands: Hands,
  request: ClusterRequest,
  work: (deps: LookDeps) => Promise<T>,
): Promise<T> {
  const { cluster, close } = await hands.openCluster(request);
  try {
    return await work({ cluster, bucket: bucketOf(hands, request), nowMs: hands.wallMs });
  } finally {
    close();
  }
}

function bucketOf(hands: Hands, { storage, keys, signal, onRetry }: ClusterRequest): BucketPlace {
  if (storage.kind === 'not-told') return storage;
  const request = { storage: storage.url, snapshots: undefined, log: undefined, keys, signal, onRetry };
  return { kind: 'told', url: storage.shown, open: () => hands.openBackup(request) };
}

/** For people; whoever gives an address with user and password is refused before it is shown. */
function nameOf({ clusterName, pd }: ClusterRequest): string {
  return clusterName ?? (pd.length === 0 ? 'no cluster' : pd.join(', '));
}

function urlsOf({ snapshots, log }: BackupSource): readonly string[] {
  const urls = [snapshots?.url, log?.url].filter((url) => url !== undefined);
  return [...new Set(urls)];
}
