// How long a restore to this moment would take, from the newest base, the log that was measured hour by hour, and the speeds of
// TiDB's documents, corrected by the last restore that was really done. Promises nothing; says whether objectives.rto holds.

import { duration } from '../doctor/doctor-finding.ts';
import { logBytesPerHour, restoreFixedSeconds, snapshotBytesPerHour } from '../restore/restore-estimate.ts';
import type { LogHour } from '../state/keeper-record.ts';
import type { RestoreRun } from '../state/restore-run.ts';
import type { SnapshotRun } from '../state/snapshot-run.ts';
import { msOfTs } from '../ts.ts';

export interface ForecastQuestion {
  /** The moment to restore to, Unix ms. */
  readonly momentMs: number;
  /** Any order. */
  readonly snapshots: readonly SnapshotRun[];
  readonly restores: readonly RestoreRun[];
  readonly logHours: readonly LogHour[];
  /** Where the log that goes on begins; a base before it does not reach the moment. 0n: not known. */
  readonly logStartTs: bigint;
  /** TiKV stores of the target: as many as here. */
  readonly stores: number;
  readonly rtoMs: number | undefined;
}

export interface Forecast {
  /** Folder of the base; empty without one. */
  readonly base: string;
  /** undefined: not known. */
  readonly restoreMs: number | undefined;
  readonly objective: 'none' | 'met' | 'broken' | 'unknown';
  /** From when on it breaks the objective, Unix ms, if no snapshot comes; undefined: never, or not known. */
  readonly breaksMs: number | undefined;
  /** A restore from a snapshot of now would meet the objective. */
  readonly doesSnapshotHelp: boolean;
  /** Lower case, no period. */
  readonly sentence: string;
}

type Complete = Extract<SnapshotRun, { readonly state: 'complete' }>;

const hourMs = 3_600_000;
/** Shorter ones are all fixed cost and tell no speed. */
const tellingMs = 10 * 60_000;

export function forecastRestore(question: ForecastQuestion): Forecast {
  const { rtoMs, momentMs } = question;
  const base = newestBase(question);
  const unknown = (sentence: string): Forecast => ({
    base: base?.folder ?? '',
    restoreMs: undefined,
    objective: rtoMs === undefined ? 'none' : 'unknown',
    breaksMs: undefined,
    doesSnapshotHelp: false,
    sentence,
  });
  if (base === undefined)
    return unknown(
      'how long a restore takes is not known: there is no complete snapshot that the log continues',
    );
  const parts = partsOf(base, momentMs, question);
  if (parts === undefined)
    return unknown(
      'how long a restore takes is not known: the size of the snapshot, or the log of an hour, is not',
    );
  const factor = measuredFactor(question);
  const [snapshotMs, logMs] = [(parts.fixedMs + parts.snapshotMs) * factor, parts.logMs * factor];
  const restoreMs = Math.ceil(snapshotMs + logMs);
  const logMsPerHour = parts.logMsPerHour * factor;
  const breaksMs = whenBroken(base, snapshotMs, logMsPerHour, rtoMs);
  const isBroken = rtoMs !== undefined && restoreMs > rtoMs;
  return {
    base: base.folder,
    restoreMs,
    objective: rtoMs === undefined ? 'none' : isBroken ? 'broken' : 'met',
    breaksMs,
    doesSnapshotHelp: rtoMs !== undefined && snapshotMs <= rtoMs && restoreMs > snapshotMs,
    sentence: sentenceOf(base, { restoreMs, snapshotMs, rtoMs, breaksMs }),
  };
}

function newestBase({ snapshots, logStartTs, momentMs }: ForecastQuestion): Complete | undefined {
  return snapshots
    .filter((one): one is Complete => one.state === 'complete')
    .filter(({ backupTs }) => backupTs >= logStartTs && msOfTs(backupTs) <= momentMs)
    .reduce<Complete | undefined>(
      (best, one) => (best === undefined || one.backupTs > best.backupTs ? one : best),
      undefined,
    );
}

interface Parts {
  readonly fixedMs: number;
  readonly snapshotMs: number;
  readonly logMs: number;
  readonly logMsPerHour: number;
}

/** By the documents' speeds; undefined when a size is not known. */
function partsOf(
  { backupTs, bytes }: Complete,
  momentMs: number,
  { logHours, stores }: Pick<ForecastQuestion, 'logHours' | 'stores'>,
): Parts | undefined {
  if (bytes === 0n || logHours.length === 0) return undefined;
  const meanBytes = logHours.reduce((sum, hour) => sum + Number(hour.bytes), 0) / logHours.length;
  const workers = Math.max(1, stores);
  const logMsOf = (bytesOfLog: number) => (bytesOfLog / logBytesPerHour / workers) * hourMs;
  return {
    fixedMs: restoreFixedSeconds * 1000,
    snapshotMs: (Number(bytes) / snapshotBytesPerHour / workers) * hourMs,
    logMs: logMsOf(logBytes(logHours, meanBytes, msOfTs(backupTs), momentMs)),
    logMsPerHour: logMsOf(meanBytes),
  };
}

/** Measured where it was, the mean elsewhere. */
function logBytes(logHours: readonly LogHour[], meanBytes: number, fromMs: number, toMs: number): number {
  if (toMs <= fromMs) return 0;
  let [bytes, coveredMs] = [0, 0];
  for (const hour of logHours) {
    const overlapMs = Math.min(toMs, hour.hourMs + hourMs) - Math.max(fromMs, hour.hourMs);
    if (overlapMs <= 0) continue;
    bytes += (Number(hour.bytes) * overlapMs) / hourMs;
    coveredMs += overlapMs;
  }
  return bytes + (meanBytes * (toMs - fromMs - coveredMs)) / hourMs;
}

/** How much longer the newest restore took than the documents' speeds let expect; 1 where none tells. */
function measuredFactor(question: ForecastQuestion): number {
  const { restores, snapshots } = question;
  const telling = restores.flatMap((run) => {
    if (run.state !== 'done' || run.endedMs - run.startedMs < tellingMs) return [];
    const base = snapshots.find(
      (one): one is Complete => one.state === 'complete' && one.folder === run.base,
    );
    const parts = base && partsOf(base, msOfTs(run.restoreTs), question);
    return parts === undefined ? [] : [{ run, expectedMs: parts.fixedMs + parts.snapshotMs + parts.logMs }];
  });
  const newest = telling.sort((a, b) => b.run.endedMs - a.run.endedMs)[0];
  return newest === undefined ? 1 : (newest.run.endedMs - newest.run.startedMs) / newest.expectedMs;
}

function whenBroken(
  { backupTs }: Complete,
  snapshotMs: number,
  logMsPerHour: number,
  rtoMs: number | undefined,
): number | undefined {
  if (rtoMs === undefined) return undefined;
  const budgetMs = rtoMs - snapshotMs;
  if (budgetMs <= 0) return msOfTs(backupTs);
  if (logMsPerHour <= 0) return undefined;
  const atMs = msOfTs(backupTs) + (budgetMs / logMsPerHour) * hourMs;
  return Number.isSafeInteger(Math.floor(atMs)) && atMs < Date.UTC(9999, 0, 1) ? Math.floor(atMs) : undefined;
}

function sentenceOf(
  { folder }: Complete,
  found: {
    readonly restoreMs: number;
    readonly snapshotMs: number;
    readonly rtoMs: number | undefined;
    readonly breaksMs: number | undefined;
  },
): string {
  const { restoreMs, snapshotMs, rtoMs, breaksMs } = found;
  const takes = `a restore to now takes about ${duration(restoreMs)} from ${folder}`;
  if (rtoMs === undefined) return takes;
  const promised = `objectives.rto is ${duration(rtoMs)}`;
  if (snapshotMs > rtoMs)
    return `${takes}, and ${promised}: the snapshot alone takes longer, so that only a target with more stores helps`;
  if (restoreMs > rtoMs)
    return `${takes}, and ${promised}: a younger snapshot would bring it to ${duration(snapshotMs)}`;
  const until =
    breaksMs === undefined
      ? ''
      : `; it holds until ${new Date(breaksMs).toISOString()} without a new snapshot`;
  return `${takes}, and ${promised}${until}`;
}
