// Who did what, when, on which facts and why: written in the same write as what it tells of, and never changed.
// Must not be used to decide anything.

import type { Facts } from './run-identity.ts';
import type { RecordKind } from './task-record.ts';

export interface AuditEntry {
  readonly shape: 'audit/v1';
  readonly cluster: string;
  /** The id of the change: the same change has the same id, whoever makes it and however often. */
  readonly id: string;
  readonly atMs: number;
  /** A person, a schedule or a flow's execution. */
  readonly who: string;
  /** What was done, a few words. */
  readonly what: string;
  readonly why: string;
  readonly facts: Facts;
}

/** The trace of a change that was made: by it a second delivery is known, and gets the answer of the first. */
export interface AppliedChange {
  readonly shape: 'change/v1';
  readonly cluster: string;
  readonly id: string;
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly written: readonly WrittenRecord[];
}

export interface WrittenRecord {
  readonly kind: RecordKind;
  readonly id: string;
  readonly revision: number;
}
