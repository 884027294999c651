// What a backup costs a month and why: by snapshot, by day of the log, by month, by class of storage; how fast it grows, and what other
// windows would cost. Bytes and money are exact; a forecast says that it is one by its name.

import type { CatalogFacts, SnapshotFacts } from '../facts.ts';
import { msOfTs } from '../ts.ts';
import { type BucketBytes, type ByteSum, sumOf } from './byte-sums.ts';
import { costOf, type Price, priceOf } from './prices.ts';
import { type Growth, growthOf, type WindowCost, windowCost } from './windows.ts';

/** `nanos`: billionths of the currency for a month. */
export interface Priced extends ByteSum {
  readonly nanos: bigint;
}

export interface CostReport {
  readonly total: Priced;
  /** Oldest first; those without a known BackupTS last. */
  readonly snapshots: readonly (Priced & { readonly name: string; readonly backupTs: bigint | undefined })[];
  /** `YYYY-MM-DD`, all logs together. */
  readonly days: readonly (Priced & { readonly day: string })[];
  /** `YYYY-MM` of the log's changes and of the snapshots' moments: what was written for it and is still kept. */
  readonly months: readonly (Priced & {
    readonly month: string;
    readonly logBytes: bigint;
    readonly snapshotBytes: bigint;
  })[];
  /** Of logs, and of no day. */
  readonly logRest: Priced;
  readonly other: Priced;
  /** name: empty where the storage tells none. */
  readonly classes: readonly (Priced & { readonly name: string; readonly price: Price })[];
  readonly growth: Growth;
  readonly windows: readonly WindowCost[];
}

/** given: the person's price for every class; windowsMs: longest last or not, in their order. */
export function costReport(
  facts: CatalogFacts,
  bytes: BucketBytes,
  given: Price | undefined,
  windowsMs: readonly number[],
): CostReport {
  const classes = [...bytes.classes].sort(byName).map(([name, sum]) => {
    const price = priceOf(name, given);
    return { name, ...sum, price, nanos: costOf(sum.bytes, price) };
  });
  const total = bytes.total();
  const totalNanos = classes.reduce((sum, { nanos }) => sum + nanos, 0n);
  // Nobody knows the class of a single part: it costs its share of the whole.
  const priced = ({ objects, bytes }: ByteSum): Priced => ({
    objects,
    bytes,
    nanos: shareOf(totalNanos, bytes, total.bytes),
  });
  const days = daysOf(bytes);
  const snapshots = snapshotsOf(facts.snapshots, bytes);
  const growth = growthOf(facts, bytes);
  return {
    total: { ...total, nanos: totalNanos },
    snapshots: snapshots.map(({ name, backupTs, sum }) => ({ name, backupTs, ...priced(sum) })),
    days: days.map(([day, sum]) => ({ day: dashed(day), ...priced(sum) })),
    months: monthsOf(days, snapshots).map((one) => ({ ...one, ...priced(one) })),
    logRest: priced(sumOf(bytes.rest.values())),
    other: priced(bytes.other),
    classes,
    growth,
    windows: windowsMs.map((windowMs) =>
      windowCost(facts, bytes, growth, windowMs, (size) => shareOf(totalNanos, size, total.bytes)),
    ),
  };
}

function shareOf(nanos: bigint, bytes: bigint, of: bigint): bigint {
  return of === 0n ? 0n : (nanos * bytes + of / 2n) / of;
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : one > other ? 1 : 0;

function daysOf({ days }: BucketBytes): readonly (readonly [string, ByteSum])[] {
  const all = new Map<string, ByteSum>();
  for (const ofLog of days.values())
    for (const [day, sum] of ofLog) all.set(day, sumOf([all.get(day) ?? sumOf([]), sum]));
  return [...all].sort(byName);
}

interface SnapshotBytes {
  readonly name: string;
  readonly backupTs: bigint | undefined;
  readonly sum: ByteSum;
}

function snapshotsOf(facts: readonly SnapshotFacts[], { snapshots }: BucketBytes): readonly SnapshotBytes[] {
  const momentOf = new Map(facts.map(({ name, backupTs }) => [name, backupTs === 0n ? undefined : backupTs]));
  return [...snapshots]
    .map(([name, sum]) => ({ name, backupTs: momentOf.get(name), sum }))
    .sort(
      (one, other) => compareMoments(one.backupTs, other.backupTs) || byName([one.name, 0], [other.name, 0]),
    );
}

function compareMoments(one: bigint | undefined, other: bigint | undefined): number {
  if (one === undefined || other === undefined)
    return Number(one === undefined) - Number(other === undefined);
  return one < other ? -1 : one > other ? 1 : 0;
}

function monthsOf(
  days: readonly (readonly [string, ByteSum])[],
  snapshots: readonly SnapshotBytes[],
): readonly (ByteSum & {
  readonly month: string;
  readonly logBytes: bigint;
  readonly snapshotBytes: bigint;
})[] {
  const months = new Map<string, { log: ByteSum; snapshots: ByteSum }>();
  const none = sumOf([]);
  const at = (month: string) => months.get(month) ?? { log: none, snapshots: none };
  for (const [day, sum] of days) {
    const month = dashed(day).slice(0, 7);
    months.set(month, { ...at(month), log: sumOf([at(month).log, sum]) });
  }
  for (const { backupTs, sum } of snapshots) {
    if (backupTs === undefined) continue;
    const month = new Date(msOfTs(backupTs)).toISOString().slice(0, 7);
    months.set(month, { ...at(month), snapshots: sumOf([at(month).snapshots, sum]) });
  }
  return [...months].sort(byName).map(([month, { log, snapshots }]) => ({
    ...{ month, ...sumOf([log, snapshots]) },
    ...{ logBytes: log.bytes, snapshotBytes: snapshots.bytes },
  }));
}

function dashed(day: string): string {
  return `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
}
