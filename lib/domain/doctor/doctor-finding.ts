// The words of a doctor's finding: which checks there are, what they are made from, how a row looks. Judges nothing.

import type { ClockFacts, ClusterFacts, SafePointFacts } from '../cluster-facts.ts';
import type { LogBackupFacts } from '../log-task/log-task-facts.ts';

export type DoctorLevel = 'ok' | 'warn' | 'fail';

export type DoctorCheck =
  | 'settings'
  | 'br-program'
  | 'storage'
  | 'window'
  | 'pd-reachable'
  | 'cluster-id'
  | 'store-versions'
  | 'br-version'
  | 'log-backup-enabled'
  | 'log-task'
  | 'task-state'
  | 'task-credentials'
  | 'advancer'
  | 'checkpoint-lag'
  | 'history'
  | 'leftover-keys'
  | 'leftover-safe-points'
  | 'imports'
  | 'clock'
  | 'schedule'
  | 'stack'
  | 'rights'
  | 'bucket-settings'
  | 'bucket-versioning'
  | 'bucket-public-access'
  | 'bucket-tls'
  | 'bucket-lifecycle'
  | 'bucket-object-lock'
  | 'bucket-encryption'
  | 'storage-clock'
  | 'tikv-writes';

export interface DoctorFinding {
  readonly check: DoctorCheck;
  /** Which one, where a check has a row for each: the role of `rights`. */
  readonly about?: string;
  readonly level: DoctorLevel;
  /** What is, lower case, no period. */
  readonly found: string;
  readonly expected: string;
  /** What to do; empty when nothing needs to be done. */
  readonly hint: string;
}

/** What the settings say of this cluster; undefined where they say nothing. */
export interface DoctorSettings {
  /** Of the log task: its name in PD. */
  readonly taskName: string | undefined;
  /** Where the log goes, without options: `s3://bucket/prefix/log-backup`, `file:///…`. */
  readonly logUrl: string | undefined;
  /** Of the br that will be run. */
  readonly brVersion: string | undefined;
  /** Known from the bucket or from an earlier look. */
  readonly clusterId: bigint | undefined;
  /** A lag beyond this is a failure; br itself shows red from 10 minutes on (FACTS §2.5). */
  readonly maxLagMs: number;
}

export interface DoctorFacts {
  readonly logBackup: LogBackupFacts;
  readonly safePoints: SafePointFacts;
  readonly cluster: ClusterFacts;
  readonly clock: ClockFacts;
  /** `log-backup.enable` by store; a store that did not answer is not in it. */
  readonly logBackupEnabled: ReadonlyMap<bigint, boolean>;
}

/** A row that needs nobody. */
export function ok(check: DoctorCheck, found: string, expected: string): DoctorFinding {
  return { check, level: 'ok', found, expected, hint: '' };
}

/** `840 ms`, `12 s`, `7 min`, `17 h`, `3 days`: rounded down, for reading. */
export function duration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'ever';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.floor(ms / 1000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  if (ms < 48 * 3_600_000) return `${Math.floor(ms / 3_600_000)} h`;
  return `${Math.floor(ms / 86_400_000)} days`;
}
