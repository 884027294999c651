// Which snapshots can be a base (a full one, or a full one and the incremental ones on top of it), and how far each
// reaches with a log. Says for every snapshot that cannot serve why not. Chooses nothing: base.ts does.

import type { CatalogFacts, LogFacts, SnapshotFacts } from './facts.ts';
import type { TsInterval } from './intervals.ts';
import { compareTs, describeTs } from './ts.ts';

/** A base: one full snapshot, and incremental ones in the order they are laid over it. */
export interface Chain {
  readonly snapshots: readonly SnapshotFacts[];
  /** Name of the last snapshot: the name of the base. */
  readonly name: string;
  /** BackupTS of the last snapshot: the moment that the chain holds without any log. */
  readonly endTs: bigint;
  /** The cluster of its snapshots; 0n when none of them tells. */
  readonly clusterId: bigint;
}

/** What a chain reaches with one log, or, without one, only its own BackupTS. */
export interface Reach extends TsInterval {
  readonly chain: Chain;
  readonly log: LogFacts | undefined;
  /** 0n when neither chain nor log tells. */
  readonly clusterId: bigint;
}

export type ExclusionCode = 'UNFINISHED' | 'DAMAGED' | 'UNREADABLE' | 'CHAIN_BROKEN';

/** A snapshot that is no base. */
export interface Exclusion {
  readonly name: string;
  readonly code: ExclusionCode;
  readonly reason: string;
}

export interface Chains {
  /** Newest first; of equal BackupTS the one with fewer snapshots first. */
  readonly chains: readonly Chain[];
  readonly excluded: readonly Exclusion[];
}

/** Ids agree when they are equal, or when one of them is unknown, as br checks them (FACTS §6.2). */
export function sameCluster(a: bigint, b: bigint): boolean {
  return a === 0n || b === 0n || a === b;
}

/**
 * All bases. An incremental snapshot holds the changes in (startTs, backupTs]; laid over a chain that ends at b0 it
 * leaves nothing out iff startTs ≤ b0 ≤ backupTs. Each snapshot ends one chain per cluster it can belong to: the one
 * with the fewest snapshots, and of those the one with the newest parent.
 */
export function findChains(facts: CatalogFacts): Chains {
  const complete = facts.snapshots
    .filter((one) => one.state.kind === 'complete')
    .sort((a, b) => compareTs(b.backupTs, a.backupTs) || compareNames(a.name, b.name));
  const incrementals = complete.filter((one) => one.startTs !== 0n);
  const found = new Map<string, Chain>();
  const queue: Chain[] = [];
  const add = (parent: Chain | undefined, last: SnapshotFacts): void => {
    const chain = extend(parent, last);
    const key = `${chain.clusterId}/${chain.name}`;
    if (found.has(key)) return;
    found.set(key, chain);
    queue.push(chain);
  };
  for (const full of complete) if (full.startTs === 0n) add(undefined, full);
  // Breadth first: a chain of n snapshots is extended before any of n + 1.
  for (let i = 0; i < queue.length; i++) {
    const parent = queue[i] as Chain;
    for (const next of incrementals) if (follows(parent, next)) add(parent, next);
  }
  const chains = [...found.values()].sort(newestFirst);
  const used = new Set(chains.map((chain) => chain.name));
  return { chains, excluded: facts.snapshots.flatMap((one) => (used.has(one.name) ? [] : [exclude(one)])) };
}

function extend(parent: Chain | undefined, last: SnapshotFacts): Chain {
  const clusterId = parent === undefined || parent.clusterId === 0n ? last.clusterId : parent.clusterId;
  const snapshots = [...(parent?.snapshots ?? []), last];
  return { snapshots, name: last.name, endTs: last.backupTs, clusterId };
}

function follows(parent: Chain, next: SnapshotFacts): boolean {
  return (
    next.startTs <= parent.endTs &&
    parent.endTs <= next.backupTs &&
    sameCluster(parent.clusterId, next.clusterId) &&
    !parent.snapshots.includes(next)
  );
}

/** For sorting by names, so that the order in which a bucket is listed changes nothing. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function newestFirst(a: Chain, b: Chain): number {
  return (
    compareTs(b.endTs, a.endTs) ||
    a.snapshots.length - b.snapshots.length ||
    compareNames(a.name, b.name) ||
    compareTs(a.clusterId, b.clusterId)
  );
}

/** A snapshot in a sentence. Its name is empty when the storage root itself is the snapshot. */
export function snapshotLabel(name: string): string {
  return name === '' ? 'the snapshot' : name;
}

/** What is wrong with which object; most problems name the object themselves. */
export function describeProblem({
  object,
  problem,
}: {
  readonly object: string;
  readonly problem: string;
}): string {
  return problem.includes(object) ? problem : `${object}: ${problem}`;
}

/** Why a snapshot that ends no chain cannot serve. */
function exclude(snapshot: SnapshotFacts): Exclusion {
  const { name, state } = snapshot;
  const label = snapshotLabel(name);
  switch (state.kind) {
    case 'unfinished': {
      const next = state.resumable
        ? 'the same br command can resume it'
        : 'br left no checkpoint to resume it from';
      const reason = `${label} is unfinished: it has no backupmeta, which br writes last; ${next}`;
      return { name, code: 'UNFINISHED', reason };
    }
    case 'damaged':
      return { name, code: 'DAMAGED', reason: `${label} cannot serve: ${describeProblem(state)}` };
    case 'unreadable':
      return { name, code: 'UNREADABLE', reason: `${label} cannot serve: ${state.reason}` };
    case 'complete': {
      const reason =
        `${label} is incremental and continues from ${describeTs(snapshot.startTs)}, ` +
        `but no base of its cluster ends between that and its own BackupTS ${describeTs(snapshot.backupTs)}`;
      return { name, code: 'CHAIN_BROKEN', reason };
    }
    default:
      return state satisfies never;
  }
}

/**
 * What each chain reaches: its own BackupTS alone, and with each log of its cluster that holds everything after it.
 * A log goes on from a chain iff log minimum ≤ BackupTS (equal is enough, FACTS §5.3, §6.2), and ends at its checkpoint.
 */
export function findReaches(chains: readonly Chain[], logs: readonly LogFacts[]): readonly Reach[] {
  const reaches: Reach[] = [];
  const byPath = [...logs].sort((a, b) => compareNames(a.path, b.path));
  for (const chain of chains) {
    const { endTs, clusterId } = chain;
    reaches.push({ chain, log: undefined, from: endTs, to: endTs, clusterId });
    for (const log of byPath) {
      if (!continues(chain, log) || log.maxTs === undefined || log.maxTs <= endTs) continue;
      const cluster = clusterId === 0n ? log.clusterId : clusterId;
      reaches.push({ chain, log, from: endTs, to: log.maxTs, clusterId: cluster });
    }
  }
  return reaches;
}

function continues(chain: Chain, log: LogFacts): boolean {
  return log.problem === undefined && sameCluster(chain.clusterId, log.clusterId) && log.minTs <= chain.endTs;
}
