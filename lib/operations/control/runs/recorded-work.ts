// What the state says of work that may be going on, and of the snapshots it knows: for whoever must not write beside living work.
// Decides nothing.

import type { KnownSnapshot } from '../../../domain/rebuild-plan.ts';
import { leaseOfWork, type Work } from '../../../domain/state/run-identity.ts';
import { everyRecord } from '../../../ports/every-record.ts';
import type { StateDeps } from '../control-deps.ts';
import { openRuns } from './br-runs.ts';

/** Leases that are held, and runs of br of which nobody knows that they are over: a sentence each. */
export async function workInProgress(deps: StateDeps): Promise<readonly string[]> {
  const { store, settings, nowMs } = deps;
  const works: ReadonlySet<Work> = new Set(Object.values(leaseOfWork));
  const found: string[] = [];
  for (const work of works) {
    const lease = await store.lease(settings.name, work);
    if (lease?.state !== 'held' || lease.expiresMs <= nowMs()) continue;
    found.push(`${lease.holder} holds the lease "${work}" until ${new Date(lease.expiresMs).toISOString()}`);
  }
  const runs = (await openRuns(deps)).filter(({ record }) => record.state !== 'ended');
  return [...found, ...runs.map(({ record }) => `the run ${record.id} of br is ${record.state}`)];
}

/** Every record of a snapshot. */
export async function knownSnapshots(
  { store, settings, nowMs }: StateDeps,
  isProvenOver: boolean,
): Promise<readonly KnownSnapshot[]> {
  const known: KnownSnapshot[] = [];
  const query = { nowMs: nowMs(), limit: 1000 };
  for await (const stored of everyRecord(store, 'snapshot', settings.name, query))
    known.push({ ...stored, isProvenOver });
  return known;
}
