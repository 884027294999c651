// What one look at a bucket gave, beside what a cluster says: the place of the log, its newest checkpoint, the window in a
// line, the newest snapshot. Reads nothing and repairs nothing.

import type { CatalogFacts, LogFacts, SnapshotFacts } from './facts.ts';
import type { LogTaskFacts } from './log-task/log-task-facts.ts';
import { msOfTs } from './ts.ts';
import type { Window } from './window.ts';

export type BucketLook =
  /** Nobody said where the bucket is; `reason` when somebody should have. */
  | { readonly kind: 'not-asked'; readonly reason: string | undefined }
  /** `url`: as far as it is known, without secrets. */
  | {
      readonly kind: 'failed';
      readonly url: string;
      readonly code: string;
      readonly problem: string;
      readonly hint: string;
    }
  | {
      readonly kind: 'read';
      /** Without options and secrets. */
      readonly url: string;
      readonly facts: CatalogFacts;
      readonly window: Window;
    };

/** Two URLs of one place: a slash at the end makes no difference. */
export function isSamePlace(a: string, b: string): boolean {
  return a.replace(/\/+$/, '') === b.replace(/\/+$/, '');
}

/** The log of the bucket that the task writes to; undefined when it writes elsewhere, or has not written yet. */
export function logOfTask(bucket: BucketLook, task: Pick<LogTaskFacts, 'storage'>): LogFacts | undefined {
  if (bucket.kind !== 'read') return undefined;
  return bucket.facts.logs.find(({ path }) => isSamePlace(below(bucket.url, path), task.storage.url));
}

/** The one folder below the bucket that our log is expected in: where the task writes if that is a log of this bucket. */
export function ownLogUrl(
  bucket: BucketLook,
  task: Pick<LogTaskFacts, 'storage'> | undefined,
): string | undefined {
  if (bucket.kind === 'not-asked') return undefined;
  if (task !== undefined && logOfTask(bucket, task) !== undefined) return task.storage.url;
  return below(bucket.url, 'log-backup');
}

function below(url: string, path: string): string {
  return path === '' ? url : `${url.replace(/\/+$/, '')}/${path}`;
}

/** Greatest checkpoint in the objects that TiKV and TiDB write, `v1/global_checkpoint/*.ts`. FACTS §2.5, §3.6 */
export function checkpointInObjects(log: LogFacts): bigint | undefined {
  const all = log.checkpoints.flatMap(({ source, ts }) =>
    source.includes('v1/global_checkpoint/') ? [ts] : [],
  );
  const [first, ...rest] = all;
  return first === undefined ? undefined : rest.reduce((most, ts) => (ts > most ? ts : most), first);
}

/** The complete snapshot with the largest BackupTS. */
export function newestSnapshot(facts: CatalogFacts): SnapshotFacts | undefined {
  return facts.snapshots
    .filter(({ state }) => state.kind === 'complete')
    .reduce<SnapshotFacts | undefined>(
      (best, one) => (best === undefined || one.backupTs > best.backupTs ? one : best),
      undefined,
    );
}

/** Of the cluster that wrote the bucket: as its newest snapshot or its log says; undefined when nothing says it. */
export function clusterIdOf(facts: CatalogFacts): bigint | undefined {
  const ids = [newestSnapshot(facts)?.clusterId, ...facts.logs.map(({ clusterId }) => clusterId)];
  return ids.find((id) => id !== undefined && id !== 0n);
}

export interface WindowLine {
  /** Oldest and newest restorable moment; undefined when there is none. */
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
  /** Stretches without a hole between them. */
  readonly intervals: number;
  /** Milliseconds that can be brought back, holes left out. */
  readonly lengthMs: number;
}

export function windowLine({ merged }: Pick<Window, 'merged'>): WindowLine {
  return {
    from: merged[0]?.from,
    to: merged.at(-1)?.to,
    intervals: merged.length,
    lengthMs: merged.reduce((sum, { from, to }) => sum + msOfTs(to) - msOfTs(from), 0),
  };
}
