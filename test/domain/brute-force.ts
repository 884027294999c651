// The definition of "restorable", spelled out without any cleverness: try every sequence of snapshots with every log.
// Shares no code with lib/domain, so that it can judge it.

import type { CatalogFacts, LogFacts, SnapshotFacts } from '../../lib/domain/facts.ts';

export interface Way {
  readonly snapshots: readonly SnapshotFacts[];
  readonly log: LogFacts | undefined;
  readonly endTs: bigint;
  readonly clusters: ReadonlySet<bigint>;
}

/** Every way to bring the moment back. */
export function waysTo(facts: CatalogFacts, moment: bigint): readonly Way[] {
  const ways: Way[] = [];
  for (const snapshots of sequences(facts)) {
    const endTs = snapshots.at(-1)!.backupTs;
    if (endTs > moment) continue;
    if (endTs === moment) push(ways, snapshots, undefined);
    for (const log of facts.logs) {
      if (log.problem !== undefined || log.maxTs === undefined) continue;
      // Strictly after the base: a log that holds nothing after it is not needed.
      if (log.minTs <= endTs && endTs < log.maxTs && moment <= log.maxTs) push(ways, snapshots, log);
    }
  }
  return ways;
}

function push(ways: Way[], snapshots: readonly SnapshotFacts[], log: LogFacts | undefined): void {
  const clusters = clustersOf([...snapshots, ...(log === undefined ? [] : [log])]);
  if (clusters.size <= 1) ways.push({ snapshots, log, endTs: snapshots.at(-1)!.backupTs, clusters });
}

function clustersOf(parts: readonly { readonly clusterId: bigint }[]): ReadonlySet<bigint> {
  return new Set(parts.map((one) => one.clusterId).filter((id) => id !== 0n));
}

/** A full snapshot, then incremental ones, each of which begins where nothing is left out. */
function sequences(facts: CatalogFacts): readonly (readonly SnapshotFacts[])[] {
  const usable = facts.snapshots.filter((one) => one.state.kind === 'complete');
  const all: (readonly SnapshotFacts[])[] = [];
  const grow = (sequence: readonly SnapshotFacts[]): void => {
    if (clustersOf(sequence).size > 1) return;
    all.push(sequence);
    const end = sequence.at(-1)!.backupTs;
    for (const next of usable) {
      if (next.startTs === 0n || sequence.includes(next)) continue;
      if (next.startTs <= end && end <= next.backupTs) grow([...sequence, next]);
    }
  };
  for (const one of usable) if (one.startTs === 0n) grow([one]);
  return all;
}

/** Table ids that a base of `endTs` cannot read at the moment, by the words of FACTS §3.13 and §3.14. */
export function blockedIds(facts: CatalogFacts, endTs: bigint, moment: bigint): readonly bigint[] {
  const ids: bigint[] = [];
  for (const log of facts.logs) {
    for (const one of log.blocklists) {
      if (endTs < one.restoreCommitTs && moment >= one.restoreStartTs) ids.push(...one.tableIds);
    }
    for (const one of log.extBackups) {
      const within = endTs < one.asIfTs && one.asIfTs <= moment;
      const undecided = !one.finished && endTs < moment && one.asIfTs <= moment;
      if (one.finished ? within : undecided) ids.push(...one.tableIds);
    }
  }
  return [...new Set(ids)].sort(byValue);
}

export function byValue(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
