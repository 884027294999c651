// The numbers of one look at the log backup, and which of them are metrics now: each metric costs by the hours in which it is sent,
// so that what moves slowly is sent in few hours while all is well. docs/metrics.md has the list. Decides no alarm.

import { alarmCode, alarmLevels } from './alarm-code.ts';
import type { Fuse } from './log-task/fuse.ts';
import type { CheckpointFacts } from './log-task/log-task-facts.ts';
import { type AlarmName, alarmNames, type KeeperRecord, keeperStateNames } from './state/keeper-record.ts';
import type { RestoreRun } from './state/restore-run.ts';
import type { SnapshotRun } from './state/snapshot-run.ts';
import type { TruncationRun } from './state/truncation-run.ts';
import { maxTs, minTs, msOfTs } from './ts.ts';

/** CloudWatch's words. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
export type MetricUnit = 'Seconds' | 'Bytes' | 'Count' | 'None';

/**
 * `minute`: always a metric. `calm`: one in trouble, and in two hours of the day otherwise. `log`: never; it is in the line of the
 * log with all the others.
 */
export type MetricPace = 'minute' | 'calm' | 'log';

const numbers = {
  /** What cannot be restored yet: the cluster's clock less the checkpoint. */
  lagSeconds: { unit: 'Seconds', pace: 'minute' },
  /** alarm-code.ts */
  alarmCode: { unit: 'None', pace: 'minute' },
  /** The greater of `unsavedSeconds` and `missingSeconds`: how far the sources of the checkpoint are apart. */
  gapSeconds: { unit: 'Seconds', pace: 'calm' },
  /** How long the history that the log still needs is held; 0: nothing holds it, or it is gone. */
  fuseSeconds: { unit: 'Seconds', pace: 'calm' },
  /** From the oldest base that the log continues to the checkpoint. */
  windowSeconds: { unit: 'Seconds', pace: 'calm' },
  baseAgeSeconds: { unit: 'Seconds', pace: 'calm' },
  /** The mean of the last measured hours. */
  logBytesPerHour: { unit: 'Bytes', pace: 'calm' },
  /** How long a restore to now would take. */
  replayEstimateSeconds: { unit: 'Seconds', pace: 'calm' },
  /** Advanced by TiDB, and not saved by TiKV. */
  unsavedSeconds: { unit: 'Seconds', pace: 'log' },
  /** Saved, as PD says, and not in the bucket. */
  missingSeconds: { unit: 'Seconds', pace: 'log' },
  /** Place in keeperStateNames. */
  taskState: { unit: 'None', pace: 'log' },
  restoresRunning: { unit: 'Count', pace: 'log' },
} as const satisfies Readonly<Record<string, { readonly unit: MetricUnit; readonly pace: MetricPace }>>;

export type NumberName = keyof typeof numbers;
/** Every number of a look but the levels of the alarms. */
export const numberNames = Object.keys(numbers) as readonly NumberName[];
export const paceOf = (name: NumberName): MetricPace => numbers[name].pace;

export interface Metric {
  readonly name: NumberName | `alarmLevel.${AlarmName}`;
  readonly unit: MetricUnit;
  readonly value: number;
  /** It is to be a metric now, and paid for this hour. */
  readonly isMetric: boolean;
}

export interface MetricFacts {
  /** Unix ms by the cluster's clock. */
  readonly serverMs: number;
  /** Of our task; undefined: it is not there. */
  readonly checkpoints: CheckpointFacts | undefined;
  /** Newest checkpoint among its objects; undefined: none there, or not looked at. */
  readonly objectsTs: bigint | undefined;
  readonly fuse: Fuse | undefined;
  readonly snapshots: readonly SnapshotRun[];
  readonly truncations: readonly TruncationRun[];
  readonly restores: readonly RestoreRun[];
  /** As it was decided at this look. */
  readonly keeper: Pick<KeeperRecord, 'state' | 'alarms' | 'logHours' | 'epochs' | 'progress'>;
  /** How long a restore to now would take; undefined: not known. */
  readonly restoreMs: number | undefined;
}

const hourMs = 3_600_000;
const isUnderWay: ReadonlySet<RestoreRun['state']> = new Set(['running', 'verifying', 'settling']);
/** Of slow metrics while all is well: the hours 0 and 12 of UTC, each minute of them. */
export const calmEveryHours = 12;

/** What is not known is left out. `atMs`: by our clock. */
export function metricsOf(facts: MetricFacts, atMs: number): readonly Metric[] {
  const isSent = { minute: true, calm: !isCalm(facts) || isCalmHour(atMs), log: false } as const;
  const values = valuesOf(facts);
  const found = numberNames.flatMap((name) => {
    const value = values[name];
    const { unit, pace } = numbers[name];
    return value === undefined || !Number.isFinite(value)
      ? []
      : [{ name, unit, value: Math.max(0, Math.round(value)), isMetric: isSent[pace] }];
  });
  const levels = alarmNames.map((name) => {
    const level = facts.keeper.alarms.find((alarm) => alarm.name === name)?.level ?? 'ok';
    const value = alarmLevels.indexOf(level);
    return { name: `alarmLevel.${name}`, unit: 'None', value, isMetric: false } as const;
  });
  return [...found, ...levels];
}

function isCalm({ keeper }: MetricFacts): boolean {
  const isWell = keeper.state === 'healthy' || keeper.state === 'starting' || keeper.state === 'none';
  return isWell && keeper.alarms.every(({ level }) => level === 'ok');
}

function isCalmHour(atMs: number): boolean {
  return Math.floor(atMs / hourMs) % calmEveryHours === 0;
}

function valuesOf(facts: MetricFacts): Readonly<Record<NumberName, number | undefined>> {
  const { serverMs, checkpoints, objectsTs, fuse, keeper, restores, restoreMs } = facts;
  const checkpointTs = keeper.progress?.checkpointTs;
  const unsavedMs = aheadMs(checkpoints?.advanced, checkpoints?.persisted);
  const missingMs = aheadMs(checkpoints?.persisted, objectsTs);
  const isGapKnown = unsavedMs !== undefined || missingMs !== undefined;
  return {
    lagSeconds: secondsOf(checkpointTs === undefined ? undefined : serverMs - msOfTs(checkpointTs)),
    alarmCode: alarmCode(keeper.alarms),
    gapSeconds: isGapKnown ? secondsOf(Math.max(unsavedMs ?? 0, missingMs ?? 0)) : undefined,
    unsavedSeconds: secondsOf(unsavedMs),
    missingSeconds: secondsOf(missingMs),
    fuseSeconds: fuse && secondsOf(fuse.kind === 'held' ? fuse.leftMs : 0),
    windowSeconds: secondsOf(windowMs(facts)),
    baseAgeSeconds: secondsOf(baseAgeMs(facts)),
    logBytesPerHour: meanBytes(keeper.logHours),
    replayEstimateSeconds: secondsOf(restoreMs),
    taskState: keeperStateNames.indexOf(keeper.state),
    restoresRunning: restores.filter(({ state }) => isUnderWay.has(state)).length,
  };
}

/** Undefined without both. */
function aheadMs(ahead: bigint | undefined, behind: bigint | undefined): number | undefined {
  return ahead === undefined || behind === undefined ? undefined : msOfTs(ahead) - msOfTs(behind);
}

const secondsOf = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);

/** The TSOs that complete snapshots show. */
function basesOf({ snapshots }: MetricFacts): readonly bigint[] {
  return snapshots.flatMap((run) => (run.state === 'complete' ? [run.backupTs] : []));
}

function baseAgeMs(facts: MetricFacts): number | undefined {
  const [first, ...rest] = basesOf(facts);
  return first === undefined ? undefined : facts.serverMs - msOfTs(rest.reduce(maxTs, first));
}

/** Of the epoch that goes on, by the records: `pitr window` reads the bucket and knows better. 0 without a base. */
function windowMs(facts: MetricFacts): number | undefined {
  const { keeper, objectsTs, truncations } = facts;
  const epoch = keeper.epochs.at(-1);
  const checkpointTs = keeper.progress?.checkpointTs;
  if (epoch === undefined || checkpointTs === undefined) return undefined;
  const cuts = truncations.flatMap((run) =>
    run.state === 'done' && run.path === epoch.path ? [run.logMinimumTs] : [],
  );
  const beginTs = cuts.reduce(maxTs, epoch.startTs);
  const endTs = objectsTs === undefined ? checkpointTs : minTs(checkpointTs, objectsTs);
  const [first, ...rest] = basesOf(facts).filter((ts) => ts >= beginTs && ts <= endTs);
  return first === undefined ? 0 : msOfTs(endTs) - msOfTs(rest.reduce(minTs, first));
}

/** Over as many hours as lie between two that slow metrics are sent in. */
function meanBytes(logHours: KeeperRecord['logHours']): number | undefined {
  const newest = logHours.slice(-calmEveryHours);
  if (newest.length === 0) return undefined;
  return newest.reduce((sum, { bytes }) => sum + Number(bytes), 0) / newest.length;
}
