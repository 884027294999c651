// How long a restore by br may take, from sizes that are known: an estimate for people, by the speeds of TiDB's documents.
// Promises nothing, and decides nothing.

import { duration } from '../doctor/doctor-finding.ts';

export interface RestoreSizes {
  /** undefined: not known. */
  readonly snapshotBytes: bigint | undefined;
  /** Of the part of the log that is needed; 0n without one, undefined when it is not known. */
  readonly logBytes: bigint | undefined;
}

export interface RestoreEstimate {
  /** With one TiKV; undefined when a size is not known. */
  readonly seconds: number | undefined;
  /** Lower case, no period. */
  readonly sentence: string;
}

/** Per TiKV of the target: FACTS §6.8. */
export const snapshotBytesPerHour = 280e9;
export const logBytesPerHour = 30e9;
/** The smallest restore that was seen took 27 s (FACTS §9). */
export const restoreFixedSeconds = 30;

export function estimateRestore({ snapshotBytes, logBytes }: RestoreSizes): RestoreEstimate {
  if (snapshotBytes === undefined || logBytes === undefined) {
    const what = snapshotBytes === undefined ? 'the snapshot' : 'the log';
    return { seconds: undefined, sentence: `how long it takes is not known: the size of ${what} is not` };
  }
  const hours = Number(snapshotBytes) / snapshotBytesPerHour + Number(logBytes) / logBytesPerHour;
  const withStores = (stores: number): number => Math.ceil(restoreFixedSeconds + (hours * 3600) / stores);
  const [one, three] = [withStores(1), withStores(3)];
  const sentence =
    `about ${duration(one * 1000)} with one TiKV and ${duration(three * 1000)} with three: an estimate, from 280 GB of snapshot ` +
    'and 30 GB of log an hour and TiKV; many small changes make it slower';
  return { seconds: one, sentence };
}
