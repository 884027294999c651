// The port of the tasks' state: records, checkpoints, leases, signals and the audit of one or many clusters.
// Adapters: lib/aws/dynamo-task-store.ts, lib/local/sqlite-task-store.ts. Contract: test/contracts/task-store.contract.ts.

import type { AuditEntry, WrittenRecord } from '../domain/state/audit-entry.ts';
import type { Checkpoint, Resolution } from '../domain/state/checkpoint.ts';
import type { HeldLease, Lease, LeaseRequest } from '../domain/state/lease.ts';
import type { Work } from '../domain/state/run-identity.ts';
import type { WaitingSignal } from '../domain/state/signal.ts';
import type { RecordKey, RecordKind, RecordOfKind, TaskRecord } from '../domain/state/task-record.ts';

export interface Stored<T> {
  readonly record: T;
  /** To be named by the next write of it. */
  readonly revision: number;
}

export interface RecordWrite {
  readonly record: TaskRecord;
  /** The revision that was read, or `absent` for a record that is to be new. */
  readonly expect: 'absent' | number;
}

/** One step of work: all of it is written, or nothing. At most 25 records and signals together. */
export interface Change {
  readonly cluster: string;
  readonly nowMs: number;
  readonly records: readonly RecordWrite[];
  /** The lease under which the step is done; without one only what needs none. */
  readonly lease?: HeldLease;
  /** Its id makes the change one that is done once. Without it the revisions are the only guard (heartbeats). */
  readonly audit?: AuditEntry;
  /** Told once each; one whose id is waiting or was told before is left out. */
  readonly signals?: readonly WaitingSignal[];
  /** Signals that are answered by this change. */
  readonly consumes?: readonly string[];
}

export type CommitOutcome =
  | { readonly kind: 'written'; readonly written: readonly WrittenRecord[] }
  /** A change of this id was made before, and this one did nothing: what that one wrote. */
  | { readonly kind: 'repeated'; readonly written: readonly WrittenRecord[] }
  /** A signal that this change answers was answered before, and this one did nothing. */
  | { readonly kind: 'consumed-before'; readonly signal: string };

/** A time range `[fromMs, untilMs)` and a page of it. */
export interface PageQuery {
  readonly nowMs: number;
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly newestFirst?: boolean;
  /** 1 to 1000; 100 when not given. */
  readonly limit?: number;
  /** `next` of the page before, with all else equal. */
  readonly after?: string;
}

export interface Page<T> {
  /** May be fewer than the limit, also none, when what is there has expired. */
  readonly entries: readonly T[];
  /** Give it as `after` for more; undefined at the end. */
  readonly next: string | undefined;
}

export type AcquireOutcome =
  | { readonly kind: 'granted'; readonly lease: HeldLease; readonly expiresMs: number }
  | { readonly kind: 'held'; readonly by: string; readonly fence: bigint; readonly expiresMs: number };

/**
 * State of tasks. Every call that depends on time takes it as `nowMs`. What was written is seen by the next read of anybody.
 * What expired is not seen, whether or not it was removed.
 *
 * Errors of all calls: STATE_UNAVAILABLE when the table does not answer (after retries; every write may be made again),
 * STORAGE_DENIED, STATE_SHAPE_UNKNOWN for a record that this version cannot read, INVALID_INPUT for impossible names and ids.
 */
export interface TaskStore {
  /** For messages: `dynamodb:TABLE` or the path of the file. */
  readonly url: string;

  /** The record as it is now, or undefined. */
  get<K extends RecordKind>(key: RecordKey<K>, nowMs: number): Promise<Stored<RecordOfKind[K]> | undefined>;

  /** Records of one kind of one cluster by the time in their ids. */
  list<K extends RecordKind>(
    kind: K,
    cluster: string,
    query: PageQuery,
  ): Promise<Page<Stored<RecordOfKind[K]>>>;

  /**
   * Makes a change: records, audit entry and signals in one conditional write. The same change (by the id of its audit
   * entry) made twice, also by two at once, is made once; the second gets `repeated`, whatever has become of records and
   * lease since. Errors, nothing being written: LEASE_LOST when the lease it names is not that holder's with that fence any
   * more, with whose it is (a lease that ran out and nobody took still counts: the fence decides, not the clock);
   * STATE_CONFLICT when a record is not as expected, with what was found, or the id belongs to another change.
   */
  commit(change: Change): Promise<CommitOutcome>;

  /** Adds checkpoints; of each minute and each hour the first stays, so adding twice changes nothing. How many were new. */
  addCheckpoints(entries: readonly Checkpoint[], nowMs: number): Promise<number>;
  /** Checkpoints of one resolution by time. */
  checkpoints(cluster: string, resolution: Resolution, query: PageQuery): Promise<Page<Checkpoint>>;

  /** The audit by time. Entries never change and never go. */
  audit(cluster: string, query: PageQuery): Promise<Page<AuditEntry>>;

  /**
   * Takes the lease of a kind of work, when it is free or has run out: the fence is greater than any before. The holder's own
   * unexpired lease is given again with its fence, so that a call whose answer was lost can be made again.
   */
  acquireLease(request: LeaseRequest): Promise<AcquireOutcome>;
  /** Makes it last until now + ttl (never shorter). Works for one that ran out, as long as nobody took it. Errors: LEASE_LOST. */
  renewLease(lease: HeldLease, ttlMs: number, nowMs: number): Promise<{ readonly expiresMs: number }>;
  /** Gives it back. False when it was not (or no longer) this holder's: fine, there is nothing left to do. */
  releaseLease(lease: HeldLease, nowMs: number): Promise<boolean>;
  /** The lease as it is, for a person to see. */
  lease(cluster: string, work: Work): Promise<Lease | undefined>;

  /**
   * Signals that nobody has consumed, by id, so that each is delivered at least once, however often its receiver dies.
   * On AWS the table's stream tells of new ones sooner; both lead to the same `consume`.
   */
  waitingSignals(cluster: string, query: PageQuery): Promise<Page<WaitingSignal>>;
  /**
   * Marks a signal as told: `first` for exactly one caller, `before` for all others. What a receiver changes in this store
   * belongs into the same write: `commit` with `consumes`. Errors: STATE_CONFLICT when there never was such a signal.
   */
  consumeSignal(
    signal: { readonly cluster: string; readonly id: string },
    by: string,
    nowMs: number,
  ): Promise<'first' | 'before'>;

  /** Removes what has expired, where the table does not do so by itself; how much. */
  removeExpired(nowMs: number): Promise<number>;
  close(): Promise<void>;
}
