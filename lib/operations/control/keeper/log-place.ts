// Where the log lies in the bucket: the folder of the epoch that goes on, and what the settings say of whose task is ours. Reads the
// keeper's record; decides nothing.

import { usualTaskName } from '../../../config/policy-schema.ts';
import { capabilities } from '../../../domain/capabilities.ts';
import type { TaskOwner } from '../../../domain/log-task/own-task.ts';
import type { KeeperRecord } from '../../../domain/state/keeper-record.ts';
import type { RecordKey } from '../../../domain/state/task-record.ts';
import type { BucketDeps, StateDeps } from '../control-deps.ts';
import { brStorageUrl, logFolder } from '../runs/br-call.ts';

export function keeperKey({ settings }: Pick<StateDeps, 'settings'>): RecordKey<'keeper'> {
  return { cluster: settings.name, kind: 'keeper', id: 'current' };
}

/** The folder of the newest epoch; before the first one, where the settings want it. */
export function logPathOf(
  { settings }: Pick<StateDeps, 'settings'>,
  keeper: KeeperRecord | undefined,
): string {
  return keeper?.epochs.at(-1)?.path ?? settings.policy.logFolder;
}

/** As {@link logPathOf}, from the state. Errors: those of the state table. */
export async function currentLogPath(deps: StateDeps): Promise<string> {
  return logPathOf(deps, (await deps.store.get(keeperKey(deps), deps.nowMs()))?.record);
}

/** What the settings say of our task, for the question whose one in PD is. `root` is made as br is told it. */
export function taskOwner({
  settings,
  bucketName,
}: Pick<StateDeps & BucketDeps, 'settings' | 'bucketName'>): TaskOwner {
  const { log, logFolder: folder } = settings.policy;
  const { bucket } = settings;
  return {
    cluster: settings.name,
    wanted:
      log.kind === 'on' ? { taskName: log.taskName, isNamed: log.taskName !== usualTaskName } : undefined,
    root: brStorageUrl(settings, bucketName, '').replace(/\/+$/, ''),
    endpoint: bucket.kind === 'existing' ? (bucket.endpoint ?? '') : '',
    epochsIn: logFolder,
    folder,
    // On one machine br has the rights of whoever runs it.
    isBoundToFolders: settings.runner.kind !== 'local',
    needsAdvancer: capabilities(settings.version).globalCheckpoint === 'central-global',
  };
}
