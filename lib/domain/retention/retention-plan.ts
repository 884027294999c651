// The words of a plan of the retention: its steps, what stays, and its refusal. Holds no rule.

import type { TsInterval } from '../intervals.ts';
import type { Failure } from '../state/run-identity.ts';

interface Target {
  /** Why it goes, sentences; the first one is the rule. */
  readonly reasons: readonly string[];
  /** Of a cut an estimate by the names of its objects; undefined when nobody counted. */
  readonly objects: number | undefined;
  readonly bytes: bigint | undefined;
}

export type RetentionStep =
  /** A verified snapshot that nothing needs any more. */
  | (Target & { readonly kind: 'delete-snapshot'; readonly folder: string; readonly backupTs: bigint })
  /** What a dead run left. */
  | (Target & { readonly kind: 'delete-unfinished'; readonly folder: string })
  /** The log of an old epoch, whole. `endTs`: up to where it was restorable. */
  | (Target & { readonly kind: 'delete-log'; readonly path: string; readonly endTs: bigint })
  /** The log that goes on, up to and without this moment. */
  | (Target & {
      readonly kind: 'cut-log';
      readonly path: string;
      readonly untilTs: bigint;
      readonly base: string;
    });

export type KeepCode =
  /** The newest base at or before the window's start. */
  | 'WINDOW_BASE'
  | 'IN_WINDOW'
  | 'MIN_BASES'
  /** A base that stays is laid over it. */
  | 'PARENT'
  | 'PIN'
  | 'RESTORE'
  /** It does not count as a base, and a plan never deletes what it cannot judge. */
  | 'UNVERIFIED'
  | 'OPEN_WORK'
  | 'TOO_YOUNG'
  | 'BASE_NEEDS_LOG'
  | 'LOG_GOES_ON';

export interface Kept {
  readonly of: 'snapshot' | 'log';
  /** The folder. */
  readonly name: string;
  readonly reasons: readonly { readonly code: KeepCode; readonly sentence: string }[];
  readonly objects: number | undefined;
  readonly bytes: bigint | undefined;
}

export interface RetentionPlan {
  readonly kind: 'plan';
  /** The first moment that is promised. */
  readonly windowStartTs: bigint;
  /** In the order in which they are done. Empty: there is nothing to do. */
  readonly steps: readonly RetentionStep[];
  readonly kept: readonly Kept[];
  /** All restorable moments, before the first step and after the last. */
  readonly windowBefore: readonly TsInterval[];
  readonly windowAfter: readonly TsInterval[];
  /** Moments of the promised window that nothing restores already now. */
  readonly holes: readonly TsInterval[];
  /** What the plan relies on, a line each: fingerprint.ts. */
  readonly facts: readonly string[];
}

/** Nothing may be deleted, and each reason of it. */
export interface RetentionRefused {
  readonly kind: 'refused';
  readonly refusals: readonly Failure[];
}

/** The folder that a step works on. */
export function targetOf(step: RetentionStep): string {
  return 'folder' in step ? step.folder : step.path;
}
