// The words of a finding about the target of a restore: which checks there are, what they are made from, how a row looks.
// Judges nothing.

import type { ErrorCode } from '../errors.ts';
import type { Version } from '../versions.ts';

export type TargetCheckName =
  | 'pd-reachable'
  | 'cluster-id'
  | 'stores-up'
  | 'br-version'
  | 'not-older'
  | 'imports'
  | 'log-task'
  | 'gc-ratio'
  | 'clock';

export interface TargetFinding {
  readonly check: TargetCheckName;
  readonly level: 'pass' | 'warn' | 'fail';
  /** What a refusal for it says; undefined unless it fails. */
  readonly code: ErrorCode | undefined;
  /** Lower case, no period. */
  readonly found: string;
  readonly expected: string;
  /** What to do; empty when nothing needs to be done. */
  readonly hint: string;
}

/** What is going to be restored, and by which br. */
export interface RestoreFacts {
  /** 0n = unknown. */
  readonly sourceClusterId: bigint;
  /** Of the cluster that was backed up, as its snapshot says; empty when it does not. */
  readonly backupVersion: string;
  readonly brVersion: Version;
  /** Whether part of the log is laid over the snapshot. */
  readonly needsLog: boolean;
  /** Whether tables were chosen. */
  readonly hasFilter: boolean;
}

/** A row that needs nobody. */
export function pass(check: TargetCheckName, found: string, expected: string): TargetFinding {
  return { check, level: 'pass', code: undefined, found, expected, hint: '' };
}
