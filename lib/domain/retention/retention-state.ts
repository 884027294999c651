// What a plan of the retention is made from: the bucket, the records beside it, the policy. Holds no rule.

import type { CatalogFacts } from '../facts.ts';
import type { PinRecord } from '../state/pin-record.ts';
import type { RestoreRun } from '../state/restore-run.ts';
import type { SnapshotRun } from '../state/snapshot-run.ts';

export interface RetentionSettings {
  /** Every moment of the last so many ms stays restorable. */
  readonly windowMs: number;
  /** So many verified full snapshots stay, whatever their age; at least 1. */
  readonly minBases: number;
  /** What a dead run left unfinished goes when nothing has happened in it for so long, ms. */
  readonly keepUnfinishedMs: number;
}

/** What a listing of a folder says. */
export interface FolderContents {
  readonly objects: number;
  readonly bytes: bigint;
  /** The newest write in it by the storage's clock, Unix ms. */
  readonly newestMs: number;
  /** Its `backupmeta` is there. */
  readonly hasHead: boolean;
}

export interface RetentionState {
  /** One that lacks an object is damaged. */
  readonly facts: CatalogFacts;
  /** Of snapshots and logs, by the name of the folder; those that were not counted are not there. */
  readonly contents: ReadonlyMap<string, FolderContents>;
  /** All records of snapshots. */
  readonly runs: readonly SnapshotRun[];
  readonly pins: readonly PinRecord[];
  /** Those that are not over, at least. */
  readonly restores: readonly RestoreRun[];
  /** Folder of the log that goes on: the only one that is cut, and that never goes. */
  readonly currentLog: string;
  /** Folders of snapshots and logs whose deletion plans that are being carried out have begun, or may have. */
  readonly begun: ReadonlySet<string>;
}

/** Folders are named with and without a slash at their end. */
export function folderName(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** What is left of a snapshot or a log after its head has gone, which is deleted first: nobody restores from it any more. */
export function isRest({ begun, contents, runs }: RetentionState, folder: string): boolean {
  const isOurs =
    begun.has(folder) || runs.some((one) => folderName(one.folder) === folder && one.state === 'expired');
  return isOurs && contents.get(folder)?.hasHead === false;
}
