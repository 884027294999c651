// Which snapshots that stand in a bucket become records of ours, and which are only told: complete full ones of this cluster are
// adopted as they are; nothing is guessed of the others, and no record that is there is changed. Decides; writes nothing.

import type { SnapshotFacts } from './facts.ts';
import { shortName } from './short-name.ts';
import { runId, runIdMs } from './state/run-identity.ts';
import type { SnapshotRun } from './state/snapshot-run.ts';
import { msOfTs } from './ts.ts';

export interface FoundSnapshot {
  readonly facts: SnapshotFacts;
  /** When its backupmeta was written, Unix ms; undefined when nobody knows. */
  readonly writtenMs: number | undefined;
}

export type Adoption =
  | { readonly kind: 'adopt'; readonly record: Extract<SnapshotRun, { readonly state: 'complete' }> }
  /** Not for us to record; `reason`: why, a few words. */
  | { readonly kind: 'told'; readonly folder: string; readonly reason: string };

/** `clusterId`: whose log stands beside it; 0n or undefined: nobody knows, and every snapshot counts as ours. */
export function decideAdoption(
  cluster: string,
  { facts, writtenMs }: FoundSnapshot,
  clusterId: bigint | undefined,
): Adoption {
  const told = (reason: string): Adoption => ({ kind: 'told', folder: facts.name, reason });
  const problem = problemOf(facts);
  if (problem !== undefined) return told(problem);
  if (facts.startTs !== 0n) return told('incremental: no base by itself');
  const isOther = clusterId !== undefined && clusterId !== 0n && facts.clusterId !== 0n;
  if (isOther && clusterId !== facts.clusterId) {
    return told(`of cluster ${facts.clusterId}, and the log is of cluster ${clusterId}`);
  }
  return { kind: 'adopt', record: recordOfFolder(cluster, facts, writtenMs) };
}

function problemOf({ state }: SnapshotFacts): string | undefined {
  switch (state.kind) {
    case 'complete':
      return undefined;
    case 'unfinished':
      return state.resumable ? 'unfinished, and br could go on with it' : 'unfinished';
    case 'damaged':
      return `damaged: ${state.problem}`;
    case 'unreadable':
      return `not readable: ${state.reason}`;
    default:
      return state satisfies never;
  }
}

/** What its folder says of a complete snapshot, as a record. */
export function recordOfFolder(
  cluster: string,
  { name: folder, backupTs, sizeBytes }: SnapshotFacts,
  writtenMs: number | undefined,
): Extract<SnapshotRun, { readonly state: 'complete' }> {
  const id = idOfFolder(folder, backupTs);
  const dueMs = runIdMs(id) ?? 0;
  const endedMs = Math.max(writtenMs ?? msOfTs(backupTs), 0);
  const bytes = sizeBytes ?? 0n;
  const common = { shape: 'snapshot/v1', state: 'complete', trigger: 'adopted' } as const;
  return { ...common, cluster, id, dueMs, folder, backupTs, endedMs, bytes };
}

/** Longest suffix of a run's id. */
const longestSuffix = 100;

/** The digits of a name as ours; else the BackupTS with the name behind it, so that no two folders share an id. */
export function idOfFolder(folder: string, backupTs: bigint): string {
  const digits = /^snapshot-(\d{14})$/.exec(folder)?.[1];
  if (digits !== undefined && runIdMs(digits) !== undefined) return digits;
  return runId(msOfTs(backupTs), shortName(folder, longestSuffix));
}
