// Sets of moments as sorted lists of closed intervals of TSOs: union, difference, neighbours.
// Arithmetic only: knows nothing of why a moment is in.

import { compareTs, maxTs, minTs } from './ts.ts';

/** Both ends are inside. */
export interface TsInterval {
  readonly from: bigint;
  readonly to: bigint;
}

/** The union, sorted and without touching neighbours: [1,3] and [4,6] become [1,6], as no TSO lies between. */
export function union(intervals: readonly TsInterval[]): readonly TsInterval[] {
  const sorted = intervals.filter((one) => one.from <= one.to).sort((a, b) => compareTs(a.from, b.from));
  const merged: { from: bigint; to: bigint }[] = [];
  for (const { from, to } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to + 1n) last.to = maxTs(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** The moments of `left` that are not in `right`; sorted and disjoint. */
export function subtract(left: readonly TsInterval[], right: readonly TsInterval[]): readonly TsInterval[] {
  const holes = union(right);
  const rest: TsInterval[] = [];
  for (const { from, to } of union(left)) {
    let start = from;
    for (const hole of holes) {
      if (hole.to < start) continue;
      if (hole.from > to) break;
      if (hole.from > start) rest.push({ from: start, to: hole.from - 1n });
      start = hole.to + 1n;
    }
    if (start <= to) rest.push({ from: start, to });
  }
  return rest;
}

/** The moments of every interval that are not before `from`. */
export function clipFrom(intervals: readonly TsInterval[], from: bigint): readonly TsInterval[] {
  return intervals
    .filter((one) => one.to >= from)
    .map((one) => ({ from: maxTs(one.from, from), to: one.to }));
}

export function contains(intervals: readonly TsInterval[], ts: bigint): boolean {
  return intervals.some((one) => one.from <= ts && ts <= one.to);
}

/** The nearest moments of the set strictly before and strictly after `ts`. */
export function neighbours(
  intervals: readonly TsInterval[],
  ts: bigint,
): { readonly before: bigint | undefined; readonly after: bigint | undefined } {
  let before: bigint | undefined;
  let after: bigint | undefined;
  for (const { from, to } of intervals) {
    if (from < ts) before = maxTs(before ?? from, minTs(to, ts - 1n));
    if (to > ts) after = minTs(after ?? to, maxTs(from, ts + 1n));
  }
  return { before, after };
}
