// The document `pitr.snapshots/v1`, and a snapshot as it also stands in `pitr.window/v1`. Field by field in
// docs/formats/json.md.

import { instantJson, optionalInstantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { SnapshotsView, SnapshotView } from './report-views.ts';

export function snapshotsJson(view: SnapshotsView): { readonly [key: string]: JsonValue } {
  return { storage: view.storage, snapshots: view.snapshots.map(snapshotJson) };
}

export function snapshotJson(snapshot: SnapshotView): JsonValue {
  return {
    name: snapshot.name,
    state: snapshot.state,
    stateReason: snapshot.stateReason,
    resumable: snapshot.resumable,
    backup: optionalInstantJson(snapshot.backupTs),
    incrementalFrom: optionalInstantJson(snapshot.incrementalFrom),
    sizeBytes: snapshot.sizeBytes,
    encrypted: snapshot.encrypted,
    clusterId: snapshot.clusterId,
    clusterVersion: snapshot.clusterVersion,
    brVersion: snapshot.brVersion,
    serves: snapshot.serves.map((interval) => ({
      from: instantJson(interval.from),
      to: instantJson(interval.to),
    })),
  };
}
