// The state of a cluster that was kept for a month, for what a minute costs then: the keeper's memory is full, and there are as many
// records as it reads; and what of a calm day becomes metrics.

import { type MetricFacts, metricsOf, numberNames } from '../lib/domain/metrics.ts';
import { runId } from '../lib/domain/state/run-identity.ts';
import type { SnapshotRun } from '../lib/domain/state/snapshot-run.ts';
import type { TruncationRun } from '../lib/domain/state/truncation-run.ts';
import { tsFromMs } from '../lib/domain/ts.ts';
import type { ObserveStage } from '../test/support/observe-stage.ts';

const hourMs = 3_600_000;
const runs = 15;
const hoursKept = 48;
const bytes = 3_000_000_000n;

/** A month of snapshots every second day with a cut after each, and the two days of log that the keeper remembers. */
export async function ageState({ store, clock }: ObserveStage, cluster: string): Promise<void> {
  const nowMs = clock.nowMs();
  const key = { cluster, kind: 'keeper', id: 'current' } as const;
  const keeper = await store.get(key, nowMs);
  if (keeper === undefined) throw new Error('nobody has looked yet: there is no keeper to age');
  const logHours = Array.from({ length: hoursKept }, (_, index) => ({
    hourMs: (Math.floor(nowMs / hourMs) - hoursKept + index) * hourMs,
    bytes,
  }));
  const record = { ...keeper.record, logHours };
  await store.commit({ cluster, nowMs, records: [{ record, expect: keeper.revision }] });
  for (let back = 1; back <= runs; back++) {
    const dueMs = nowMs - back * 48 * hourMs;
    const records = [snapshotAt(cluster, dueMs), cutAt(cluster, dueMs + hourMs)];
    await store.commit({
      ...{ cluster, nowMs },
      records: records.map((one) => ({ record: one, expect: 'absent' })),
    });
  }
}

function snapshotAt(cluster: string, dueMs: number): SnapshotRun {
  const id = runId(dueMs);
  const ended = { backupTs: tsFromMs(dueMs), endedMs: dueMs + hourMs, bytes };
  const run = { shape: 'snapshot/v1', cluster, id, dueMs, trigger: 'schedule' } as const;
  return { ...run, folder: `snapshot-${id}`, state: 'complete', ...ended };
}

function cutAt(cluster: string, dueMs: number): TruncationRun {
  const untilTs = tsFromMs(dueMs - 720 * hourMs);
  const run = { shape: 'truncation/v1', cluster, id: runId(dueMs), dueMs } as const;
  const ended = { endedMs: dueMs + hourMs, logMinimumTs: untilTs };
  return { ...run, path: 'log-backup', untilTs, state: 'done', ...ended };
}

/** Metrics × hours of a day on which all is well and every number is known. */
export function metricHoursOfCalmDay(): number {
  const nowMs = Date.UTC(2026, 10, 22);
  const ts = tsFromMs(nowMs);
  const facts: MetricFacts = {
    serverMs: nowMs,
    checkpoints: { persisted: ts, advanced: ts, perStore: [], regions: undefined },
    objectsTs: ts,
    fuse: { kind: 'unprotected', neededTs: ts },
    snapshots: [snapshotAt('shop', nowMs - hourMs)],
    truncations: [],
    restores: [],
    keeper: {
      state: 'healthy',
      alarms: [],
      logHours: [{ hourMs: nowMs - hourMs, bytes }],
      epochs: [{ path: 'log-backup', startTs: 1n, sinceMs: 0, endTs: null, endedMs: null, why: '' }],
      progress: { startTs: 1n, checkpointTs: ts, movedMs: nowMs },
    },
    restoreMs: hourMs,
  };
  const numbers = metricsOf(facts, nowMs).filter(({ name }) => !name.startsWith('alarmLevel.'));
  if (numbers.length !== numberNames.length) throw new Error('a number of the calm day is not known');
  const hours = Array.from({ length: 24 }, (_, hour) => metricsOf(facts, nowMs + hour * hourMs));
  return hours.flat().filter(({ isMetric }) => isMetric).length;
}
