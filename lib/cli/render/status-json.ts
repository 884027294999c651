// The document `pitr.status/v1`. Field by field in docs/formats/json.md.

import type { ServiceSafePoint } from '../../domain/cluster-facts.ts';
import type { Fuse } from '../../domain/log-task/fuse.ts';
import type { BucketStatus, SourceLag, StatusReport, TaskStatus } from '../../domain/status/status.ts';
import type { RecentRun } from '../../operations/recent-runs.ts';
import type { StatusView } from '../operations.ts';
import { instantJson, optionalInstantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import { keeperJson } from './status-keeper.ts';
import { ownershipWords, stateWords } from './status-words.ts';

export function statusJson(report: StatusView): { readonly [key: string]: JsonValue } {
  const { cluster } = report;
  const silent = cluster.kind === 'unreachable' ? cluster : undefined;
  return {
    name: report.name,
    at: utc(report.atMs),
    problem: {
      code: silent?.code ?? null,
      message: silent?.problem ?? null,
      hint: silent?.hint ?? null,
    },
    cluster: cluster.kind === 'read' ? clusterJson(cluster) : null,
    task: cluster.kind === 'read' && cluster.task !== undefined ? taskJson(cluster.task) : null,
    bucket: bucketJson(report.bucket),
    notes: report.notes.map(({ level, code, text }) => ({ level, code, text })),
    runs: report.runs?.map(runJson) ?? null,
    keeper: report.keeper === undefined ? null : keeperJson(report.keeper),
  };
}

function runJson({ work, id, atMs, state, about, progress, failure }: RecentRun): JsonValue {
  const { code = null, message = null, hint = null } = failure ?? {};
  return {
    work,
    id,
    at: utc(atMs),
    state,
    about,
    progress: progress ?? null,
    failure: { code, message, hint },
  };
}

function utc(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function clusterJson({
  cluster,
  safePoints,
  advancers,
}: Extract<StatusReport['cluster'], { readonly kind: 'read' }>): JsonValue {
  return {
    clusterId: cluster.clusterId,
    advancers,
    stores: cluster.stores.map(({ id, address, version, engine, state }) => ({
      id,
      address,
      version,
      engine,
      state,
    })),
    members: cluster.members.map(({ name, clientUrls, version, isLeader }) => ({
      name,
      clientUrls,
      version,
      isLeader,
    })),
    collectedUpTo: optionalInstantJson(safePoints.gcSafePoint === 0n ? undefined : safePoints.gcSafePoint),
    safePoints: safePoints.services.map(safePointJson),
  };
}

function safePointJson({ id, owner, ts, expiresMs }: ServiceSafePoint): JsonValue {
  return { id, owner: owner.kind, at: instantJson(ts), expires: utc(expiresMs) };
}

function taskJson(task: TaskStatus): JsonValue {
  const { state, lag } = task;
  const pause = state.kind === 'paused' ? state : state.kind === 'error' ? state.pause : undefined;
  return {
    name: task.name,
    storage: task.storageUrl,
    ownership: task.ownership,
    state: state.kind,
    words: `${stateWords(state)}, ${ownershipWords(task.ownership)}`,
    start: instantJson(task.startTs),
    pausedBy: pause?.by ?? null,
    pausedSince: utc(pause?.sinceMs),
    pauseMessage: pause?.message ?? null,
    errors: task.errors.map(({ storeId, code, message, atMs }) => ({
      storeId,
      code,
      message,
      at: utc(atMs),
    })),
    lag: {
      checkpoint: lagJson(lag.checkpoint),
      persisted: optionalLagJson(lag.persisted),
      advanced: optionalLagJson(lag.advanced),
      objects: optionalLagJson(lag.objects),
      unsavedMs: lag.unsavedMs ?? null,
      missingMs: lag.missingMs ?? null,
    },
    fuse: fuseJson(task.fuse),
  };
}

function lagJson({ ts, lagMs }: SourceLag): JsonValue {
  return { at: instantJson(ts), lagMs };
}

function optionalLagJson(lag: SourceLag | undefined): JsonValue {
  return lag === undefined ? { at: null, lagMs: null } : lagJson(lag);
}

function fuseJson(fuse: Fuse): JsonValue {
  const held = fuse.kind === 'held' ? fuse : undefined;
  return {
    state: fuse.kind,
    neededFrom: instantJson(fuse.neededTs),
    heldBy: held?.by ?? null,
    heldUntil: utc(held?.untilMs),
    leftMs: held === undefined || held.untilMs === undefined ? null : held.leftMs,
    renewed: held?.isRenewed ?? false,
  };
}

function bucketJson(bucket: BucketStatus): JsonValue {
  const read = bucket.kind === 'read' ? bucket : undefined;
  const newest = read?.newestSnapshot;
  return {
    state: bucket.kind,
    storage: bucket.kind === 'not-asked' ? null : bucket.url,
    problem:
      bucket.kind === 'failed'
        ? bucket.problem
        : bucket.kind === 'not-asked'
          ? (bucket.reason ?? null)
          : null,
    earliest: optionalInstantJson(read?.window.from),
    latest: optionalInstantJson(read?.window.to),
    intervals: read?.window.intervals ?? null,
    restorableMs: read?.window.lengthMs ?? null,
    newestSnapshot: {
      name: newest?.name ?? null,
      backup: optionalInstantJson(newest?.backupTs),
      ageMs: newest?.ageMs ?? null,
    },
    completeSnapshots: read?.completeSnapshots ?? null,
    otherSnapshots: read?.otherSnapshots ?? null,
  };
}
