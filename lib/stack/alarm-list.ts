// Which alarms of CloudWatch a cluster has, as data: what each looks at, when it rises, what it means. docs/runbook.md has an entry
// for each. The levels are decided by the keeper (lib/domain/keeper/alarms.ts), but for the lag and for silence.

import { formatDurationSetting } from '../config/duration.ts';
import type { ClusterSettings } from '../config/settings-types.ts';
import { criticalLagFactor, fuseWarningMs } from '../domain/keeper/alarms.ts';
import type { NumberName } from '../domain/metrics.ts';
import type { AlarmName } from '../domain/state/keeper-record.ts';

/** What an alarm looks at, once a minute. */
export type AlarmSource =
  /** A number that is greater than the limit. */
  | { readonly kind: 'number'; readonly metric: NumberName; readonly above: number }
  /** A digit of the code of all alarms: 1 for warning, 2 for critical. */
  | { readonly kind: 'level'; readonly name: AlarmName; readonly atLeast: 1 | 2 }
  /** No look at all. */
  | { readonly kind: 'silence' }
  /** Something lies in the queue of calls that failed to the last. */
  | { readonly kind: 'unheard' };

export interface AlarmPlan {
  /** `lag-warning`; unique in a cluster. */
  readonly id: string;
  /** Of its entry in docs/runbook.md: several levels have one. */
  readonly entry: AlarmName | 'observe-silent' | 'unheard';
  readonly source: AlarmSource;
  /** Minutes in a row. */
  readonly minutes: number;
  /** What it means: one sentence. */
  readonly means: string;
}

/** A minute may be lost, and a lag go down and up at its limit. */
const lagMinutes = 3;
/** Shorter than the time in which history is at risk, longer than the update of a PD. */
const silentMinutes = 10;

type Cluster = Pick<ClusterSettings, 'name' | 'policy' | 'objectives'>;

/** Without a log backup there are only those of snapshots, restores, silence and calls that were not heard. */
export function alarmsOfCluster(cluster: Cluster): readonly AlarmPlan[] {
  const { policy, objectives } = cluster;
  const ofLog = policy.log.kind === 'on' ? logAlarms(cluster) : [];
  const ofRestoreTime =
    policy.log.kind === 'on' && objectives.rtoMs !== undefined ? [restoreTime(objectives.rtoMs)] : [];
  return [...ofLog, ...runAlarms(cluster), ...ofRestoreTime, silence, unheard];
}

/** The words that CloudWatch shows and sends. */
export function describeAlarm({ means, entry }: AlarmPlan, cluster: string): string {
  return `TiDB cluster ${cluster}: ${means} What to do: docs/runbook.md#alarm-${entry}`;
}

function logAlarms({ objectives }: Cluster): readonly AlarmPlan[] {
  const lag = (level: string, aboveMs: number): AlarmPlan => ({
    id: `lag-${level}`,
    entry: 'lag',
    source: { kind: 'number', metric: 'lagSeconds', above: aboveMs / 1000 },
    minutes: lagMinutes,
    means: `the log is more than ${formatDurationSetting(aboveMs)} behind: so much would be lost with the cluster.`,
  });
  return [
    lag('warning', objectives.rpoMs),
    lag('critical', criticalLagFactor * objectives.rpoMs),
    paused('warning', 1, 2),
    paused('critical', 2, 12),
    level('error', 'a store paused the log backup task with an error, and the log does not go on.'),
    level('frozen', 'the log backup task is called normal, and its checkpoint stands.'),
    level(
      'gc-passed',
      'history that the log needs was collected: the log has a hole, and only a new epoch helps.',
    ),
    level(
      'fuse',
      `history that the log needs is held for less than ${formatDurationSetting(fuseWarningMs)} more, and the log does not go on.`,
    ),
    level('truncation', 'cuts of the log fail one after the other, or one is stuck: the bucket grows.'),
  ];
}

function runAlarms({ policy }: Cluster): readonly AlarmPlan[] {
  const grows =
    policy.log.kind === 'on' ? 'a restore takes longer with each day' : 'what can be restored grows old';
  return [
    level('snapshot', `the newest snapshot is overdue, or the last one failed: ${grows}.`),
    level('restore', 'a restore runs, or one failed within the last day.'),
  ];
}

function paused(name: 'warning' | 'critical', atLeast: 1 | 2, hours: number): AlarmPlan {
  const means = `the log backup task is paused for more than ${hours} hours: nothing is added to the log.`;
  return {
    ...level('paused', means),
    id: `paused-${name}`,
    source: { kind: 'level', name: 'paused', atLeast },
  };
}

function restoreTime(rtoMs: number): AlarmPlan {
  const promised = formatDurationSetting(rtoMs);
  return level('restore-time', `a restore to now would take longer than objectives.rto, ${promised}.`);
}

function level(name: AlarmName, means: string): AlarmPlan {
  return { id: name, entry: name, source: { kind: 'level', name, atLeast: 1 }, minutes: 1, means };
}

const silence: AlarmPlan = {
  id: 'observe-silent',
  entry: 'observe-silent',
  source: { kind: 'silence' },
  minutes: silentMinutes,
  means: `nobody looked at the log backup for ${silentMinutes} minutes: no other alarm can rise.`,
};

const unheard: AlarmPlan = {
  id: 'unheard',
  entry: 'unheard',
  source: { kind: 'unheard' },
  minutes: 1,
  means: 'a call that nobody waits for failed to the last: what it was for was not done.',
};
