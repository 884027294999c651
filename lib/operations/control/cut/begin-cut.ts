// The begin of a cut by our own engine: whether it is the one to cut, lease, record, locks, plan, safepoint. Gives the flow the ranges
// of metas that are to be cut. What a dead begin left is gone on with: its locks are known by the record.

import {
  type HeldLock,
  keepOrTakeLock,
  migrationWriteLock,
  truncatingLock,
} from '../../../br/lock-protocol.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { HeldLease } from '../../../domain/state/lease.ts';
import { type Facts, leaseOfWork } from '../../../domain/state/run-identity.ts';
import type { TruncationRun } from '../../../domain/state/truncation-run.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { Stored } from '../../../ports/task-store.ts';
import { readProvenCatalog } from '../../prove-snapshots.ts';
import { asError } from '../../truncation/native-truncation.ts';
import { rangesOf } from '../../truncation/native-truncation-range.ts';
import { openCut } from '../../truncation/native-truncation-work.ts';
import { refuseBesideBr, runsOfWork, takeLease } from '../runs/br-runs.ts';
import { type CutDeps, logOf, refusalNow } from './cut-refusal.ts';
import {
  clearOldCuts,
  guardOfCut,
  holderOfCut,
  isOurs,
  noteSign,
  ownerOfCut,
  placeOfCut,
  type RunningCut,
  readCut,
} from './running-cut.ts';

export interface CutCall {
  readonly id: string;
  /** The flow's execution: the holder of the lease. */
  readonly execution: string;
}

/**
 * Answers `{engine: 'br'}`, with nothing done, or `{engine: 'native', shiftTs, ranges, opened}`. Errors: WORK_IN_PROGRESS; what
 * refusalNow refuses; BR_LOCKED; those of planNativeTruncation, storage and state table. What this call took is given back then.
 */
export async function beginCut(deps: CutDeps, call: CutCall): Promise<Facts> {
  const planned = await readCut(deps, call.id);
  if (!(await isForUs(deps, planned.record))) return { engine: 'br' };
  const before = await deps.store.lease(deps.settings.name, leaseOfWork.truncation);
  await refuseBesideBr(deps, 'truncation', call.id, call.execution);
  const lease = await takeLease(deps, 'truncation', call.execution);
  try {
    const record = await noteBegin(deps, planned, lease);
    return await open(deps, record, call.execution);
  } catch (caught) {
    // Others need not wait for the next try. A lease that this execution had before may be in use.
    const isFresh = before?.state !== 'held' || before.fence !== lease.fence;
    if (isFresh) await deps.store.releaseLease(lease, deps.nowMs()).catch(() => false);
    throw beginAgain(caught);
  }
}

/** Without the lease a begin is begun again: another call of this execution gave it back, or somebody else has it now. */
function beginAgain(caught: unknown): unknown {
  if (!(caught instanceof PitrError && caught.code === 'LEASE_LOST')) return caught;
  return new PitrError('WORK_IN_PROGRESS', caught.message, {
    hint: caught.hint ?? '',
    details: caught.details,
  });
}

/** Who has begun goes on; before that the settings say. What is over, start-br tells. */
async function isForUs(deps: CutDeps, record: TruncationRun): Promise<boolean> {
  if (record.state !== 'planned') return isOurs(record);
  if (deps.settings.policy.retention.engine !== 'native') return false;
  return (await runsOfWork(deps, 'truncation', record.id)).length === 0;
}

/** On record before there is a lock: it is known by it, whoever dies. */
async function noteBegin(
  deps: CutDeps,
  { record, revision }: Stored<TruncationRun>,
  lease: HeldLease,
): Promise<RunningCut> {
  if (isOurs(record)) {
    // The sweep begins what is silent again, and this one only waits for somebody.
    await noteSign(deps, { record, revision }, lease.holder, record.failure);
    return record;
  }
  if (record.state !== 'planned') throw new PitrError('INTERNAL', `the cut ${record.id} is ${record.state}`);
  const { shape, cluster, id, dueMs, path, untilTs, reasons } = record;
  const nowMs = deps.nowMs();
  const running: RunningCut = {
    ...{ shape, cluster, id, dueMs, path, untilTs, state: 'running', startedMs: nowMs, attempt: 1 },
    runner: { kind: 'native', ref: ownerOfCut(record) },
    ...{ heartbeatMs: nowMs, failure: null },
  };
  try {
    await deps.store.commit({
      ...{ cluster, nowMs, records: [{ record: running, expect: revision }], lease },
      audit: {
        ...{ shape: 'audit/v1', cluster, id: `begin-cut/${id}`, atMs: nowMs, who: lease.holder },
        ...{ what: 'began a cut of the log', why: reasons.join('; '), facts: { untilTs: `${untilTs}` } },
      },
    });
    return running;
  } catch (caught) {
    if (!(caught instanceof PitrError && caught.code === 'STATE_CONFLICT')) throw caught;
    const now = await readCut(deps, id);
    // The same call, made twice at once.
    if (isOurs(now.record)) return now.record;
    throw caught;
  }
}

async function open(deps: CutDeps, record: RunningCut, execution: string): Promise<Facts> {
  const store = await deps.openBucket();
  const facts = await readProvenCatalog(store);
  const refusal = await refusalNow(deps, facts, record);
  if (refusal !== undefined) throw asError(refusal);
  const place = placeOfCut(store, record);
  const locks = logOf(facts, record)?.locks ?? [];
  const cleared = await clearOldCuts(deps, store, { path: record.path, locks }, record.id);
  const held = await takeLocks(deps, store, record);
  try {
    // A plan that opens very many metas takes its time, and what is written after it is written under a lease made to last anew.
    const guard = guardOfCut(deps, record, { store, execution, forMs: Number.POSITIVE_INFINITY });
    const { plan, blocklists, undeleted } = await openCut(place, guard, record.untilTs);
    return {
      engine: 'native',
      shiftTs: `${plan.shiftTs}`,
      ranges: rangesOf(plan, place.logPrefix, deps.partMetas).map(({ from, to }) => ({ from, to })),
      opened: {
        ...{ metas: plan.metas, blocklists, undeleted: undeleted.length },
        notes: [...plan.notes, ...cleared.notes],
      },
    };
  } catch (caught) {
    await giveBack(held);
    throw caught;
  }
}

interface Taken {
  readonly lock: HeldLock;
  readonly isFresh: boolean;
}

async function takeLocks(deps: CutDeps, store: ObjectStore, record: RunningCut): Promise<readonly Taken[]> {
  const { logPrefix } = placeOfCut(store, record);
  const holder = holderOfCut(record);
  const taken: Taken[] = [];
  try {
    for (const target of [truncatingLock, migrationWriteLock]) {
      const wasThere = (await store.head(`${logPrefix}${target.key}`)) !== undefined;
      const lock = await keepOrTakeLock(store, logPrefix, target, holder, deps.nowMs());
      taken.push({ lock, isFresh: !wasThere });
    }
    return taken;
  } catch (caught) {
    await giveBack(taken);
    throw caught;
  }
}

/** What another call of this cut took, it may be working under. The first failure is the one to tell. */
async function giveBack(taken: readonly Taken[]): Promise<void> {
  for (const { lock, isFresh } of taken.toReversed()) {
    if (isFresh) await lock.release().catch(() => undefined);
  }
}
