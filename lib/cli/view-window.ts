// From the domain's window and facts to what is shown of them. Sorts and names; must not decide what is restorable.

import type { CatalogFacts, LogFacts, SnapshotFacts } from '../domain/facts.ts';
import { latest, type Window, type WindowInterval } from '../domain/window.ts';
import type {
  HoleView,
  IntervalView,
  LogView,
  Reason,
  SnapshotView,
  WindowView,
} from './render/report-views.ts';

/** What describe-window.ts reports. */
export interface WindowAndFacts {
  readonly window: Window;
  readonly facts: CatalogFacts;
}

/** `storage`: the URLs that were read, without secrets. */
export function windowView(report: WindowAndFacts, storage: readonly string[]): WindowView {
  const { window, facts } = report;
  return {
    storage,
    latest: latest(window),
    intervals: window.merged.map((merged) => intervalView(window, merged.from, merged.to)),
    holes: holeViews(window),
    snapshots: snapshotViews(report),
    logs: facts.logs.map(logView),
    unknown: facts.unknown,
  };
}

/** All snapshots, oldest first; those without a known BackupTS last. */
export function snapshotViews({ window, facts }: WindowAndFacts): readonly SnapshotView[] {
  const order = (snapshot: SnapshotView): bigint => snapshot.backupTs ?? 1n << 64n;
  return facts.snapshots
    .map((snapshot) => snapshotView(window, snapshot))
    .sort((one, other) => {
      if (order(one) !== order(other)) return order(one) < order(other) ? -1 : 1;
      return one.name < other.name ? -1 : 1;
    });
}

function intervalView(window: Window, from: bigint, to: bigint): IntervalView {
  const parts = window.intervals.filter((part) => part.from.ts >= from && part.to.ts <= to);
  const first = parts.find((part) => part.from.ts === from);
  const last = lastReaching(parts, to);
  return {
    from,
    to,
    bases: [...new Set(parts.map((part) => part.base))],
    startsBecause: reasonOf(first?.from),
    endsBecause: reasonOf(last?.to),
  };
}

/** Of several that end here, the one that a log carries tells more than a snapshot's own moment. */
function lastReaching(parts: readonly WindowInterval[], to: bigint): WindowInterval | undefined {
  const ending = parts.filter((part) => part.to.ts === to);
  return ending.find((part) => part.log !== undefined) ?? ending[0];
}

function reasonOf(edge: { readonly code: string; readonly reason: string } | undefined): Reason {
  return { code: edge?.code ?? '', text: edge?.reason ?? '' };
}

function holeViews(window: Window): readonly HoleView[] {
  const whole = window.holes.map((hole) => ({
    from: hole.from,
    to: hole.to,
    reason: { code: hole.code, text: hole.reason },
    tableIds: [],
    databaseIds: [],
  }));
  const partial = window.partialHoles.map(({ from, to, block }) => ({
    from,
    to,
    reason: { code: block.code, text: block.reason },
    tableIds: block.tableIds,
    databaseIds: block.dbIds,
  }));
  return [...whole, ...partial];
}

function snapshotView(window: Window, snapshot: SnapshotFacts): SnapshotView {
  const { name, state } = snapshot;
  const unfinished = state.kind === 'unfinished' ? state : undefined;
  const backupTs = unfinished?.backupTs ?? snapshot.backupTs;
  return {
    name,
    state: state.kind,
    stateReason: window.excluded.find((one) => one.name === name)?.reason,
    resumable: unfinished?.resumable,
    backupTs: backupTs === 0n ? undefined : backupTs,
    incrementalFrom: snapshot.startTs === 0n ? undefined : snapshot.startTs,
    sizeBytes: snapshot.sizeBytes,
    encrypted: snapshot.encrypted,
    clusterId: snapshot.clusterId === 0n ? undefined : snapshot.clusterId,
    clusterVersion: snapshot.clusterVersion,
    brVersion: releaseOf(snapshot.brVersion),
    serves: window.intervals
      .filter((interval) => interval.base === name)
      .map((interval) => ({ from: interval.from.ts, to: interval.to.ts })),
  };
}

/** br writes a page about itself into backupmeta; its release is what tells. */
function releaseOf(brVersion: string): string {
  return /Release Version:\s*(\S+)/.exec(brVersion)?.[1] ?? brVersion.trim().split('\n')[0] ?? '';
}

function logView(log: LogFacts): LogView {
  return {
    path: log.path,
    clusterId: log.clusterId === 0n ? undefined : log.clusterId,
    startTs: log.startTs,
    minTs: log.minTs,
    truncatedTo: log.truncatedTo,
    safepointTs: log.safepointTs,
    checkpointTs: log.maxTs,
    checkpoints: log.checkpoints,
    lastFlushTs: log.lastFlushTs,
    metaCount: log.metaCount,
    metaBytes: log.metaBytes,
    compactions: log.compactions,
    locks: log.locks,
    problem: log.problem === undefined ? undefined : `${log.problem.object}: ${log.problem.problem}`,
  };
}
