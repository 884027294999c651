// What the dashboards show, as data: CloudWatch's (dashboard.ts) and Grafana's (grafana.ts) are made of the same list, so that they
// agree. Must not know either.

import { levelExpression } from '../domain/alarm-code.ts';
import { type NumberName, paceOf } from '../domain/metrics.ts';
import { alarmNames } from '../domain/state/keeper-record.ts';

export type PanelUnit = 'seconds' | 'bytes' | 'level' | 'count';
export type PanelStatistic = 'Maximum' | 'Minimum' | 'SampleCount';

export interface PanelMetric {
  /** In expressions: a small letter first. */
  readonly id: string;
  readonly name: NumberName;
  readonly statistic: PanelStatistic;
}

export interface PanelLine {
  readonly id: string;
  readonly label: string;
  /** Metric math over the panel's metrics. */
  readonly expression: string;
}

export interface Panel {
  readonly title: string;
  /** Sentences of a letter. */
  readonly says: string;
  readonly unit: PanelUnit;
  readonly periodSeconds: number;
  /** Fetched, and shown only by the lines. */
  readonly metrics: readonly PanelMetric[];
  readonly lines: readonly PanelLine[];
}

const minute = 60;
const fiveMinutes = 300;
/** So many minutes of five should have a look. */
const looksExpected = 5;

export const panels: readonly Panel[] = [
  {
    title: 'Alarms',
    says: 'The level of each alarm: 0 ok, 1 warning, 2 critical.',
    unit: 'level',
    periodSeconds: minute,
    metrics: [{ id: 'code', name: 'alarmCode', statistic: 'Maximum' }],
    lines: alarmNames.map((name) => ({
      id: `level_${name.replaceAll('-', '_')}`,
      label: name,
      expression: levelExpression(name, 'code'),
    })),
  },
  numbers('Lag', 'What would be lost with the cluster, and where it hangs.', 'seconds', [
    ['lagSeconds', 'behind the cluster', 'Maximum'],
    ['gapSeconds', 'gap between TiDB, PD and the bucket', 'Maximum'],
  ]),
  numbers(
    'Fuse',
    'How long the history that the log still needs is held. It burns only while the log does not go on.',
    'seconds',
    [['fuseSeconds', 'history is held for', 'Minimum']],
  ),
  numbers('Window', 'How far back every moment can be restored without a gap.', 'seconds', [
    ['windowSeconds', 'window', 'Minimum'],
  ]),
  numbers('Base', 'The age of the newest complete snapshot.', 'seconds', [
    ['baseAgeSeconds', 'age of the base', 'Maximum'],
  ]),
  numbers('Restore', 'How long a restore to now would take.', 'seconds', [
    ['replayEstimateSeconds', 'estimate', 'Maximum'],
  ]),
  numbers('Log', 'How much log an hour makes.', 'bytes', [['logBytesPerHour', 'bytes an hour', 'Maximum']]),
  {
    title: 'Looks',
    says: `How often observe looked in five minutes: ${looksExpected} are right, none raises the alarm observe-silent.`,
    unit: 'count',
    periodSeconds: fiveMinutes,
    metrics: [{ id: 'looks', name: 'alarmCode', statistic: 'SampleCount' }],
    lines: [{ id: 'filled', label: 'looks in five minutes', expression: 'FILL(looks, 0)' }],
  },
];

/** Executions of the flows are metrics of Step Functions itself. */
export const flowPanel = {
  title: 'Flows',
  says: 'Executions that ended in an hour: snapshots, cuts, changes of the log task, restores.',
  periodSeconds: 3600,
  metrics: ['ExecutionsSucceeded', 'ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'],
} as const;

type Line = readonly [name: NumberName, label: string, statistic: PanelStatistic];

/** What is sent in a few hours of the day only is shown by its last value. */
function numbers(title: string, says: string, unit: PanelUnit, lines: readonly Line[]): Panel {
  const idOf = (name: NumberName) => name.replace(/Seconds$|PerHour$/, '');
  return {
    title,
    says,
    unit,
    periodSeconds: lines.some(([name]) => paceOf(name) === 'minute') ? minute : fiveMinutes,
    metrics: lines.map(([name, , statistic]) => ({ id: idOf(name), name, statistic })),
    lines: lines.map(([name, label]) => ({
      id: `${idOf(name)}_line`,
      label,
      expression: paceOf(name) === 'minute' ? idOf(name) : `FILL(${idOf(name)}, REPEAT)`,
    })),
  };
}
