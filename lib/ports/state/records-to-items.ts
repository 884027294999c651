// Records as items of the table and back: the one place that knows key, shape, guard and expiry of each.
// Must not read or write the table.

import { PitrError } from '../../domain/errors.ts';
import type { AppliedChange, AuditEntry } from '../../domain/state/audit-entry.ts';
import type { Checkpoint } from '../../domain/state/checkpoint.ts';
import type { HeldLease, Lease } from '../../domain/state/lease.ts';
import type { Signal } from '../../domain/state/signal.ts';
import {
  keyOfRecord,
  type RecordKind,
  type RecordOfKind,
  type TaskRecord,
} from '../../domain/state/task-record.ts';
import { formatU64 } from './fields.ts';
import {
  auditItemKey,
  changeItemKey,
  checkpointItemKey,
  leaseItemKey,
  recordItemKey,
  signalItemKey,
} from './keys.ts';
import type { Shape } from './shape.ts';
import { auditShape, changeShape, checkpointShape, leaseShape, recordShapes, signalShape } from './shapes.ts';
import { type ItemKey, longestBody, type StateItem } from './state-table.ts';

/** How long the trace of a told signal is kept: far longer than any stream or queue delivers it again. */
const toldForMs = 30 * 86_400_000;

interface ItemFacts {
  readonly revision: number;
  readonly guard?: string;
  readonly expiresMs?: number;
}

function itemOf<T extends { readonly shape: string }>(
  key: ItemKey,
  shape: Shape<T>,
  record: T,
  facts: ItemFacts,
): StateItem {
  const body = shape.write(record);
  // A UTF-16 unit is one to three bytes of UTF-8: most need not be counted.
  if (body.length > longestBody / 3) checkLength(key, body);
  return {
    ...key,
    revision: facts.revision,
    shape: record.shape,
    body,
    guard: facts.guard ?? '',
    expiresMs: facts.expiresMs,
  };
}

function checkLength({ pk, sk }: ItemKey, body: string): void {
  let bytes = 0;
  for (let i = 0; i < body.length; i++) {
    const unit = body.charCodeAt(i);
    // Each half of a pair counts two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  if (bytes <= longestBody) return;
  throw new PitrError('INTERNAL', `${pk} ${sk} is ${bytes} bytes long, expected at most ${longestBody}`, {
    hint: 'keep what is that long in the bucket',
  });
}

export function itemOfRecord(record: TaskRecord, revision: number): StateItem {
  const key = recordItemKey(keyOfRecord(record));
  switch (record.shape) {
    case 'log-task/v1':
      return itemOf(key, recordShapes['log-task'], record, { revision });
    case 'keeper/v1':
      return itemOf(key, recordShapes.keeper, record, { revision });
    case 'snapshot/v1':
      return itemOf(key, recordShapes.snapshot, record, { revision });
    case 'truncation/v1':
      return itemOf(key, recordShapes.truncation, record, { revision });
    case 'restore/v1':
      return itemOf(key, recordShapes.restore, record, { revision });
    case 'plan/v1':
      // A used plan stays as long as it could have been used: until then a second use must find it.
      return itemOf(key, recordShapes.plan, record, { revision, expiresMs: record.expiresMs });
    case 'br-run/v1':
      return itemOf(key, recordShapes['br-run'], record, { revision });
    case 'task-change/v1':
      return itemOf(key, recordShapes['task-change'], record, { revision });
    case 'pin/v1':
      return itemOf(key, recordShapes.pin, record, { revision });
    default: {
      const unknown: never = record;
      return unknown;
    }
  }
}

export function itemOfLease(lease: Lease, revision: number): StateItem {
  const guard = lease.state === 'held' ? guardOf(lease) : '';
  return itemOf(leaseItemKey(lease.cluster, lease.work), leaseShape, lease, { revision, guard });
}

/** What a lease's item shows while it is held, and what a write under it must meet. */
export function guardOf({ fence, holder }: Pick<HeldLease, 'fence' | 'holder'>): string {
  return `${formatU64(fence)} ${holder}`;
}

export function itemOfCheckpoint(entry: Checkpoint): StateItem {
  const key = checkpointItemKey(entry.cluster, entry.resolution, entry.atMs);
  return itemOf(key, checkpointShape, entry, { revision: 1, expiresMs: entry.expiresMs });
}

export function itemOfAudit(entry: AuditEntry): StateItem {
  return itemOf(auditItemKey(entry.cluster, entry.atMs, entry.id), auditShape, entry, { revision: 1 });
}

export function itemOfChange(change: AppliedChange): StateItem {
  return itemOf(changeItemKey(change.cluster, change.id), changeShape, change, { revision: 1 });
}

/** A waiting signal, or the trace of a consumed one, which goes after a while. */
export function itemOfSignal(signal: Signal): StateItem {
  const isWaiting = signal.state === 'waiting';
  const key = signalItemKey(signal.cluster, signal.id, isWaiting ? 'waiting' : 'told');
  const facts = isWaiting ? { revision: 1 } : { revision: 1, expiresMs: signal.consumedMs + toldForMs };
  return itemOf(key, signalShape, signal, facts);
}

/** Of items that their table gives again, as those in memory do: what was read from them, and as what. */
const readBefore = new WeakMap<StateItem, { readonly shape: unknown; readonly record: unknown }>();

/** The record of an item; of the same item, the same record. Errors: STATE_SHAPE_UNKNOWN naming the item. */
export function readItem<T>(shape: Shape<T>, item: StateItem): T {
  const before = readBefore.get(item);
  if (before?.shape === shape) return before.record as T;
  const record = shape.read(item.body, `${item.pk} ${item.sk}`);
  readBefore.set(item, { shape, record });
  return record;
}

/** The record of an item of this kind. Errors: STATE_SHAPE_UNKNOWN naming the item. */
export function readRecord<K extends RecordKind>(kind: K, item: StateItem): RecordOfKind[K] {
  return readItem<RecordOfKind[K]>(recordShapes[kind], item);
}
