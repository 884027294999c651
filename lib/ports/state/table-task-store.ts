// The task store over any table of conditional writes: what a call means is here once, for DynamoDB, SQLite and memory.
// Must not hold state of its own: two processes, or two objects of one process, are alike.

import { PitrError } from '../../domain/errors.ts';
import type { AuditEntry } from '../../domain/state/audit-entry.ts';
import type { Checkpoint, Resolution } from '../../domain/state/checkpoint.ts';
import {
  decideAcquire,
  decideRelease,
  decideRenew,
  type HeldLease,
  type Lease,
  type LeaseRequest,
} from '../../domain/state/lease.ts';
import type { Work } from '../../domain/state/run-identity.ts';
import type { WaitingSignal } from '../../domain/state/signal.ts';
import type { RecordKey, RecordKind, RecordOfKind } from '../../domain/state/task-record.ts';
import type {
  AcquireOutcome,
  Change,
  CommitOutcome,
  Page,
  PageQuery,
  Stored,
  TaskStore,
} from '../task-store.ts';
import { commitChange } from './commit.ts';
import {
  type KeyRange,
  leaseItemKey,
  partitionOf,
  recordItemKey,
  runRange,
  timeRange,
  wholeRange,
} from './keys.ts';
import { itemOfCheckpoint, itemOfLease, readItem, readRecord } from './records-to-items.ts';
import { leaseLost } from './refused-write.ts';
import { auditShape, checkpointShape, leaseShape, signalShape } from './shapes.ts';
import { isExpired, type StateItem, type StateTable } from './state-table.ts';

const usualPage = 100;
const longestPage = 1000;
/** Times that a lease is decided on anew when others keep changing it in between. */
const mostRounds = 20;

/** A task store that keeps everything in this table; closing it closes the table. */
export function taskStoreOn(table: StateTable): TaskStore {
  return new TableTaskStore(table);
}

class TableTaskStore implements TaskStore {
  readonly #table: StateTable;

  constructor(table: StateTable) {
    this.#table = table;
  }

  get url(): string {
    return this.#table.url;
  }

  async get<K extends RecordKind>(
    key: RecordKey<K>,
    nowMs: number,
  ): Promise<Stored<RecordOfKind[K]> | undefined> {
    const item = await this.#table.read(recordItemKey(key));
    if (item === undefined || isExpired(item, nowMs)) return undefined;
    return { record: readRecord(key.kind, item), revision: item.revision };
  }

  list<K extends RecordKind>(
    kind: K,
    cluster: string,
    query: PageQuery,
  ): Promise<Page<Stored<RecordOfKind[K]>>> {
    const range = kind === 'log-task' ? wholeRange(kind) : runRange(kind, query.fromMs, query.untilMs);
    return this.#page(cluster, range, query, (item) => ({
      record: readRecord(kind, item),
      revision: item.revision,
    }));
  }

  commit(change: Change): Promise<CommitOutcome> {
    return commitChange(this.#table, change);
  }

  async addCheckpoints(entries: readonly Checkpoint[], nowMs: number): Promise<number> {
    let added = 0;
    for (const entry of entries) {
      // One write each: that one's slot is taken must not keep the other out.
      const put = { kind: 'put', item: itemOfCheckpoint(entry), when: 'absent' } as const;
      const outcome = await this.#table.write([put], nowMs);
      if (outcome.kind === 'written') added += 1;
    }
    return added;
  }

  checkpoints(cluster: string, resolution: Resolution, query: PageQuery): Promise<Page<Checkpoint>> {
    const range = timeRange(`checkpoint/${resolution}`, query.fromMs, query.untilMs);
    return this.#page(cluster, range, query, (item) => readItem(checkpointShape, item));
  }

  audit(cluster: string, query: PageQuery): Promise<Page<AuditEntry>> {
    const range = timeRange('audit', query.fromMs, query.untilMs);
    return this.#page(cluster, range, query, (item) => readItem(auditShape, item));
  }

  async acquireLease(request: LeaseRequest): Promise<AcquireOutcome> {
    checkTtl(request.ttlMs);
    checkHolder(request.holder);
    const { cluster, work, holder, nowMs } = request;
    return this.#changeLease<AcquireOutcome>(cluster, work, nowMs, (found) => {
      const decision = decideAcquire(found, request);
      if (decision.kind === 'held') return { answer: decision };
      const { write } = decision;
      const lease: HeldLease = { cluster, work, holder, fence: write.fence };
      return { write, answer: { kind: 'granted', lease, expiresMs: write.expiresMs } };
    });
  }

  async renewLease(lease: HeldLease, ttlMs: number, nowMs: number): Promise<{ readonly expiresMs: number }> {
    checkTtl(ttlMs);
    return this.#changeLease(lease.cluster, lease.work, nowMs, (found) => {
      const write = decideRenew(found, lease, ttlMs, nowMs);
      if (write === undefined) throw leaseLost(lease, found);
      return { write, answer: { expiresMs: write.expiresMs } };
    });
  }

  async releaseLease(lease: HeldLease, nowMs: number): Promise<boolean> {
    return this.#changeLease(lease.cluster, lease.work, nowMs, (found) => {
      const write = decideRelease(found, lease, nowMs);
      return write === undefined ? { answer: false } : { write, answer: true };
    });
  }

  async lease(cluster: string, work: Work): Promise<Lease | undefined> {
    const item = await this.#table.read(leaseItemKey(cluster, work));
    return item === undefined ? undefined : readItem(leaseShape, item);
  }

  waitingSignals(cluster: string, query: PageQuery): Promise<Page<WaitingSignal>> {
    return this.#page(cluster, wholeRange('waiting'), query, (item) => {
      const signal = readItem(signalShape, item);
      if (signal.state === 'waiting') return signal;
      throw new PitrError(
        'STATE_SHAPE_UNKNOWN',
        `${item.pk} ${item.sk} is ${signal.state}, expected waiting`,
      );
    });
  }

  async consumeSignal(
    { cluster, id }: { readonly cluster: string; readonly id: string },
    by: string,
    nowMs: number,
  ): Promise<'first' | 'before'> {
    const outcome = await commitChange(this.#table, { cluster, nowMs, records: [], consumes: [id] }, by);
    return outcome.kind === 'written' ? 'first' : 'before';
  }

  removeExpired(nowMs: number): Promise<number> {
    return this.#table.removeExpired(nowMs);
  }

  close(): Promise<void> {
    return this.#table.close();
  }

  async #page<T>(
    cluster: string,
    range: KeyRange,
    query: PageQuery,
    read: (item: StateItem) => T,
  ): Promise<Page<T>> {
    const limit = query.limit ?? usualPage;
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > longestPage) {
      throw new PitrError('INVALID_INPUT', `${limit} is no length of a page, expected 1 to ${longestPage}`);
    }
    const items = await this.#table.query({
      pk: partitionOf(cluster),
      ...range,
      newestFirst: query.newestFirst ?? false,
      limit,
      ...(query.after === undefined ? {} : { after: query.after }),
    });
    return {
      entries: items.filter((item) => !isExpired(item, query.nowMs)).map(read),
      next: items.length < limit ? undefined : items.at(-1)?.sk,
    };
  }

  /** Reads, decides and writes until nobody came in between. A lease's item never expires: its fence must outlive it. */
  async #changeLease<T>(
    cluster: string,
    work: Work,
    nowMs: number,
    decide: (found: Lease | undefined) => { readonly write?: Lease; readonly answer: T },
  ): Promise<T> {
    const key = leaseItemKey(cluster, work);
    let item = await this.#table.read(key);
    for (let round = 0; round < mostRounds; round++) {
      const found = item === undefined ? undefined : readItem(leaseShape, item);
      const { write, answer } = decide(found);
      if (write === undefined) return answer;
      const put = {
        kind: 'put',
        item: itemOfLease(write, (item?.revision ?? 0) + 1),
        when: item === undefined ? 'absent' : { revision: item.revision },
      } as const;
      const outcome = await this.#table.write([put], nowMs);
      if (outcome.kind === 'written') return answer;
      item = outcome.failed[0]?.found;
    }
    throw new PitrError(
      'STATE_UNAVAILABLE',
      `the lease of ${work} on ${cluster} changed ${mostRounds} times while it was decided on`,
      { hint: 'look who keeps asking for it' },
    );
  }
}

function checkTtl(ttlMs: number): void {
  if (Number.isSafeInteger(ttlMs) && ttlMs > 0) return;
  throw new PitrError(
    'INVALID_INPUT',
    `a lease of ${ttlMs} ms cannot be, expected whole milliseconds above 0`,
  );
}

function checkHolder(holder: string): void {
  if (holder !== '' && holder.length <= 1000) return;
  throw new PitrError('INVALID_INPUT', 'the holder of a lease needs a name of 1 to 1000 characters');
}
