// The records that the state of a cluster is made of, by kind, and the key of each. Must not read or write them.

import type { BrRun } from './br-run.ts';
import type { KeeperRecord } from './keeper-record.ts';
import type { LogTaskState } from './log-task-state.ts';
import type { PinRecord } from './pin-record.ts';
import type { PlanRecord } from './plan-record.ts';
import type { RestoreRun } from './restore-run.ts';
import type { SnapshotRun } from './snapshot-run.ts';
import type { TaskChange } from './task-change.ts';
import type { TruncationRun } from './truncation-run.ts';

/** Kind → record. `log-task` and `keeper` have one record per cluster, with the id `current`; the others one per run. */
export interface RecordOfKind {
  readonly 'log-task': LogTaskState;
  readonly keeper: KeeperRecord;
  readonly snapshot: SnapshotRun;
  readonly truncation: TruncationRun;
  readonly restore: RestoreRun;
  readonly plan: PlanRecord;
  readonly 'br-run': BrRun;
  readonly 'task-change': TaskChange;
  readonly pin: PinRecord;
}

export type RecordKind = keyof RecordOfKind;
export type TaskRecord = RecordOfKind[RecordKind];

export interface RecordKey<K extends RecordKind = RecordKind> {
  readonly cluster: string;
  readonly kind: K;
  readonly id: string;
}

/** The key under which a record is stored. */
export function keyOfRecord(record: TaskRecord): RecordKey {
  const { cluster } = record;
  switch (record.shape) {
    case 'log-task/v1':
      return { cluster, kind: 'log-task', id: 'current' };
    case 'keeper/v1':
      return { cluster, kind: 'keeper', id: 'current' };
    case 'snapshot/v1':
      return { cluster, kind: 'snapshot', id: record.id };
    case 'truncation/v1':
      return { cluster, kind: 'truncation', id: record.id };
    case 'restore/v1':
      return { cluster, kind: 'restore', id: record.id };
    case 'plan/v1':
      return { cluster, kind: 'plan', id: record.id };
    case 'br-run/v1':
      return { cluster, kind: 'br-run', id: record.id };
    case 'task-change/v1':
      return { cluster, kind: 'task-change', id: record.id };
    case 'pin/v1':
      return { cluster, kind: 'pin', id: record.id };
    default: {
      const unknown: never = record;
      return unknown;
    }
  }
}
