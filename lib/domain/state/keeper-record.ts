// What the keeper of the log backup task remembers between two minutes: where it is, what it tried, what it told, and the epochs of
// the log. One record per cluster. Must not decide: lib/domain/keeper does.

/** Each with entry, exit and action in lib/domain/keeper/keeper-state.ts and docs/runbook.md. */
export const keeperStateNames = [
  'none',
  'starting',
  'healthy',
  'lagging',
  'frozen',
  'paused-by-person',
  'paused-by-system',
  'error',
  'stopped',
  'replaced',
  'lost',
] as const;
export type KeeperStateName = (typeof keeperStateNames)[number];

/** Why a task does not go on; lib/domain/keeper/cause.ts finds it out. `none`: nothing is wrong. */
export const keeperCauseNames = [
  'none',
  'storage-denied',
  'storage-missing',
  'throttling',
  'credentials',
  'network',
  'quota',
  'lag-limit',
  'initial-scan',
  'encryption',
  'no-advancer',
  'objects-missing',
  'pd',
  'unknown',
] as const;
export type KeeperCauseName = (typeof keeperCauseNames)[number];

/** One change of the task that the keeper planned. It worked only if what it was for was seen: for a start or resume, a checkpoint that moved. */
export interface KeeperAttempt {
  /** Of the change of the task. */
  readonly id: string;
  readonly action: 'start' | 'stop' | 'resume';
  /** The folder of the log. */
  readonly path: string;
  readonly atMs: number;
  /** The checkpoint when it was planned; 0n without one. */
  readonly fromTs: bigint;
  readonly outcome: 'open' | 'worked' | 'failed';
  readonly endedMs: number | null;
  readonly why: string;
}

/** One unbroken life of the log in one folder. */
export interface KeeperEpoch {
  /** Below the bucket's prefix. */
  readonly path: string;
  readonly startTs: bigint;
  /** When a task was first seen there, Unix ms. */
  readonly sinceMs: number;
  /** Up to here it is whole; null while it goes on. */
  readonly endTs: bigint | null;
  readonly endedMs: number | null;
  /** Why it ended; empty while it goes on. */
  readonly why: string;
}

/** Something that people were told began, and whose end they have not been told yet. */
export interface KeeperTold {
  readonly key: string;
  readonly atMs: number;
}

export const alarmNames = [
  'lag',
  'paused',
  'error',
  'frozen',
  'gc-passed',
  'fuse',
  'snapshot',
  'restore',
  'truncation',
  'restore-time',
] as const;
export type AlarmName = (typeof alarmNames)[number];
export type AlarmLevel = 'ok' | 'warning' | 'critical';

/** An alarm that is not ok, or is not calm yet. */
export interface KeeperAlarm {
  readonly name: AlarmName;
  readonly level: AlarmLevel;
  /** Since when at this level or above, Unix ms. */
  readonly sinceMs: number;
  /** Since when it would be lower; null while it is not. */
  readonly calmMs: number | null;
  readonly sentence: string;
}

/** How much log one hour of UTC made. */
export interface LogHour {
  readonly hourMs: number;
  readonly bytes: bigint;
}

/** What the keeper will do if all stays as it is. */
export interface KeeperNext {
  readonly action: 'start' | 'stop' | 'resume' | 'snapshot';
  /** Not before, Unix ms. */
  readonly atMs: number;
  readonly why: string;
}

/** A task of another name than the settings', taken as ours. */
export interface AdoptedTask {
  /** In PD; all that is done with it names it so. */
  readonly name: string;
  /** Below the bucket's prefix. */
  readonly path: string;
  /** When it was adopted, Unix ms. */
  readonly atMs: number;
  /** The person who asked for it, or `observe`. */
  readonly who: string;
}

export interface KeeperRecord {
  readonly shape: 'keeper/v1';
  readonly state: KeeperStateName;
  readonly cluster: string;
  /** Since when it is in this state, by our clock, Unix ms. */
  readonly sinceMs: number;
  /** When it decided last. */
  readonly decidedMs: number;
  readonly cause: KeeperCauseName;
  /** A sentence of what is wrong; empty when nothing is. */
  readonly reason: string;
  /** Of a pause that goes on. What was found out once stays while it lasts. */
  readonly pausedBy: 'nobody' | 'person' | 'system';
  /** The life of our task that was seen last, and when its checkpoint was last seen to move. */
  readonly progress: {
    readonly startTs: bigint;
    readonly checkpointTs: bigint;
    readonly movedMs: number;
  } | null;
  /** After a start or resume by anybody: it counts once the checkpoint is greater than this. */
  readonly waitsForTs: bigint | null;
  /** When our task was last seen not halted, Unix ms. */
  readonly aliveMs: number | null;
  /** People know that the log is backed up. */
  readonly isIntroduced: boolean;
  /** Of the last day, oldest first. */
  readonly attempts: readonly KeeperAttempt[];
  /** Oldest first; the last is the one that is written to. */
  readonly epochs: readonly KeeperEpoch[];
  readonly told: readonly KeeperTold[];
  readonly alarms: readonly KeeperAlarm[];
  /** Of the last two days, oldest first. */
  readonly logHours: readonly LogHour[];
  /** null: nothing is to be done. */
  readonly next: KeeperNext | null;
  /** null: our task has the name of the settings. */
  readonly adopted: AdoptedTask | null;
}
