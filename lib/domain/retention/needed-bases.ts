// Which bases stay, and why: those of the window, so many whatever their age, those that pins and restores read. Says nothing of
// folders that are no base.

import { type Chain, findChains, findReaches, type Reach, snapshotLabel } from '../chain.ts';
import type { CatalogFacts } from '../facts.ts';
import { subtract, type TsInterval, union } from '../intervals.ts';
import { formatTs } from '../ts.ts';
import type { Hold } from './holds.ts';
import { clip } from './invariant.ts';
import type { KeepCode } from './retention-plan.ts';
import { folderName } from './retention-state.ts';

export interface NeededBase {
  readonly chain: Chain;
  readonly code: KeepCode;
  readonly sentence: string;
  /** The log from its BackupTS on stays, too. */
  readonly withLog: boolean;
}

export interface NeedQuestion {
  /** Verified snapshots alone. */
  readonly facts: CatalogFacts;
  readonly window: TsInterval;
  readonly minBases: number;
  readonly holds: readonly Hold[];
}

/** A base and all that it reaches. */
interface ReachingBase {
  readonly chain: Chain;
  readonly reaches: readonly Reach[];
}

/** One entry per base and reason, the newest base first. */
export function neededBases({ facts, window, minBases, holds }: NeedQuestion): readonly NeededBase[] {
  const bases = basesOf(facts);
  return [
    ...ofWindow(bases, window),
    ...ofCount(bases, minBases),
    ...holds.flatMap((hold) => ofHold(bases, hold)),
  ];
}

/** Newest first. */
function basesOf({ snapshots, logs }: CatalogFacts): readonly ReachingBase[] {
  const { chains } = findChains({ snapshots, logs, unknown: [] });
  const all = findReaches(chains, logs);
  return chains.map((chain) => ({ chain, reaches: all.filter((reach) => reach.chain === chain) }));
}

/** The newest base at or before the start reaches whatever an older one does: a log that goes on from that one passes it. */
function ofWindow(bases: readonly ReachingBase[], window: TsInterval): readonly NeededBase[] {
  const start = formatTs(window.from);
  const newer = bases.filter(({ chain }) => chain.endTs > window.from);
  const first = bases.find(({ chain }) => chain.endTs <= window.from);
  const needed: NeededBase[] = newer.map(({ chain }) => ({
    chain,
    code: 'IN_WINDOW',
    sentence: `it is of ${formatTs(chain.endTs)}, and the window begins at ${start}`,
    withLog: true,
  }));
  if (first === undefined) return needed;
  const { name, endTs } = first.chain;
  const sentence = `the window begins at ${start}, and ${snapshotLabel(name)} of ${formatTs(endTs)} is the newest base at or before it`;
  return [...needed, { chain: first.chain, code: 'WINDOW_BASE', sentence, withLog: true }];
}

/** Of the bases, newest first, those that reach moments of the interval which no newer one reaches. */
function addingBases(bases: readonly ReachingBase[], interval: TsInterval): readonly ReachingBase[] {
  const adding: ReachingBase[] = [];
  let covered: readonly TsInterval[] = [];
  for (const base of bases) {
    const own = clip(base.reaches, interval);
    if (subtract(own, covered).length === 0) continue;
    adding.push(base);
    covered = union([...covered, ...own]);
  }
  return adding;
}

/**
 * Full snapshots: whatever is laid over one is worth nothing without it. Where a log goes on from some, so many of these, because one
 * that the log has not reached yet, or never will, is one moment and no more.
 */
function ofCount(bases: readonly ReachingBase[], minBases: number): readonly NeededBase[] {
  const full = bases.filter(({ chain }) => chain.snapshots.length === 1);
  const leading = full.filter(({ reaches }) => reaches.some(({ log }) => log !== undefined));
  const counted = new Set([...full.slice(0, minBases), ...leading.slice(0, minBases)]);
  return [...counted].map(({ chain }) => ({
    chain,
    code: 'MIN_BASES',
    sentence: `${minBases} full snapshots stay whatever their age, and it is one of the newest`,
    withLog: true,
  }));
}

function ofHold(bases: readonly ReachingBase[], hold: Hold): readonly NeededBase[] {
  const { code, folder, moments, sentence, withLog } = hold;
  const named = bases.filter(({ chain }) => folderName(chain.name) === folder);
  const leading = moments === undefined ? [] : addingBases(bases, moments);
  return [
    ...named.map(({ chain }) => ({ chain, code, sentence, withLog })),
    ...leading.map(({ chain }) => ({
      chain,
      code,
      sentence,
      // What a snapshot shows by itself needs no log.
      withLog: moments?.to !== chain.endTs,
    })),
  ];
}

/** Folder → why it stays: the snapshots of every needed base, also those that it is laid over. */
export function reasonsByFolder(
  needed: readonly NeededBase[],
): ReadonlyMap<string, readonly { readonly code: KeepCode; readonly sentence: string }[]> {
  const reasons = new Map<string, { code: KeepCode; sentence: string }[]>();
  for (const { chain, code, sentence } of needed) {
    for (const one of chain.snapshots) {
      const isEnd = one.name === chain.name;
      const reason = isEnd
        ? { code, sentence }
        : {
            code: 'PARENT' as const,
            sentence: `${snapshotLabel(chain.name)} is laid over it, and stays: ${sentence}`,
          };
      const known = reasons.get(folderName(one.name)) ?? [];
      if (!known.some((each) => each.code === reason.code && each.sentence === reason.sentence)) {
        known.push(reason);
      }
      reasons.set(folderName(one.name), known);
    }
  }
  return reasons;
}
