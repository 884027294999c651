// The window: every moment that can be restored from a bucket, with the reason for each edge and each hole, and the
// tables that are left out of a part of it. A statement of facts: promises nothing about tomorrow.

import { findBlocks, findPartialHoles, type PartialHole } from './blocks.ts';
import { type Chain, type Exclusion, findChains, findReaches, type Reach, snapshotLabel } from './chain.ts';
import type { CatalogFacts } from './facts.ts';
import { explainGap, type Gap, type GapCode, logLabel } from './gap.ts';
import { neighbours, type TsInterval, union } from './intervals.ts';
import { describeTs } from './ts.ts';

export interface Edge {
  readonly ts: bigint;
  /** BASE: the base's BackupTS. CHECKPOINT: the log's. Else: why the base reaches no further than its own BackupTS. */
  readonly code: 'BASE' | 'CHECKPOINT' | GapCode;
  readonly reason: string;
}

/** What one base gives with one log, or, where no log goes on from it, alone: a single moment. */
export interface WindowInterval {
  readonly from: Edge;
  readonly to: Edge;
  /** Name of the base: the last snapshot of `chain`. */
  readonly base: string;
  /** Names from the full snapshot to the last incremental one. */
  readonly chain: readonly string[];
  /** The epoch's folder; undefined for a single moment. */
  readonly log: string | undefined;
  /** 0n = unknown. */
  readonly clusterId: bigint;
}

/** Moments that nothing restores. `from` undefined: since ever; `to` undefined: until the bucket holds more. */
export interface Hole extends Gap {
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
}

export interface Window {
  /** One per base and log, oldest base first. They overlap: a moment can have several bases. */
  readonly intervals: readonly WindowInterval[];
  /** The same moments, sorted, disjoint: the window as a person sees it. */
  readonly merged: readonly TsInterval[];
  /** What lies before, between and after `merged`, without a gap. */
  readonly holes: readonly Hole[];
  /** Tables that cannot be read at moments which are restorable otherwise. */
  readonly partialHoles: readonly PartialHole[];
  /** Snapshots that are no base, and why. */
  readonly excluded: readonly Exclusion[];
}

/** The window of a bucket. A moment is inside iff {@link chooseBase} of base.ts finds a base for it. */
export function computeWindow(facts: CatalogFacts): Window {
  const { chains, excluded } = findChains(facts);
  const reaches = findReaches(chains, facts.logs);
  const merged = union(reaches);
  return {
    intervals: describeReaches(facts, reaches),
    merged,
    holes: findHoles(facts, chains, merged),
    partialHoles: findPartialHoles(reaches, findBlocks(facts)),
    excluded,
  };
}

/** The newest restorable moment; undefined when nothing is restorable. */
export function latest(window: Pick<Window, 'merged'>): bigint | undefined {
  return window.merged.at(-1)?.to;
}

/** The oldest restorable moment; undefined when nothing is restorable. */
export function earliest(window: Pick<Window, 'merged'>): bigint | undefined {
  return window.merged[0]?.from;
}

function describeReaches(facts: CatalogFacts, reaches: readonly Reach[]): readonly WindowInterval[] {
  const withLog = new Set(reaches.filter((reach) => reach.log !== undefined).map((reach) => reach.chain));
  return reaches
    .filter((reach) => reach.log !== undefined || !withLog.has(reach.chain))
    .map((reach) => describeReach(facts, reach))
    .reverse();
}

function describeReach(facts: CatalogFacts, reach: Reach): WindowInterval {
  const { chain, log, from, to, clusterId } = reach;
  return {
    from: { ts: from, code: 'BASE', reason: `BackupTS of ${snapshotLabel(chain.name)}` },
    to: { ts: to, ...endOf(facts, reach) },
    base: chain.name,
    chain: chain.snapshots.map((one) => one.name),
    log: log?.path,
    clusterId,
  };
}

function endOf(facts: CatalogFacts, { chain, log, to }: Reach): Pick<Edge, 'code' | 'reason'> {
  if (log !== undefined) {
    return {
      code: 'CHECKPOINT',
      reason: `checkpoint of ${logLabel(log)}: every change up to it is in the bucket`,
    };
  }
  // Asked of this base alone: another one may well reach the next moment.
  const { code, reason } = explainGap({ ...facts, snapshots: [] }, [chain], to + 1n);
  return { code, reason };
}

/** The complement of the window, cut where the cause changes. */
function findHoles(
  facts: CatalogFacts,
  chains: readonly Chain[],
  merged: readonly TsInterval[],
): readonly Hole[] {
  const cuts = causesChangeAt(facts, chains);
  const holes: Hole[] = [];
  const walk = (from: bigint | undefined, to: bigint | undefined): void => {
    const first = from ?? 0n;
    const inside = cuts.filter((cut) => cut > first && (to === undefined || cut <= to));
    let start = from;
    let gap = explainGap(facts, chains, first);
    for (const cut of inside) {
      const next = explainGap(facts, chains, cut);
      if (next.code === gap.code && next.reason === gap.reason) continue;
      holes.push({ ...gap, from: start, to: cut - 1n });
      start = cut;
      gap = next;
    }
    holes.push({ ...gap, from: start, to });
  };
  let from: bigint | undefined;
  for (const one of merged) {
    if (one.from > (from ?? 0n)) walk(from, one.from - 1n);
    from = one.to + 1n;
  }
  walk(from, undefined);
  return holes;
}

/** Every moment at which explainGap can change its answer, sorted. */
function causesChangeAt(facts: CatalogFacts, chains: readonly Chain[]): readonly bigint[] {
  const cuts = new Set<bigint>();
  for (const chain of chains) cuts.add(chain.endTs);
  for (const log of facts.logs) {
    cuts.add(log.minTs).add(log.minTs + 1n);
    if (log.maxTs !== undefined) cuts.add(log.maxTs + 1n);
  }
  for (const { state, backupTs } of facts.snapshots) {
    const suspect = state.kind === 'damaged' || state.kind === 'unreadable';
    if (suspect) cuts.add(backupTs).add(backupTs + 1n);
  }
  return [...cuts].sort((a, b) => (a < b ? -1 : 1));
}

/** The restorable moments next to one that is not: what to offer instead. */
export interface Nearest {
  readonly before?: bigint;
  readonly after?: bigint;
}

/** The nearest restorable moments strictly before and after `ts`. */
export function nearestMoments(restorable: readonly TsInterval[], ts: bigint): Nearest {
  const { before, after } = neighbours(restorable, ts);
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** `the nearest restorable moments are A before and B after it`, or why there is none. */
export function describeNearest({ before, after }: Nearest): string {
  if (before !== undefined && after !== undefined) {
    return `the nearest restorable moments are ${describeTs(before)} before and ${describeTs(after)} after it`;
  }
  if (before !== undefined) return `the nearest restorable moment is ${describeTs(before)}, before it`;
  if (after !== undefined) return `the nearest restorable moment is ${describeTs(after)}, after it`;
  return 'no moment is restorable';
}
