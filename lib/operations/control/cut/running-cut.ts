// A cut of the log that our own engine does in functions: whose its locks are, under which lease, and what each function asks before
// it takes something away. Every function lives shorter than the lease: who gets the lease knows that all others are over.

import { ownerOfWork } from '../../../br/lock-owner.ts';
import {
  heldLock,
  type LockHolder,
  migrationWriteLock,
  removeLocksOf,
  truncatingLock,
} from '../../../br/lock-protocol.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { LockFacts } from '../../../domain/facts.ts';
import type { HeldLease } from '../../../domain/state/lease.ts';
import { leaseOfWork } from '../../../domain/state/run-identity.ts';
import type { TruncationRun } from '../../../domain/state/truncation-run.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { Stored } from '../../../ports/task-store.ts';
import { checkAllowed } from '../../truncation/native-truncation.ts';
import type { MetasDeps } from '../../truncation/native-truncation-work.ts';
import type { StateDeps } from '../control-deps.ts';
import { leaseTtlMs } from '../runs/br-runs.ts';
import { type CutDeps, type PlannedCut, readFacts, refusalNow } from './cut-refusal.ts';

export type RunningCut = Extract<TruncationRun, { readonly state: 'running' }>;

/** GETs in flight of one function; the store has its own limit. */
const parallel = 32;
/** Looking at all snapshots for each page would cost more than the page; nobody makes one within this and loses the log to us. */
const lookAgainMs = 10_000;
/** After it a function takes nothing away any more: ten minutes before its lease can be another's. */
export const longestPartMs = leaseTtlMs / 2;

/** The `owner_id` of all locks that our engine takes for this cut, in any process at any time. */
export function ownerOfCut({ cluster, id }: Pick<TruncationRun, 'cluster' | 'id'>): string {
  return ownerOfWork(cluster, 'truncation', id);
}

export function holderOfCut({
  cluster,
  id,
  startedMs,
}: Pick<RunningCut, 'cluster' | 'id' | 'startedMs'>): LockHolder {
  const detail = `the cut ${id} of ${cluster} by tidb-pitr: its flow truncate gives this back`;
  return { ownerId: ownerOfCut({ cluster, id }), host: 'tidb-pitr', pid: 0, startedMs, detail };
}

/** Where the cut is made, and how much of it at once. */
export function placeOfCut(store: ObjectStore, { path }: Pick<PlannedCut, 'path'>): MetasDeps {
  return { store, logPrefix: path === '' ? '' : `${path}/`, parallel, progress: () => {} };
}

/** Errors: INVALID_INPUT when there is none; those of the state table. */
export async function readCut(
  { store, settings, nowMs }: StateDeps,
  id: string,
): Promise<Stored<TruncationRun>> {
  const found = await store.get({ cluster: settings.name, kind: 'truncation', id }, nowMs());
  if (found !== undefined) return found;
  throw new PitrError('INVALID_INPUT', `there is no truncation ${id}`, {
    hint: 'a flow is started for a record that was planned before; pitr status shows what there is',
    details: { id },
  });
}

/** Errors: LEASE_LOST for a cut that is not, or not any more, one of our engine that goes on. */
export async function readRunningCut(deps: StateDeps, id: string): Promise<Stored<RunningCut>> {
  const { record, revision } = await readCut(deps, id);
  if (isOurs(record)) return { record, revision };
  throw new PitrError('LEASE_LOST', `the cut ${id} is ${record.state}, and no part of it is to be done`, {
    hint: 'an execution of its flow that was forgotten: nothing was deleted by this call',
    details: { id, state: record.state },
  });
}

export function isOurs(record: TruncationRun): record is RunningCut {
  return record.state === 'running' && record.runner.kind === 'native';
}

/** The lease of the cut for as long as a function may live. Errors: LEASE_LOST when this execution does not hold it any more. */
export async function keepLease(
  { store, settings, nowMs }: StateDeps,
  execution: string,
): Promise<HeldLease> {
  const work = leaseOfWork.truncation;
  const lease = await store.lease(settings.name, work);
  if (lease?.state !== 'held' || lease.holder !== execution) {
    const whose = lease?.state === 'held' ? `${lease.holder} holds it` : 'nobody holds it';
    throw new PitrError('LEASE_LOST', `the lease "${work}" is not held by ${execution} any more: ${whose}`, {
      hint: 'nothing more is deleted; the flow of the cut is begun again by itself',
      details: { lease: work, execution },
    });
  }
  await store.renewLease(lease, leaseTtlMs, nowMs());
  return lease;
}

/** Errors: those of {@link keepLease}; INTERRUPTED after `forMs`; BR_LOCKED; what is refused by now. */
export function guardOfCut(
  deps: CutDeps,
  cut: Pick<RunningCut, 'cluster' | 'id' | 'path' | 'untilTs' | 'startedMs'>,
  {
    store,
    execution,
    forMs = longestPartMs,
  }: { readonly store: ObjectStore; readonly execution: string; readonly forMs?: number },
): () => Promise<void> {
  const holder = holderOfCut(cut);
  const { logPrefix } = placeOfCut(store, cut);
  const held = [truncatingLock, migrationWriteLock].map((one) => heldLock(store, logPrefix, one, holder));
  const endMs = deps.nowMs() + forMs;
  let lookedMs = Number.NEGATIVE_INFINITY;
  const stillAllowed = async () => {
    if (deps.nowMs() - lookedMs < lookAgainMs) return undefined;
    const refusal = await refusalNow(deps, await readFacts(deps), cut);
    lookedMs = deps.nowMs();
    return refusal;
  };
  const { signal } = new AbortController();
  return async () => {
    if (deps.nowMs() >= endMs) throw outOfTime();
    await keepLease(deps, execution);
    await checkAllowed({ store, logPrefix, signal, stillAllowed }, held, cut.untilTs);
  };
}

/** A sign of life, or of failure. Where it cannot be written, another call's is as good: many write at once. */
export async function noteSign(
  deps: StateDeps,
  { record, revision }: Stored<RunningCut>,
  execution: string,
  failure: RunningCut['failure'],
): Promise<void> {
  const nowMs = deps.nowMs();
  const { cluster } = record;
  const noted: RunningCut = { ...record, heartbeatMs: nowMs, failure };
  try {
    const lease = await keepLease(deps, execution);
    await deps.store.commit({ cluster, nowMs, records: [{ record: noted, expect: revision }], lease });
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
  }
}

function outOfTime(): PitrError {
  return new PitrError(
    'INTERRUPTED',
    `this part of the cut took more than ${longestPartMs / 60_000} minutes`,
    {
      hint: 'what is left of it is done by the next try',
    },
  );
}

/** Takes away the locks of a cut that nothing works on any more. Errors: those of the storage. */
export async function letGoOfCut(deps: CutDeps, cut: PlannedCut): Promise<readonly string[]> {
  const store = await deps.openBucket();
  return await removeLocksOf(store, placeOfCut(store, cut).logPrefix, [ownerOfCut(cut)]);
}

export interface ClearedLocks {
  /** Those that stay. */
  readonly left: readonly LockFacts[];
  /** A sentence for each that is gone. */
  readonly notes: readonly string[];
}

/**
 * Takes away those of a log's locks that cuts by our own engine left, all but the cut `but`. Only for whoever holds the lease: it knows
 * that nothing of them lives, also of one that was stopped and goes on later. Errors: those of storage and state table.
 */
export async function clearOldCuts(
  deps: StateDeps,
  store: ObjectStore,
  { path, locks }: { readonly path: string; readonly locks: readonly LockFacts[] },
  but = '',
): Promise<ClearedLocks> {
  if (locks.length === 0) return { left: locks, notes: [] };
  const { logPrefix } = placeOfCut(store, { path: path.replace(/\/$/, '') });
  const removed = await removeLocksOf(store, logPrefix, await ownersOfCuts(deps, but));
  return {
    left: locks.filter(({ object }) => !removed.includes(object)),
    notes: removed.map((key) => `${key} was removed: a cut of ours took it of which nothing works any more`),
  };
}

async function ownersOfCuts({ store, settings, nowMs }: StateDeps, but: string): Promise<readonly string[]> {
  const query = { nowMs: nowMs(), newestFirst: true, limit: 100 };
  const page = await store.list('truncation', settings.name, query);
  return page.entries
    .filter(({ record }) => record.id !== but && (isOurs(record) || isOver(record)))
    .map(({ record }) => ownerOfCut(record));
}

const isOver = ({ state }: TruncationRun) => state === 'done' || state === 'failed';
