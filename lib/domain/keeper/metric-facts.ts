// What the numbers of a look are made of, from what the keeper was given and what it decided. Adds no fact and asks nobody.

import { fuseAt, fuseOf } from '../log-task/fuse.ts';
import type { MetricFacts } from '../metrics.ts';
import type { KeeperRecord } from '../state/keeper-record.ts';
import { forecastRestore } from './forecast.ts';
import type { KeeperFacts } from './keeper-facts.ts';

/** `record`: as it was decided from these facts. */
export function metricFactsOf(facts: KeeperFacts, record: KeeperRecord): MetricFacts {
  const { task, ours, safePoints, serverMs, objectsTs, snapshots, truncations, restores, stores } = facts;
  const gone = task.state === 'stopped' ? fuseAt(task.checkpointTs, false, safePoints, serverMs) : undefined;
  const { restoreMs } = forecastRestore({
    ...{ momentMs: serverMs, snapshots, restores, stores, rtoMs: undefined },
    logHours: record.logHours,
    logStartTs: record.epochs.at(-1)?.startTs ?? 0n,
  });
  return {
    serverMs,
    checkpoints: ours?.checkpoints,
    objectsTs,
    fuse: ours === undefined ? gone : fuseOf(ours, safePoints, serverMs),
    ...{ snapshots, truncations, restores, keeper: record, restoreMs },
  };
}
