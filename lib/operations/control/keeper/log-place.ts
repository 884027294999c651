// Where the log lies in the bucket: the folder of the epoch that goes on, and the folder that a storage URL of ours names. Reads the
// keeper's record; decides nothing.

import type { ClusterSettings } from '../../../config/settings-types.ts';
import { isLogFolder } from '../../../domain/keeper/epochs.ts';
import { plainUrl } from '../../../domain/log-task/log-task-decision.ts';
import type { LogBackupFacts } from '../../../domain/log-task/log-task-facts.ts';
import type { KeeperRecord } from '../../../domain/state/keeper-record.ts';
import type { RecordKey } from '../../../domain/state/task-record.ts';
import type { BucketDeps, StateDeps } from '../control-deps.ts';
import { brStorageUrl, logFolder } from '../runs/br-call.ts';

export function keeperKey({ settings }: Pick<StateDeps, 'settings'>): RecordKey<'keeper'> {
  return { cluster: settings.name, kind: 'keeper', id: 'current' };
}

/** The folder of the newest epoch. */
export function logPathOf(keeper: KeeperRecord | undefined): string {
  return keeper?.epochs.at(-1)?.path ?? logFolder;
}

/** As {@link logPathOf}, from the state. Errors: those of the state table. */
export async function currentLogPath(deps: StateDeps): Promise<string> {
  return logPathOf((await deps.store.get(keeperKey(deps), deps.nowMs()))?.record);
}

/** Storage URLs that a task of ours may write to: the log's folder, and every epoch's that a task of PD names. */
export function logPlaces(
  { settings, bucketName }: Pick<StateDeps & BucketDeps, 'settings' | 'bucketName'>,
  { task, otherTasks }: LogBackupFacts,
): readonly string[] {
  const all = task.kind === 'task' ? [task, ...otherTasks] : otherTasks;
  const paths = all.flatMap(({ storage }) => logPathOfUrl(settings, bucketName, storage.url) ?? []);
  return [...new Set([logFolder, ...paths])].map((path) => brStorageUrl(settings, bucketName, path));
}

/** The folder below the bucket's prefix; undefined when the URL is of no log of ours. */
export function logPathOfUrl(
  settings: ClusterSettings,
  bucketName: string | undefined,
  url: string,
): string | undefined {
  const root = plainUrl(brStorageUrl(settings, bucketName, ''));
  const place = plainUrl(url);
  const path = place.startsWith(`${root}/`) ? place.slice(root.length + 1) : '';
  return isLogFolder(logFolder, path) ? path : undefined;
}
