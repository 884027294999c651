// A change of state as one conditional write, made once: of whatever is delivered again, only the first does something.
// Must not keep anything between two calls.

import { PitrError } from '../../domain/errors.ts';
import type { AppliedChange, WrittenRecord } from '../../domain/state/audit-entry.ts';
import type { Signal, WaitingSignal } from '../../domain/state/signal.ts';
import { keyOfRecord } from '../../domain/state/task-record.ts';
import type { Change, CommitOutcome } from '../task-store.ts';
import { changeItemKey, leaseItemKey, signalItemKey } from './keys.ts';
import {
  guardOf,
  itemOfAudit,
  itemOfChange,
  itemOfRecord,
  itemOfSignal,
  readItem,
} from './records-to-items.ts';
import { failedSignals, nameFailure, type Part } from './refused-write.ts';
import { changeShape, signalShape } from './shapes.ts';
import type { StateTable } from './state-table.ts';

/** Records and signals of one change, so that it stays below the table's limit of items. */
const mostEntries = 25;

/** As `TaskStore.commit`; `by` is who consumes signals. */
export async function commitChange(
  table: StateTable,
  change: Change,
  by: string = change.audit?.who ?? change.lease?.holder ?? 'unknown',
): Promise<CommitOutcome> {
  check(change);
  const consumed = await consumedParts(table, change, by);
  if ('missing' in consumed) {
    return (await repeatOf(table, change)) ?? (await consumedBefore(table, change, consumed.missing));
  }
  const written = writtenBy(change);
  const fixed = [...fixedParts(change, written), ...consumed];
  let signals = change.signals ?? [];
  // Every turn either ends or leaves out a signal.
  for (;;) {
    const parts = [...fixed, ...signals.flatMap(signalParts)];
    if (parts.length === 0) return { kind: 'written', written };
    checkLength(change, parts);
    const outcome = await table.write(
      parts.map((part) => part.write),
      change.nowMs,
    );
    if (outcome.kind === 'written') return { kind: 'written', written };
    const before = (await repeatOf(table, change)) ?? nameFailure(parts, outcome.failed);
    if (before !== undefined) return before;
    const known = new Set(failedSignals(parts, outcome.failed));
    if (known.size === 0) throw nothingFailed(table);
    signals = signals.filter((signal) => !known.has(signal.id));
  }
}

function check(change: Change): void {
  const entries = change.records.length + (change.signals?.length ?? 0) + (change.consumes?.length ?? 0);
  const clusters = [
    ...change.records.map(({ record }) => record.cluster),
    ...(change.signals ?? []).map((signal) => signal.cluster),
    change.audit?.cluster ?? change.cluster,
    change.lease?.cluster ?? change.cluster,
  ];
  const foreign = clusters.find((cluster) => cluster !== change.cluster);
  const keys = [
    ...change.records.map(({ record }) => {
      const { kind, id } = keyOfRecord(record);
      return `${kind} ${id}`;
    }),
    ...(change.signals ?? []).map((signal) => `signal ${signal.id}`),
    ...(change.consumes ?? []).map((id) => `signal ${id}`),
  ];
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  const problem =
    entries > mostEntries
      ? `has ${entries} records and signals, expected at most ${mostEntries}`
      : foreign !== undefined
        ? `names the cluster ${foreign}, too`
        : twice !== undefined
          ? `names ${twice} twice`
          : undefined;
  if (problem !== undefined) {
    throw new PitrError('INTERNAL', `a change of the state of ${change.cluster} ${problem}`);
  }
}

/** Below DynamoDB's 4 MB of a transaction, at up to three bytes for each unit. */
const mostUnits = 1_200_000;

function checkLength(change: Change, parts: readonly Part[]): void {
  let units = 0;
  for (const { write } of parts) units += write.kind === 'put' ? write.item.body.length : 0;
  if (units <= mostUnits) return;
  throw new PitrError(
    'INTERNAL',
    `a change of the state of ${change.cluster} is ${units} characters long, expected at most ${mostUnits}`,
  );
}

function writtenBy(change: Change): WrittenRecord[] {
  return change.records.map(({ record, expect }) => {
    const { kind, id } = keyOfRecord(record);
    return { kind, id, revision: expect === 'absent' ? 1 : expect + 1 };
  });
}

function fixedParts(change: Change, written: readonly WrittenRecord[]): Part[] {
  const { lease, audit } = change;
  const parts: Part[] = change.records.map((of, index) => ({
    write: {
      kind: 'put',
      item: itemOfRecord(of.record, written[index]?.revision ?? 1),
      when: of.expect === 'absent' ? 'absent' : { revision: of.expect },
    },
    role: { is: 'record', of },
  }));
  if (lease !== undefined) {
    const key = leaseItemKey(lease.cluster, lease.work);
    parts.push({
      write: { kind: 'check', key, when: { guard: guardOf(lease) } },
      role: { is: 'lease', lease },
    });
  }
  if (audit !== undefined) {
    const { cluster, id, atMs, who, what } = audit;
    const token: AppliedChange = { shape: 'change/v1', cluster, id, atMs, who, what, written };
    for (const item of [itemOfChange(token), itemOfAudit(audit)]) {
      parts.push({ write: { kind: 'put', item, when: 'absent' }, role: { is: 'audit' } });
    }
  }
  return parts;
}

/** A signal is told if it neither waits nor was told: the second is looked at, the first written. */
function signalParts(signal: WaitingSignal): Part[] {
  const role = { is: 'signal', signal } as const;
  const told = signalItemKey(signal.cluster, signal.id, 'told');
  return [
    { write: { kind: 'put', item: itemOfSignal(signal), when: 'absent' }, role },
    { write: { kind: 'check', key: told, when: 'absent' }, role },
  ];
}

async function consumedParts(
  table: StateTable,
  change: Change,
  by: string,
): Promise<readonly Part[] | { readonly missing: string }> {
  const parts: Part[] = [];
  for (const id of change.consumes ?? []) {
    const key = signalItemKey(change.cluster, id, 'waiting');
    const item = await table.read(key);
    if (item === undefined) return { missing: id };
    const signal: Signal = {
      ...readItem(signalShape, item),
      state: 'consumed',
      consumedMs: change.nowMs,
      consumedBy: by,
    };
    const role = { is: 'consumed', id } as const;
    parts.push({ write: { kind: 'delete', key, when: { revision: item.revision } }, role });
    parts.push({ write: { kind: 'put', item: itemOfSignal(signal), when: 'absent' }, role });
  }
  return parts;
}

async function consumedBefore(table: StateTable, change: Change, id: string): Promise<CommitOutcome> {
  const told = await table.read(signalItemKey(change.cluster, id, 'told'));
  if (told !== undefined) return { kind: 'consumed-before', signal: id };
  throw new PitrError('STATE_CONFLICT', `there is no signal ${id} of ${change.cluster} to be consumed`, {
    hint: 'it was never sent, or it was consumed so long ago that its trace is gone',
    details: { cluster: change.cluster, signal: id },
  });
}

/** The outcome of the first delivery, if there was one. Errors: STATE_CONFLICT when the id belongs to something else. */
async function repeatOf(
  table: StateTable,
  change: Change,
): Promise<Extract<CommitOutcome, { kind: 'repeated' }> | undefined> {
  const { audit } = change;
  if (audit === undefined) return undefined;
  const item = await table.read(changeItemKey(audit.cluster, audit.id));
  if (item === undefined) return undefined;
  const first = readItem(changeShape, item);
  const names = (written: readonly WrittenRecord[]): string =>
    written.map(({ kind, id }) => `${kind} ${id}`).join(', ');
  const asked = writtenBy(change);
  if (first.what === audit.what && names(first.written) === names(asked)) {
    return { kind: 'repeated', written: first.written };
  }
  throw new PitrError(
    'STATE_CONFLICT',
    `change ${audit.id} of ${audit.cluster} was "${first.what}" of ${names(first.written) || 'no record'}, expected "${audit.what}" of ${names(asked) || 'no record'}`,
    {
      hint: 'two different changes must not have the same id',
      details: { cluster: audit.cluster, change: audit.id, found: first.what, expected: audit.what },
    },
  );
}

function nothingFailed(table: StateTable): PitrError {
  return new PitrError('INTERNAL', `${table.url} refused a write and no condition of it failed`);
}
