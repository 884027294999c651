// The settings of a cluster as its keeper reads them. Pure.

import { gapsOf } from '../../../config/schedule.ts';
import type { ClusterSettings } from '../../../config/settings-types.ts';
import { capabilities } from '../../../domain/capabilities.ts';
import type { KeeperSettings } from '../../../domain/keeper/keeper-facts.ts';
import { logFolder } from '../runs/br-call.ts';

/** `taskName`: of our task, where it is known by another name than the settings'. */
export function keeperSettings(
  { name, pd, policy, objectives, version }: ClusterSettings,
  taskName?: string,
): KeeperSettings {
  const { log, keeper, snapshot } = policy;
  const can = capabilities(version);
  return {
    cluster: name,
    isWanted: log.kind === 'on',
    taskName: taskName ?? (log.kind === 'on' ? log.taskName : ''),
    folder: logFolder,
    startsIn: policy.logFolder,
    pd,
    ...keeper,
    ...objectives,
    snapshotEveryMs: gapsOf(snapshot.schedule)?.longestMs ?? Number.POSITIVE_INFINITY,
    goesOnInPlace: can.restartInSamePath === 'yes',
    // Where nobody is sure, an unsigned pause is a person's.
    pausesForLag: can.autoPauseAt48h === 'yes',
    needsAdvancer: can.globalCheckpoint === 'central-global',
  };
}
