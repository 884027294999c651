// Small made-up buckets for the retention: a few words per snapshot and log, times in minutes from a common beginning.

import type { CatalogFacts, SnapshotFacts } from '../../../lib/domain/facts.ts';
import type {
  FolderContents,
  RetentionSettings,
  RetentionState,
} from '../../../lib/domain/retention/retention-state.ts';
import type { PinRecord } from '../../../lib/domain/state/pin-record.ts';
import type { RestoreRun } from '../../../lib/domain/state/restore-run.ts';
import { runId } from '../../../lib/domain/state/run-identity.ts';
import type { SnapshotRun } from '../../../lib/domain/state/snapshot-run.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import { catalog, log, snapshot } from '../builders.ts';

export const beginMs = Date.UTC(2026, 0, 1);
export const minuteMs = 60_000;
export const msAt = (minute: number): number => beginMs + minute * minuteMs;
export const at = (minute: number): bigint => tsFromMs(msAt(minute));

export const snapshotKinds = [
  'complete',
  /** Laid over the complete or incremental one before it in the list. */
  'incremental',
  /** Unfinished, and its run failed. */
  'dead',
  /** Unfinished, and its run goes on. */
  'open',
  /** Unfinished, and nobody has a record of it. */
  'orphan',
  'damaged',
  'unreadable',
  /** Its backupmeta is there, and not all that this names. */
  'disproven',
  /** Complete, of a tool that leaves the BackupTS of failed runs at zero. */
  'unnumbered',
  /** A deletion that was begun. */
  'rest',
] as const;
export type SnapshotKind = (typeof snapshotKinds)[number];

export interface CaseSnapshot {
  readonly minute: number;
  readonly kind: SnapshotKind;
  readonly clusterId?: bigint;
}

export interface CaseLog {
  readonly path: string;
  readonly from: number;
  /** Its checkpoint; undefined: none yet. */
  readonly to: number | undefined;
}

export interface Case {
  readonly snapshots: readonly CaseSnapshot[];
  /** The last one goes on. */
  readonly logs: readonly CaseLog[];
  readonly window: number;
  readonly minBases: number;
  readonly now: number;
  readonly keepUnfinished?: number;
  readonly pins?: readonly PinRecord[];
  readonly restores?: readonly RestoreRun[];
}

export const nameAt = (minute: number): string => `snapshot-${runId(msAt(minute))}`;

export function settingsOf({ window, minBases, keepUnfinished = 30 }: Case): RetentionSettings {
  return { windowMs: window * minuteMs, minBases, keepUnfinishedMs: keepUnfinished * minuteMs };
}

export const nowOf = ({ now }: Case): number => msAt(now);

export function stateOf(one: Case): RetentionState {
  const { snapshots, logs, pins = [], restores = [] } = one;
  const facts = factsOf(one);
  return {
    facts,
    contents: new Map([
      ...snapshots.map((each): [string, FolderContents] => [nameAt(each.minute), contentsOf(each)]),
      ...logs.map(({ path, to }): [string, FolderContents] => [
        path,
        { objects: 9, bytes: 900n, newestMs: msAt(to ?? 0), hasHead: true },
      ]),
    ]),
    runs: snapshots.flatMap(recordOf),
    pins,
    restores,
    currentLog: logs.at(-1)?.path ?? 'log-backup',
    begun: new Set(),
  };
}

function contentsOf({ minute, kind }: CaseSnapshot): FolderContents {
  const hasHead = !['dead', 'open', 'orphan', 'rest'].includes(kind);
  return { objects: 3, bytes: 300n, newestMs: msAt(minute + 1), hasHead };
}

function factsOf({ snapshots, logs }: Case): CatalogFacts {
  const found: SnapshotFacts[] = [];
  let parent = 0n;
  for (const one of snapshots) {
    found.push(snapshotOf(one, parent));
    if (one.kind === 'complete' || one.kind === 'incremental') parent = at(one.minute);
  }
  return catalog(
    found,
    logs.map(({ path, from, to }) => log(path, at(from), to === undefined ? undefined : at(to))),
  );
}

const unfinished = {
  kind: 'unfinished',
  resumable: false,
  lockExpiresMs: undefined,
  backupTs: undefined,
} as const;

function snapshotOf({ minute, kind, clusterId = 1n }: CaseSnapshot, parent: bigint): SnapshotFacts {
  const name = nameAt(minute);
  switch (kind) {
    case 'incremental':
      return snapshot(name, at(minute), { startTs: parent === 0n ? 1n : parent, clusterId });
    case 'dead':
    case 'open':
    case 'orphan':
    case 'rest':
      return snapshot(name, 0n, { state: unfinished, clusterId: 0n });
    case 'damaged': {
      const object = `${name}/backupmeta`;
      return snapshot(name, 0n, { state: { kind: 'damaged', object, problem: 'cut short' }, clusterId: 0n });
    }
    case 'unreadable':
      return snapshot(name, 0n, { state: { kind: 'unreadable', reason: 'encrypted' }, clusterId: 0n });
    case 'unnumbered':
      return snapshot(name, 0n, { clusterId });
    case 'disproven': {
      const state = {
        kind: 'damaged',
        object: `${name}/backupmeta`,
        problem: 'an object is not there',
      } as const;
      return snapshot(name, at(minute), { state, clusterId });
    }
    case 'complete':
      return snapshot(name, at(minute), { clusterId });
    default:
      return kind satisfies never;
  }
}

function recordOf({ minute, kind }: CaseSnapshot): readonly SnapshotRun[] {
  const [id, dueMs] = [runId(msAt(minute)), msAt(minute)];
  const run = { shape: 'snapshot/v1', cluster: 'shop', id, dueMs, trigger: 'schedule' } as const;
  const common = { ...run, folder: nameAt(minute) };
  const endedMs = msAt(minute + 1);
  switch (kind) {
    case 'orphan':
      return [];
    case 'open': {
      const runner = { kind: 'local', ref: '1' } as const;
      const times = { startedMs: dueMs, heartbeatMs: endedMs };
      return [{ ...common, state: 'running', ...times, attempt: 1, runner, progress: null }];
    }
    case 'dead': {
      const failure = { code: 'BR_FAILED', message: 'it died', hint: '' };
      return [{ ...common, state: 'failed', endedMs, attempt: 1, failure }];
    }
    case 'rest':
      return [{ ...common, state: 'expired', backupTs: at(minute), deletedMs: endedMs, reason: 'expired' }];
    default:
      return [{ ...common, state: 'complete', backupTs: at(minute), endedMs, bytes: 300n }];
  }
}

const pinBase: Omit<Extract<PinRecord, { state: 'held' }>, 'what' | 'folder' | 'fromTs' | 'toTs'> = {
  ...{ shape: 'pin/v1', state: 'held', cluster: 'shop', id: '20260101000000-pin', name: '' },
  ...{ untilMs: null, reason: 'an audit', madeMs: beginMs, madeBy: 'a person' },
};

export function pinOfSnapshot(minute: number): PinRecord {
  return { ...pinBase, what: 'snapshot', folder: nameAt(minute), fromTs: at(minute), toTs: at(minute) };
}

export function pinOfMoments(from: number, to = from): PinRecord {
  const what = from === to ? 'moment' : 'range';
  return { ...pinBase, what, folder: '', fromTs: at(from), toTs: at(to) };
}

export function restoreTo(minute: number, base: number): RestoreRun {
  return {
    ...{ shape: 'restore/v1', state: 'running', cluster: 'shop', id: '20260101000000-restore' },
    ...{ requestedMs: beginMs, requestedBy: 'a person', restoreTs: at(minute), targetPd: [], tables: [] },
    ...{ planId: '20260101000000-restore', base: nameAt(base), startedMs: beginMs, attempt: 1 },
    ...{ runner: { kind: 'local', ref: '1' }, heartbeatMs: beginMs, step: 'log', progress: null },
  };
}
