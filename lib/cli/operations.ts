// The verbs as the command line calls them: what it asks for and the views it shows. bin/pitr.ts fills them with the
// real operations, tests with their own. Must not know how they are done.

import type { ClusterSettings } from '../config/settings-types.ts';
import type { SettingsLook } from '../domain/doctor/doctor-surroundings.ts';
import type { KeeperRecord } from '../domain/state/keeper-record.ts';
import type { StatusReport } from '../domain/status/status.ts';
import type { AuditReport } from '../operations/audit/audit-bucket.ts';
import type { CleanUpReport } from '../operations/audit/clean-up.ts';
import type { PlannedCleanup } from '../operations/audit/plan-cleanup.ts';
import type { DoctorReport } from '../operations/cluster/check-cluster.ts';
import type { CostInput, CostView } from '../operations/cost-bucket.ts';
import type { RecentRun } from '../operations/recent-runs.ts';
import type { AnswerReader } from '../ports/restore-target.ts';
import type { RetryEvent } from '../ports/retrying-object-store.ts';
import type { ControlOperations } from './control-operations.ts';
import type { BackupKeys } from './keys.ts';
import type { TargetChoice } from './option-values.ts';
import type { ProgressView } from './progress.ts';
import type {
  InspectView,
  QueryReportView,
  RestoreView,
  SnapshotsView,
  TablesView,
  WindowView,
} from './render/report-views.ts';
import type { TruncateView } from './render/truncate-view.ts';

/** Where the backup is and how it is opened. */
export interface SourceRequest {
  /** The prefix that holds the snapshots and the log backup. */
  readonly storage: string | undefined;
  readonly snapshots: string | undefined;
  readonly log: string | undefined;
  readonly keys: BackupKeys;
  readonly signal: AbortSignal;
  /** Told of each wait before a new try, so that a person sees why nothing moves. */
  readonly onRetry: (event: RetryEvent) => void;
}

export interface MomentRequest extends SourceRequest {
  /** As the person wrote it. */
  readonly at: string;
  /** A snapshot's name, when the person forces one. */
  readonly base: string | undefined;
}

export interface TablesRequest extends MomentRequest {
  readonly tables: readonly string[];
}

export interface WorkRequest {
  readonly memoryBytes: number;
  readonly workers: number | undefined;
  readonly progress: (event: ProgressView) => void;
}

export interface RestoreRequest extends TablesRequest, WorkRequest {
  readonly into: TargetChoice;
  readonly force: boolean;
}

export interface QueryRequest extends MomentRequest, WorkRequest {
  readonly sql: string;
  /** Takes the rows as they come. */
  readonly reader: AnswerReader;
}

export interface TruncateRequest extends SourceRequest {
  /** As the person wrote it. */
  readonly until: string;
  readonly dryRun: boolean;
  readonly unsafeIgnoreSnapshots: boolean;
  /** Owners of locks whom the person knows to be dead. */
  readonly deadOwners: readonly string[];
  readonly progress: (event: ProgressView) => void;
}

export interface InspectRequest {
  /** Path or URL of one object. */
  readonly url: string;
  readonly limit: number;
  readonly keys: BackupKeys;
  readonly signal: AbortSignal;
}

export type StorageChoice =
  /** reason: why nobody could know it; undefined when nobody asked. */
  | { readonly kind: 'not-told'; readonly reason: string | undefined }
  /** shown: without options, for messages. */
  | { readonly kind: 'told'; readonly url: string; readonly shown: string };

/** The cluster and the bucket of `pitr status`. */
export interface ClusterRequest {
  /** In the settings. */
  readonly clusterName: string | undefined;
  /** Empty only for a doctor whose settings are broken. */
  readonly pd: readonly string[];
  /** Files, or PEM text. */
  readonly tls:
    | {
        readonly ca: string | undefined;
        readonly cert: string | undefined;
        readonly key: string | undefined;
      }
    | undefined;
  readonly storage: StorageChoice;
  readonly keys: BackupKeys;
  readonly taskName: string | undefined;
  /** Somebody chose that name; otherwise a task of another name may have been adopted. */
  readonly isTaskChosen: boolean;
  readonly brVersion: string | undefined;
  readonly maxLagMs: number;
  /** Where a runtime of this machine keeps the cluster's state; undefined where none does. */
  readonly stateFolder: string | undefined;
  /** A stack on AWS keeps it. */
  readonly isDeployed: boolean;
  readonly signal: AbortSignal;
  readonly onRetry: (event: RetryEvent) => void;
}

export interface DoctorRequest extends ClusterRequest {
  readonly settings: SettingsLook | undefined;
  /** Name or path of the program on this machine; undefined where br runs elsewhere. */
  readonly br: string | undefined;
  readonly isBrNeeded: boolean;
  /** What the settings say of the cluster; undefined without them. */
  readonly cluster: ClusterSettings | undefined;
}

/** What `pitr audit` looks at. */
export interface AuditRequest extends SourceRequest {
  /** Its PD, and the state of its runs; undefined: the bucket alone. */
  readonly cluster: ClusterRequest | undefined;
  readonly memoryBytes: number;
  /** Of each finding. */
  readonly keysOfFinding: number;
  readonly progress: (event: ProgressView) => void;
}

/** `pitr audit --plan` and `--apply`. */
export interface CleanupRequest extends AuditRequest {
  /** Where plans are kept. Absolute. */
  readonly plansFolder: string;
}

export interface CleanUpRequest extends CleanupRequest {
  readonly planId: string;
  /** Owners of locks whom the person knows to be dead. */
  readonly deadOwners: readonly string[];
}

export interface CostRequest extends SourceRequest, CostInput {}

/** The report, and what the state knows; undefined where it cannot be read, or nobody kept the cluster yet. */
export type StatusView = StatusReport & {
  readonly runs: readonly RecentRun[] | undefined;
  readonly keeper?: KeeperRecord | undefined;
};

export interface Operations extends ControlOperations {
  describeWindow(request: SourceRequest): Promise<WindowView>;
  listSnapshots(request: SourceRequest): Promise<SnapshotsView>;
  listTables(request: TablesRequest): Promise<TablesView>;
  restore(request: RestoreRequest): Promise<RestoreView>;
  query(request: QueryRequest): Promise<QueryReportView>;
  inspect(request: InspectRequest): Promise<InspectView>;
  checkCluster(request: DoctorRequest): Promise<DoctorReport>;
  describeStatus(request: ClusterRequest): Promise<StatusView>;
  auditBucket(request: AuditRequest): Promise<AuditReport>;
  planCleanup(request: CleanupRequest): Promise<PlannedCleanup>;
  cleanUp(request: CleanUpRequest): Promise<CleanUpReport>;
  costBucket(request: CostRequest): Promise<CostView>;
  truncate(request: TruncateRequest): Promise<TruncateView>;
}
