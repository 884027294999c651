// What the keeper is asked with, and what its answer becomes: the records that it decides from, and the writes of its decision: its
// memory, a change of the task or a snapshot with its signal and audit entry, and what people are told. Decides nothing.

import { factsOfLook, type KeeperLook } from '../../../domain/keeper/facts-of-look.ts';
import { keep } from '../../../domain/keeper/keeper.ts';
import type { KeeperAct, KeeperDecision, KeeperFacts } from '../../../domain/keeper/keeper-facts.ts';
import type { AuditEntry } from '../../../domain/state/audit-entry.ts';
import type { KeeperRecord } from '../../../domain/state/keeper-record.ts';
import type { WaitingSignal } from '../../../domain/state/signal.ts';
import type { TaskChange } from '../../../domain/state/task-change.ts';
import type { RecordKind, TaskRecord } from '../../../domain/state/task-record.ts';
import type { RecordWrite, Stored } from '../../../ports/task-store.ts';
import type { StateDeps } from '../control-deps.ts';
import { keeperSettings } from '../keeper/keeper-settings.ts';
import { plannedSnapshot } from '../planned-snapshot.ts';
import { signalOf } from '../signals.ts';

/** Records back in time, enough to hold what is open, and the last that was good behind a week of bad ones. */
const looksBack = { 'task-change': 20, snapshot: 30, truncation: 10, restore: 10 } as const;

export interface KeeperAnswer {
  /** What it decided from. */
  readonly facts: KeeperFacts;
  readonly decision: KeeperDecision;
}

/** Reads four pages of records, and asks the keeper. Errors: those of the state table. */
export async function askKeeper(
  deps: StateDeps,
  look: KeeperLook,
  history: KeeperRecord | undefined,
  nowMs: number,
): Promise<KeeperAnswer> {
  const newest = async <K extends RecordKind & keyof typeof looksBack>(kind: K) => {
    const query = { nowMs, newestFirst: true, limit: looksBack[kind] };
    const { entries } = await deps.store.list(kind, deps.settings.name, query);
    return entries.map(({ record }) => record);
  };
  const [changes, snapshots, truncations, restores] = await Promise.all([
    newest('task-change'),
    newest('snapshot'),
    newest('truncation'),
    newest('restore'),
  ]);
  const facts = factsOfLook(look, { changes, snapshots, truncations, restores });
  return { facts, decision: keep(facts, history, keeperSettings(deps.settings, look.own.taskName), nowMs) };
}

export interface KeeperWrites {
  readonly records: readonly RecordWrite[];
  readonly signals: readonly WaitingSignal[];
  readonly audit?: AuditEntry;
}

export function keeperWrites(
  cluster: string,
  { record, act, messages }: KeeperDecision,
  stored: Stored<KeeperRecord> | undefined,
): KeeperWrites {
  const nowMs = record.decidedMs;
  const about = { cluster, id: 'keeper', atMs: nowMs };
  const told = messages.map(({ topic, occasion, title, happened, done, todo, facts }) =>
    signalOf(topic, about, { ...facts, title, happened, done, todo }, occasion),
  );
  const own: RecordWrite = { record, expect: stored?.revision ?? 'absent' };
  const adoption = adoptionOf(record, stored?.record);
  if (act === undefined) {
    return { records: [own], signals: told, ...(adoption === undefined ? {} : { audit: adoption }) };
  }
  const planned = act.kind === 'change' ? changeOf(cluster, act, nowMs) : snapshotOf(cluster, act, nowMs);
  return {
    records: [own, { record: planned.record, expect: 'absent' }],
    signals: [...told, planned.signal],
    audit: {
      shape: 'audit/v1',
      cluster,
      id: planned.auditId,
      atMs: nowMs,
      who: 'observe',
      what: planned.what,
      why: act.why,
      facts: { ...act.facts, ...adoption?.facts },
    },
  };
}

/** Of a task that was found and taken as ours at this look. */
function adoptionOf(
  { cluster, adopted, decidedMs }: KeeperRecord,
  before: KeeperRecord | undefined,
): AuditEntry | undefined {
  if (adopted === null || adopted.who !== 'observe' || adopted.name === before?.adopted?.name)
    return undefined;
  return {
    ...{ shape: 'audit/v1', cluster, id: `adopt-task/${adopted.name}-${decidedMs}`, atMs: decidedMs },
    ...{ who: 'observe', what: 'adopted a log task' },
    why: 'it ran before ours, and writes into our bucket',
    facts: { adopted: adopted.name, adoptedPath: adopted.path },
  };
}

interface Planned {
  readonly record: TaskRecord;
  readonly signal: WaitingSignal;
  readonly auditId: string;
  readonly what: string;
}

function changeOf(
  cluster: string,
  { id, action, task, path, why }: Extract<KeeperAct, { readonly kind: 'change' }>,
  nowMs: number,
): Planned {
  const change = { shape: 'task-change/v1', state: 'planned', cluster, id, action, task, path, why } as const;
  const record: TaskChange = { ...change, startTs: 0n, plannedMs: nowMs };
  return {
    record,
    signal: signalOf('task-change-planned', { cluster, id, atMs: nowMs }, { action, task, path, why }),
    auditId: `plan-task-change/${id}`,
    what: `planned the ${action} of the log task`,
  };
}

/** Due at the second of its id. */
function snapshotOf(
  cluster: string,
  { id }: Extract<KeeperAct, { readonly kind: 'snapshot' }>,
  nowMs: number,
): Planned {
  const run = { id, dueMs: Math.floor(nowMs / 1000) * 1000, trigger: 'keeper' } as const;
  return {
    ...plannedSnapshot(cluster, run, nowMs),
    auditId: `take-snapshot/${id}`,
    what: 'planned a snapshot',
  };
}
