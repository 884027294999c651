// Up to where a log may be cut so that every moment of the promised window stays restorable: the cut, or the refusal, and the
// reason of either. Decides from the bucket's facts alone; deletes nothing.

import { findChains, snapshotLabel } from '../chain.ts';
import type { ErrorCode } from '../errors.ts';
import type { CatalogFacts, LogFacts, SnapshotFacts } from '../facts.ts';
import { promisedWindow } from '../retention/promise.ts';
import type { Failure } from '../state/run-identity.ts';
import { describeTs, formatTs } from '../ts.ts';

export interface TruncationQuestion {
  readonly facts: CatalogFacts;
  /** The log's folder, relative to the storage root. */
  readonly logPath: string;
  readonly retention: {
    /** Every moment of the last so many ms stays restorable; the last is now, or the newest that is, where that is older. */
    readonly windowMs: number;
    /** So many complete snapshots keep their log, whatever their age; at least 1. */
    readonly minBases: number;
  };
  readonly nowMs: number;
  /** What pins and open restores read of this log: nothing from `fromTs` on is cut. */
  readonly held?: LogHold | undefined;
}

export interface LogHold {
  readonly fromTs: bigint;
  /** Who holds it, a sentence. */
  readonly sentence: string;
}

export type TruncationPlan =
  | {
      readonly kind: 'cut';
      /** BackupTS of the oldest base that stays. Everything from it on is kept (FACTS §5.3). */
      readonly untilTs: bigint;
      readonly base: string;
      readonly reasons: readonly string[];
    }
  /** There is nothing to do: the log begins there already, or later. */
  | { readonly kind: 'nothing'; readonly untilTs: bigint; readonly reasons: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Failure };

/**
 * The newest complete full snapshot at or before the window's start is the base of its first moment, and the log stays from
 * there on; older still when `minBases` asks for it. Only snapshots that the log continues count: failed, damaged and
 * foreign ones keep nothing and never allow a cut.
 */
export function planTruncation(question: TruncationQuestion): TruncationPlan {
  const { facts, logPath, retention, nowMs, held } = question;
  const log = facts.logs.find(({ path }) => withoutSlash(path) === withoutSlash(logPath));
  if (log === undefined)
    return refused('OBJECT_MISSING', `there is no log in ${logPath}`, 'nothing is cut where nothing is');
  if (log.problem !== undefined) {
    return refused(
      'OBJECT_DAMAGED',
      `the log in ${logPath} cannot be read: ${log.problem.problem}`,
      'nothing is cut before it can be read again',
    );
  }
  const bases = basesOf(facts, log);
  if (bases.length === 0) {
    return refused(
      'BASE_MISSING',
      `no complete snapshot reaches the log in ${logPath}: whatever is cut, nothing could be restored`,
      'take a snapshot first',
    );
  }
  const windowStartTs = promisedWindow(facts, retention, nowMs).from;
  const atStart = bases.findIndex(({ backupTs }) => backupTs <= windowStartTs);
  if (atStart < 0) return tooYoung(bases, windowStartTs);
  const least = Math.max(1, Math.floor(retention.minBases));
  if (bases.length < least) return tooFew(bases.length, least);
  const index = Math.max(atStart, least - 1);
  return heldBack(cutAt(bases, index, { atStart, least, windowStartTs }, log), held, log);
}

/** Newest first: complete full snapshots of the log's cluster that its log continues without a gap. */
function basesOf(facts: CatalogFacts, log: LogFacts): readonly SnapshotFacts[] {
  const { chains } = findChains({ ...facts, logs: [log] });
  return chains
    .filter(({ snapshots, endTs, clusterId }) => {
      const isOfCluster = clusterId === 0n || log.clusterId === 0n || clusterId === log.clusterId;
      return snapshots.length === 1 && isOfCluster && log.minTs <= endTs && endTs <= (log.maxTs ?? 0n);
    })
    .flatMap(({ snapshots }) => snapshots.slice(0, 1));
}

function cutAt(
  bases: readonly SnapshotFacts[],
  index: number,
  found: { readonly atStart: number; readonly least: number; readonly windowStartTs: bigint },
  log: LogFacts,
): TruncationPlan {
  const base = bases[index];
  const first = bases[found.atStart];
  if (base === undefined || first === undefined) {
    return refused('BASE_MISSING', 'no base to keep was found', 'take a snapshot first');
  }
  const reasons = [
    `the window begins at ${formatTs(found.windowStartTs)}, and ${snapshotLabel(first.name)} of ${formatTs(first.backupTs)} is the newest base at or before it`,
    ...(index > found.atStart
      ? [
          `${found.least} bases keep their log: the oldest of them is ${snapshotLabel(base.name)} of ${formatTs(base.backupTs)}`,
        ]
      : []),
    `a restore to any later moment reads the log after ${describeTs(base.backupTs)} and nothing before it`,
  ];
  const untilTs = base.backupTs;
  if (untilTs <= log.minTs) return { kind: 'nothing', untilTs, reasons };
  return { kind: 'cut', untilTs, base: base.name, reasons };
}

/** A pin or a restore that needs more of the log than the window does. */
function heldBack(plan: TruncationPlan, held: LogHold | undefined, log: LogFacts): TruncationPlan {
  if (plan.kind === 'refused' || held === undefined || held.fromTs >= plan.untilTs) return plan;
  const reasons = [held.sentence, ...plan.reasons];
  if (plan.kind === 'nothing' || held.fromTs <= log.minTs) {
    return { kind: 'nothing', untilTs: held.fromTs, reasons };
  }
  return { ...plan, untilTs: held.fromTs, reasons };
}

function tooYoung(bases: readonly SnapshotFacts[], windowStartTs: bigint): TruncationPlan {
  const oldest = bases.at(-1);
  return {
    kind: 'nothing',
    untilTs: 0n,
    reasons: [
      `the window begins at ${formatTs(windowStartTs)}, and the oldest base is younger: ${snapshotLabel(oldest?.name ?? '')} of ${formatTs(oldest?.backupTs ?? 0n)}`,
    ],
  };
}

function tooFew(found: number, least: number): TruncationPlan {
  return {
    kind: 'nothing',
    untilTs: 0n,
    reasons: [`${least} bases keep their log, and there ${found === 1 ? 'is' : 'are'} ${found}`],
  };
}

function refused(code: ErrorCode, message: string, hint: string): TruncationPlan {
  return { kind: 'refused', refusal: { code, message, hint } };
}

const withoutSlash = (path: string) => path.replace(/\/$/, '');
