// The stored shapes of the log backup task: what is known of it, and what its keeper remembers. Part of shapes.ts.

import {
  type AdoptedTask,
  alarmNames,
  type KeeperRecord,
  keeperCauseNames,
  keeperStateNames,
  type LogHour,
} from '../../domain/state/keeper-record.ts';
import type { LogTaskState } from '../../domain/state/log-task-state.ts';
import {
  bool,
  clusterName,
  type Field,
  FieldFault,
  listOf,
  ms,
  nullable,
  objectOf,
  oneOf,
  runIdText,
  text,
  u64,
} from './fields.ts';
import { flatShape, type Shape, shapeOfStates } from './shape.ts';

const observed = { cluster: clusterName, observedMs: ms };
const task = { ...observed, task: text, storage: text, startTs: u64 };
const ownTask = { ...task, checkpointTs: u64 };
const storeError = objectOf({ storeId: u64, code: text, message: text });

export const logTaskShape: Shape<LogTaskState> = shapeOfStates<LogTaskState>('log-task/v1', {
  none: observed,
  running: ownTask,
  paused: {
    ...ownTask,
    pausedMs: nullable(ms),
    by: oneOf('person', 'system', 'unknown'),
    message: text,
    fuseMs: nullable(ms),
  },
  failed: { ...ownTask, sinceMs: nullable(ms), stores: listOf(storeError) },
  stuck: { ...ownTask, sinceMs: ms, reason: text },
  stopped: { ...ownTask, stoppedMs: ms },
  foreign: { ...task, reason: text },
});

const attempt = objectOf<KeeperRecord['attempts'][number]>({
  id: runIdText,
  action: oneOf('start', 'stop', 'resume'),
  path: text,
  atMs: ms,
  fromTs: u64,
  outcome: oneOf('open', 'worked', 'failed'),
  endedMs: nullable(ms),
  why: text,
});
const epoch = objectOf<KeeperRecord['epochs'][number]>({
  path: text,
  startTs: u64,
  sinceMs: ms,
  endTs: nullable(u64),
  endedMs: nullable(ms),
  why: text,
});
const alarm = objectOf<KeeperRecord['alarms'][number]>({
  name: oneOf(...alarmNames),
  level: oneOf('ok', 'warning', 'critical'),
  sinceMs: ms,
  calmMs: nullable(ms),
  sentence: text,
});
const next = objectOf<NonNullable<KeeperRecord['next']>>({
  action: oneOf('start', 'stop', 'resume', 'snapshot'),
  atMs: ms,
  why: text,
});
const progress = objectOf<NonNullable<KeeperRecord['progress']>>({
  startTs: u64,
  checkpointTs: u64,
  movedMs: ms,
});
const hourMs = 3_600_000;
/**
 * `495338:1234 495339:0`: hours since 1970 with their bytes. As text, because the record is written every minute and paid by the kilobyte:
 * as objects these two days were half of what its table costs.
 */
const logHours: Field<readonly LogHour[]> = {
  form: 'log hours',
  read: (value, path) => {
    if (typeof value !== 'string' || !/^(?:\d{1,7}:\d{1,20}(?: \d{1,7}:\d{1,20})*)?$/.test(value)) {
      throw new FieldFault(path, 'hours with their bytes', value);
    }
    return [...value.matchAll(/(\d+):(\d+)/g)].map(([, hour, bytes]) => ({
      hourMs: Number(hour) * hourMs,
      bytes: BigInt(bytes ?? ''),
    }));
  },
  write: (hours, path) =>
    hours
      .map(({ hourMs: atMs, bytes }) => {
        if (atMs % hourMs === 0) return `${atMs / hourMs}:${bytes}`;
        throw new FieldFault(path, 'the begin of an hour', atMs);
      })
      .join(' '),
};
const adopted = objectOf<AdoptedTask>({ name: text, path: text, atMs: ms, who: text });
export const keeperShape: Shape<KeeperRecord> = flatShape<KeeperRecord>('keeper/v1', {
  state: oneOf(...keeperStateNames),
  cluster: clusterName,
  sinceMs: ms,
  decidedMs: ms,
  cause: oneOf(...keeperCauseNames),
  reason: text,
  pausedBy: oneOf('nobody', 'person', 'system'),
  progress: nullable(progress),
  waitsForTs: nullable(u64),
  aliveMs: nullable(ms),
  isIntroduced: bool,
  attempts: listOf(attempt),
  epochs: listOf(epoch),
  told: listOf(objectOf({ key: text, atMs: ms })),
  alarms: listOf(alarm),
  logHours,
  next: nullable(next),
  adopted: nullable(adopted),
});
