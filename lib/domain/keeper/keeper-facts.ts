// What the keeper decides from: one look at PD and the bucket, the records of changes and runs, and the settings. Plain values, so
// that a look can be kept and decided again. Holds no rule.

import type { SafePointFacts } from '../cluster-facts.ts';
import type { LogTaskFacts } from '../log-task/log-task-facts.ts';
import type { AdoptedTask, KeeperRecord, LogHour } from '../state/keeper-record.ts';
import type { LogTaskState } from '../state/log-task-state.ts';
import type { RestoreRun } from '../state/restore-run.ts';
import type { Facts } from '../state/run-identity.ts';
import type { SnapshotRun } from '../state/snapshot-run.ts';
import type { TaskChange } from '../state/task-change.ts';
import type { TruncationRun } from '../state/truncation-run.ts';

export interface KeeperFacts {
  /** What the look means by itself (log-task-decision.ts). */
  readonly task: LogTaskState;
  /** Our task as PD has it; undefined: it is not there. */
  readonly ours: LogTaskFacts | undefined;
  /** Its folder below the bucket's prefix; empty without a task. */
  readonly path: string;
  /** Our task, where it has another name than the settings'. */
  readonly adopted: AdoptedTask | null;
  /** What a person can do about a task that is not ours; empty without one. */
  readonly advice: string;
  readonly safePoints: SafePointFacts;
  /** Unix ms by the cluster's clock: safe points end by it. */
  readonly serverMs: number;
  /** TiDB servers that stand for advancer. */
  readonly advancers: number;
  /** Restores and imports that are registered. */
  readonly imports: number;
  /** Newest checkpoint among its objects; undefined: none there, or not looked at. */
  readonly objectsTs: bigint | undefined;
  /** Why the bucket could not be read; empty when it could, or nobody asked. */
  readonly bucketProblem: string;
  /** TiKV stores that are up. */
  readonly stores: number;
  /** Newest first, each: enough to hold whatever is open. */
  readonly changes: readonly TaskChange[];
  readonly snapshots: readonly SnapshotRun[];
  readonly truncations: readonly TruncationRun[];
  readonly restores: readonly RestoreRun[];
  /** An hour that was measured at this look. */
  readonly measured: LogHour | undefined;
}

export interface KeeperSettings {
  readonly cluster: string;
  /** The settings want a log backup. */
  readonly isWanted: boolean;
  /** Of our task: as it was adopted, or as the settings say. */
  readonly taskName: string;
  /** The folder below which epochs lie, `log-backup`. */
  readonly folder: string;
  /** Where the first task is started. */
  readonly startsIn: string;
  /** For the commands that people are told. */
  readonly pd: readonly string[];
  /** False: the keeper watches and tells, and changes nothing but the first start. */
  readonly heals: boolean;
  readonly attemptsPerHour: number;
  /** A task that somebody stopped. */
  readonly onStop: 'restart' | 'tell';
  /** History that is gone. */
  readonly onLoss: 'epoch' | 'tell';
  readonly rpoMs: number;
  readonly rtoMs: number | undefined;
  /** A snapshot may be taken before its time where the time of a restore asks for it. */
  readonly snapshotsEarly: boolean;
  /** Longest time between two firings of the schedule. */
  readonly snapshotEveryMs: number;
  /** br of this version goes on in the folder of a task that was stopped (6.5 and later). */
  readonly goesOnInPlace: boolean;
  /** TiDB of this version pauses a task that lags (FACTS §7). */
  readonly pausesForLag: boolean;
  /** False for 6.1. */
  readonly needsAdvancer: boolean;
}

/** What is to be done, one thing at a time. `id`: of the change or run. */
export type KeeperAct =
  | {
      readonly kind: 'change';
      readonly id: string;
      readonly action: 'start' | 'stop' | 'resume';
      readonly task: string;
      readonly path: string;
      readonly why: string;
      /** For the audit. */
      readonly facts: Facts;
    }
  | { readonly kind: 'snapshot'; readonly id: string; readonly why: string; readonly facts: Facts };

export type KeeperTopic =
  | 'log-task-trouble'
  | 'log-task-well'
  | 'log-task-epoch'
  | 'alarm-raised'
  | 'alarm-over';

export interface KeeperMessage {
  readonly topic: KeeperTopic;
  /** Names the occasion: the same one has the same. */
  readonly occasion: string;
  /** One line, lower case. */
  readonly title: string;
  /** Sentences of a letter. */
  readonly happened: string;
  readonly done: string;
  readonly todo: string;
  readonly facts: Facts;
}

export interface KeeperDecision {
  /** What is to be remembered; its state is the state. */
  readonly record: KeeperRecord;
  /** Undefined: nothing is to be done now; `record.next` says what will be, and when. */
  readonly act: KeeperAct | undefined;
  /** Why nothing is done although something is wanted; empty otherwise. */
  readonly waiting: string;
  readonly messages: readonly KeeperMessage[];
}
