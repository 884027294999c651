// The document `pitr.window/v1`. Field by field in docs/formats/json.md.

import { instantJson, optionalInstantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { HoleView, IntervalView, LogView, Reason, WindowView } from './report-views.ts';
import { snapshotJson } from './snapshots-json.ts';

export function windowJson(view: WindowView): { readonly [key: string]: JsonValue } {
  return {
    storage: view.storage,
    latest: optionalInstantJson(view.latest),
    intervals: view.intervals.map(intervalJson),
    holes: view.holes.map(holeJson),
    snapshots: view.snapshots.map(snapshotJson),
    logs: view.logs.map(logJson),
    unknown: view.unknown,
  };
}

function reasonJson(reason: Reason): JsonValue {
  return { code: reason.code, text: reason.text };
}

function intervalJson(interval: IntervalView): JsonValue {
  return {
    from: instantJson(interval.from),
    to: instantJson(interval.to),
    bases: interval.bases,
    startsBecause: reasonJson(interval.startsBecause),
    endsBecause: reasonJson(interval.endsBecause),
  };
}

function holeJson(hole: HoleView): JsonValue {
  return {
    from: optionalInstantJson(hole.from),
    to: optionalInstantJson(hole.to),
    reason: reasonJson(hole.reason),
    tableIds: hole.tableIds,
    databaseIds: hole.databaseIds,
  };
}

function logJson(log: LogView): JsonValue {
  return {
    path: log.path,
    clusterId: log.clusterId,
    start: instantJson(log.startTs),
    minimum: instantJson(log.minTs),
    truncatedTo: optionalInstantJson(log.truncatedTo),
    safepoint: optionalInstantJson(log.safepointTs),
    checkpoint: optionalInstantJson(log.checkpointTs),
    checkpoints: log.checkpoints.map((item) => ({ source: item.source, at: instantJson(item.ts) })),
    lastFlush: optionalInstantJson(log.lastFlushTs),
    metaCount: log.metaCount,
    metaBytes: log.metaBytes,
    compactions: log.compactions,
    locks: log.locks.map((lock) => ({ object: lock.object, description: lock.description })),
    problem: log.problem,
  };
}
