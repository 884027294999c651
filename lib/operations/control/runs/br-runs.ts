// The runs of br of one piece of work as the state has them, and the leases that they run under. Decides nothing.

import { PitrError } from '../../../domain/errors.ts';
import type { BrRun } from '../../../domain/state/br-run.ts';
import type { HeldLease } from '../../../domain/state/lease.ts';
import { leaseOfWork, runIdMs, type Work } from '../../../domain/state/run-identity.ts';
import { everyRecord } from '../../../ports/every-record.ts';
import { encodeRunHandle } from '../../../ports/runner.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { StateDeps } from '../control-deps.ts';
import type { EndedRun } from './br-work.ts';

/** Longer than the sweep of every minute needs to renew it, by far. */
export const leaseTtlMs = 20 * 60_000;

/** All attempts of one piece of work, the first one first. */
export async function runsOfWork(
  { store, settings, nowMs }: StateDeps,
  work: Work,
  workId: string,
): Promise<readonly Stored<BrRun>[]> {
  const atMs = runIdMs(workId) ?? 0;
  const found: Stored<BrRun>[] = [];
  const query = { nowMs: nowMs(), fromMs: atMs, untilMs: atMs + 1000 };
  for await (const run of everyRecord(store, 'br-run', settings.name, query)) {
    if (run.record.work === work && run.record.workId === workId) found.push(run);
  }
  return found.sort((a, b) => a.record.attempt - b.record.attempt);
}

export const endedRuns = (runs: readonly Stored<BrRun>[]): readonly EndedRun[] =>
  runs.flatMap(({ record }) => (record.state === 'ended' ? [record] : []));

/** How far back a sweep looks for runs that go on: longer than any flow waits. */
const sweepBackMs = 15 * 86_400_000;

/** Runs that are not over, or whose flow was not told. */
export async function openRuns({ store, settings, nowMs }: StateDeps): Promise<readonly Stored<BrRun>[]> {
  const found: Stored<BrRun>[] = [];
  const atMs = nowMs();
  const query = { nowMs: atMs, fromMs: Math.max(0, atMs - sweepBackMs), limit: 1000 };
  for await (const run of everyRecord(store, 'br-run', settings.name, query)) {
    if (run.record.state !== 'ended' || !run.record.isAnswered) found.push(run);
  }
  return found;
}

/**
 * Makes a held lease of this work last anew, whoever's it is, or only the holder's that is named. One that is free, another's or
 * lost meanwhile is left alone: who writes under it finds out.
 */
export async function prolongLease(
  { store, settings, nowMs }: StateDeps,
  work: Work,
  holder?: string,
): Promise<void> {
  const lease = await store.lease(settings.name, leaseOfWork[work]);
  if (lease?.state !== 'held' || (holder !== undefined && lease.holder !== holder)) return;
  try {
    await store.renewLease(lease, leaseTtlMs, nowMs());
  } catch (caught) {
    if (!(caught instanceof PitrError && caught.code === 'LEASE_LOST')) throw caught;
  }
}

/** Who was seen alive within this is alive: its lease may have run out by a clock that jumped, or by looks that failed. */
const seenAliveMs = 2 * 3_600_000;

/**
 * Before a lease is taken that another had, and that ran out. Errors: WORK_IN_PROGRESS while br of another work under this lease
 * was seen alive not long ago: the next looks at it end it, or keep its lease.
 */
export async function refuseBesideBr(
  deps: StateDeps,
  work: Work,
  workId: string,
  holder: string,
): Promise<void> {
  const lease = await deps.store.lease(deps.settings.name, leaseOfWork[work]);
  const nowMs = deps.nowMs();
  if (lease?.state !== 'held' || lease.holder === holder || lease.expiresMs > nowMs) return;
  for (const { record } of await openRuns(deps)) {
    const isOther = record.work !== work || record.workId !== workId;
    if (record.state !== 'running' || !isOther || leaseOfWork[record.work] !== leaseOfWork[work]) continue;
    if (nowMs - record.lookedMs >= seenAliveMs) continue;
    throw new PitrError(
      'WORK_IN_PROGRESS',
      `${record.id} was seen alive at ${new Date(record.lookedMs).toISOString()}, and this is ${holder}`,
      {
        hint: 'wait: the sweep of every minute looks at it; if it says nothing for two hours it holds nobody up',
        details: { run: record.id, lookedMs: record.lookedMs },
      },
    );
  }
}

/** The name by which the runner knows a run: unique across the clusters of one account. */
export function runnerRunId({ cluster, id }: BrRun): string {
  return `${cluster}.${id}`;
}

/** The runner's handle of a run that has one. */
export const handleText = encodeRunHandle;

/**
 * The lease of this kind of work for one execution; asking again for the same gives the same. Errors: WORK_IN_PROGRESS when
 * another holds it.
 */
export async function takeLease(
  { store, settings, nowMs }: StateDeps,
  work: Work,
  holder: string,
): Promise<HeldLease> {
  const lease = leaseOfWork[work];
  const outcome = await store.acquireLease({
    cluster: settings.name,
    work: lease,
    holder,
    ttlMs: leaseTtlMs,
    nowMs: nowMs(),
  });
  if (outcome.kind === 'granted') return outcome.lease;
  const until = new Date(outcome.expiresMs).toISOString();
  throw new PitrError(
    'WORK_IN_PROGRESS',
    `${outcome.by} holds the lease "${lease}" of ${settings.name} until ${until}, and this is ${holder}`,
    {
      hint: 'wait: it is given back at the end of that work, and runs out when its holder is dead',
      details: { holder: outcome.by, lease, expiresMs: outcome.expiresMs },
    },
  );
}
