// How fast a backup grows, and what it would be with another retention: what of today's bytes a window keeps, and how much it comes to
// once it is full. By whole days of the log; the exact plan of a deletion is the retention's.

import type { CatalogFacts, LogFacts } from '../facts.ts';
import { msOfTs } from '../ts.ts';
import { type BucketBytes, sumOf } from './byte-sums.ts';

/** Of one day; undefined where there is too little to tell from. */
export interface Growth {
  /** Of all logs together, over the time that they cover. */
  readonly logBytesPerDay: bigint | undefined;
  /** Of a complete snapshot on average. */
  readonly snapshotBytes: bigint | undefined;
  /** Between two complete snapshots on average, ms. */
  readonly snapshotEveryMs: number | undefined;
  readonly bytesPerDay: bigint | undefined;
}

export interface WindowCost {
  readonly windowMs: number;
  /** Of what is there now. */
  readonly keptBytes: bigint;
  readonly keptNanos: bigint;
  /** Once as much was written as the window keeps, at its largest; undefined where the growth is not known. */
  readonly fullBytes: bigint | undefined;
  readonly fullNanos: bigint | undefined;
}

const dayMs = 86_400_000;
const dayMsBig = BigInt(dayMs);

export function growthOf(facts: CatalogFacts, bytes: BucketBytes): Growth {
  const logBytesPerDay = logGrowth(facts.logs, bytes);
  const moments = completeMoments(facts);
  const [first, last] = [moments.at(0), moments.at(-1)];
  const complete = facts.snapshots.filter(({ state }) => state.kind === 'complete');
  const sum = sumOf(complete.flatMap(({ name }) => bytes.snapshots.get(name) ?? []));
  const snapshotBytes = complete.length === 0 ? undefined : sum.bytes / BigInt(complete.length);
  const spanMs = first === undefined || last === undefined ? 0 : last - first;
  // Two snapshots of one day say nothing of a schedule.
  const snapshotEveryMs = moments.length < 2 || spanMs < dayMs ? undefined : spanMs / (moments.length - 1);
  return {
    logBytesPerDay,
    snapshotBytes,
    snapshotEveryMs,
    bytesPerDay:
      logBytesPerDay === undefined || snapshotBytes === undefined || snapshotEveryMs === undefined
        ? undefined
        : logBytesPerDay + (snapshotBytes * dayMsBig) / BigInt(Math.round(snapshotEveryMs)),
  };
}

function completeMoments({ snapshots }: CatalogFacts): readonly number[] {
  return snapshots
    .flatMap(({ state, backupTs }) => (state.kind === 'complete' && backupTs > 0n ? [msOfTs(backupTs)] : []))
    .sort((one, other) => one - other);
}

function logGrowth(logs: readonly LogFacts[], { days }: BucketBytes): bigint | undefined {
  const spanMs = logs.reduce((sum, { minTs, maxTs }) => {
    return sum + (maxTs === undefined || maxTs < minTs ? 0 : msOfTs(maxTs) - msOfTs(minTs));
  }, 0);
  // Less than a day is morning or night, and no measure of one.
  if (spanMs < dayMs) return undefined;
  const written = [...days.values()].flatMap((ofLog) => [...ofLog.values()]);
  return (sumOf(written).bytes * dayMsBig) / BigInt(spanMs);
}

/** price: what so many bytes cost a month, in billionths. */
export function windowCost(
  facts: CatalogFacts,
  bytes: BucketBytes,
  growth: Growth,
  windowMs: number,
  price: (bytes: bigint) => bigint,
): WindowCost {
  const keptBytes = keptOf(facts, bytes, windowMs);
  const fullBytes = fullOf(growth, windowMs);
  return {
    windowMs,
    keptBytes,
    keptNanos: price(keptBytes),
    fullBytes,
    fullNanos: fullBytes === undefined ? undefined : price(fullBytes),
  };
}

/** The newest full snapshot at or before the window's start is its base: everything of later moments stays, and so does what has none. */
function keptOf(facts: CatalogFacts, bytes: BucketBytes, windowMs: number): bigint {
  const ends = [
    ...facts.logs.map(({ maxTs }) => maxTs ?? 0n),
    ...facts.snapshots.map(({ backupTs }) => backupTs),
  ];
  const startMs = Math.max(0, ...ends.map(msOfTs)) - windowMs;
  const bases = facts.snapshots.flatMap(({ state, startTs, backupTs }) =>
    state.kind === 'complete' && startTs === 0n && msOfTs(backupTs) <= startMs ? [msOfTs(backupTs)] : [],
  );
  const total = bytes.total().bytes;
  if (bases.length === 0) return total;
  const baseMs = Math.max(...bases);
  const baseDay = new Date(baseMs).toISOString().slice(0, 10).replaceAll('-', '');
  const gone = [
    ...facts.snapshots.flatMap(({ name, backupTs }) =>
      backupTs > 0n && msOfTs(backupTs) < baseMs ? (bytes.snapshots.get(name) ?? []) : [],
    ),
    ...[...bytes.days.values()].flatMap((days) =>
      [...days].flatMap(([day, sum]) => (day < baseDay ? [sum] : [])),
    ),
  ];
  return total - sumOf(gone).bytes;
}

/** At its largest, right before the next snapshot becomes the base: the log reaches one distance of snapshots further back. */
function fullOf(
  { logBytesPerDay, snapshotBytes, snapshotEveryMs }: Growth,
  windowMs: number,
): bigint | undefined {
  if (logBytesPerDay === undefined || snapshotBytes === undefined || snapshotEveryMs === undefined)
    return undefined;
  const log = (logBytesPerDay * BigInt(Math.ceil(windowMs + snapshotEveryMs))) / dayMsBig;
  const snapshots = BigInt(Math.floor(windowMs / snapshotEveryMs) + 2);
  return log + snapshots * snapshotBytes;
}
