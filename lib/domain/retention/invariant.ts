// The promise of the retention as arithmetic on sets of moments: what a step makes of the bucket, and whether a bucket after it still
// restores what one before it did. Knows no rule of the planner, so that it can judge it.

import { findBlocks, findPartialHoles, type TableBlock } from '../blocks.ts';
import { findChains, findReaches, type Reach } from '../chain.ts';
import type { CatalogFacts } from '../facts.ts';
import { subtract, type TsInterval, union } from '../intervals.ts';
import { maxTs, minTs } from '../ts.ts';
import type { RetentionStep } from './retention-plan.ts';
import { folderName } from './retention-state.ts';

/**
 * For every moment of the promised window there is a verified base ≤ it and an unbroken log from that base to it, after every prefix
 * of the plan's steps: no moment of `window` that `before` restores is lost in `after`, and no table of one becomes unreadable.
 * The facts hold verified snapshots alone.
 */
export function invariantHolds(before: CatalogFacts, after: CatalogFacts, window: TsInterval): boolean {
  return lostMoments(before, after, window).length === 0;
}

/** The moments of the window that `before` restores, whole, and `after` does not. */
export function lostMoments(
  before: CatalogFacts,
  after: CatalogFacts,
  window: TsInterval,
): readonly TsInterval[] {
  const [reachesBefore, reachesAfter] = [reachesOf(before), reachesOf(after)];
  // What a log says of tables stays true of its cluster when the log has gone.
  const blocks = findBlocks(before);
  const lost = blocks.map((block) => subtract(readable(reachesBefore, block), readable(reachesAfter, block)));
  return clip(union([...subtract(reachesBefore, reachesAfter), ...lost.flat()]), window);
}

export function reachesOf(facts: CatalogFacts): readonly Reach[] {
  return findReaches(findChains(facts).chains, facts.logs);
}

/** Where the tables of a block can be read. */
function readable(reaches: readonly Reach[], block: TableBlock): readonly TsInterval[] {
  return subtract(reaches, findPartialHoles(reaches, [block]));
}

export function clip(intervals: readonly TsInterval[], { from, to }: TsInterval): readonly TsInterval[] {
  return intervals
    .map((one) => ({ from: maxTs(one.from, from), to: minTs(one.to, to) }))
    .filter((one) => one.from <= one.to);
}

/** The bucket after one step. */
export function afterStep(facts: CatalogFacts, step: RetentionStep): CatalogFacts {
  switch (step.kind) {
    case 'delete-snapshot':
    case 'delete-unfinished':
      return { ...facts, snapshots: facts.snapshots.filter(({ name }) => folderName(name) !== step.folder) };
    case 'delete-log':
      return { ...facts, logs: facts.logs.filter(({ path }) => folderName(path) !== step.path) };
    case 'cut-log':
      return {
        ...facts,
        logs: facts.logs.map((log) =>
          folderName(log.path) === step.path
            ? { ...log, safepointTs: step.untilTs, minTs: maxTs(log.minTs, step.untilTs) }
            : log,
        ),
      };
    default:
      return step satisfies never;
  }
}
