// Why a moment cannot be restored, in a code and a sentence. Only asked about moments that no base reaches;
// decides nothing itself.

import { type Chain, describeProblem, type Exclusion, sameCluster, snapshotLabel } from './chain.ts';
import type { ErrorCode } from './errors.ts';
import type { CatalogFacts, LogFacts } from './facts.ts';
import { describeTs, maxTs } from './ts.ts';

export type GapCode =
  | 'NO_BASE'
  | 'BEFORE_FIRST_BASE'
  | 'SNAPSHOT_DAMAGED'
  | 'SNAPSHOT_UNREADABLE'
  | 'NO_LOG'
  | 'NO_CHECKPOINT'
  | 'LOG_TRUNCATED'
  | 'LOG_STARTED_AFTER_BASE'
  | 'BETWEEN_EPOCHS'
  | 'AFTER_CHECKPOINT'
  | 'LOG_DAMAGED'
  | 'OTHER_CLUSTER';

export interface Gap {
  readonly code: GapCode;
  readonly reason: string;
  /** The object that is to blame, for codes that blame one. */
  readonly object?: string;
  /** The error of the object or snapshot that is to blame, where the code alone does not tell it. */
  readonly error?: ErrorCode;
}

/** The error that a refusal for this reason carries. */
export function errorCodeOfGap({ code, error }: Gap): ErrorCode {
  if (error !== undefined) return error;
  switch (code) {
    case 'NO_BASE':
      return 'BASE_MISSING';
    case 'LOG_TRUNCATED':
      return 'LOG_TRUNCATED';
    case 'OTHER_CLUSTER':
      return 'CLUSTER_MISMATCH';
    case 'SNAPSHOT_DAMAGED':
    case 'LOG_DAMAGED':
      return 'OBJECT_DAMAGED';
    case 'SNAPSHOT_UNREADABLE':
      return 'UNSUPPORTED';
    case 'BEFORE_FIRST_BASE':
    case 'NO_LOG':
    case 'NO_CHECKPOINT':
    case 'LOG_STARTED_AFTER_BASE':
    case 'BETWEEN_EPOCHS':
    case 'AFTER_CHECKPOINT':
      return 'MOMENT_NOT_IN_WINDOW';
    default:
      return code satisfies never;
  }
}

/**
 * Why none of the chains (newest first) reaches `ts`. The sentence speaks of edges, not of `ts`, so that all moments
 * with one cause have one sentence.
 */
export function explainGap(facts: CatalogFacts, chains: readonly Chain[], ts: bigint): Gap {
  const nearest = chains.find((chain) => chain.endTs <= ts);
  const gap = nearest === undefined ? explainNoBase(chains) : explainLog(facts.logs, nearest, ts);
  return blameSnapshot(facts, nearest, gap, ts) ?? gap;
}

function explainNoBase(chains: readonly Chain[]): Gap {
  const first = chains.at(-1);
  if (first === undefined) {
    return { code: 'NO_BASE', reason: 'there is no complete snapshot that could be a base' };
  }
  const reason = `the first base ${snapshotLabel(first.name)} begins at its BackupTS ${describeTs(first.endTs)}`;
  return { code: 'BEFORE_FIRST_BASE', reason };
}

/** A snapshot that cannot serve is the cause when, sound, it could have been the base that is missing here. */
function blameSnapshot(
  facts: CatalogFacts,
  nearest: Chain | undefined,
  gap: Gap,
  ts: bigint,
): Gap | undefined {
  const baseIsMissing = nearest === undefined || baseWouldHelp(gap.code);
  const suspects = facts.snapshots.filter(({ backupTs, clusterId }) => {
    if (backupTs > ts || (nearest !== undefined && !sameCluster(clusterId, nearest.clusterId))) return false;
    // A BackupTS that nobody can read any more could be any.
    const nearer = backupTs === 0n || nearest === undefined || backupTs > nearest.endTs;
    return backupTs === ts || (baseIsMissing && nearer);
  });
  for (const { name, state } of suspects) {
    if (state.kind !== 'damaged') continue;
    const reason = `${gap.reason}, and ${snapshotLabel(name)} cannot serve: ${describeProblem(state)}`;
    return { code: 'SNAPSHOT_DAMAGED', reason, object: state.object };
  }
  for (const { name, state, backupTs } of suspects) {
    if (state.kind !== 'unreadable') continue;
    const reason = `${gap.reason}, and ${snapshotLabel(name)} cannot serve: ${state.reason}`;
    // One whose BackupTS is locked away is the cause for sure only where there is nothing else; else it is mentioned.
    if (backupTs === 0n && gap.code !== 'NO_BASE') return { ...gap, reason };
    return { code: 'SNAPSHOT_UNREADABLE', reason, error: state.code ?? 'UNSUPPORTED' };
  }
  return undefined;
}

function baseWouldHelp(code: GapCode): boolean {
  return code === 'LOG_TRUNCATED' || code === 'LOG_STARTED_AFTER_BASE' || code === 'BETWEEN_EPOCHS';
}

/** Last moment that a log holds for a reader; its minimum when it has no checkpoint, as br counts (FACTS §1.9). */
function logEnd(log: LogFacts): bigint {
  return maxTs(log.minTs, log.maxTs ?? 0n);
}

/** There is a base before `ts`; why does no log lead from it to `ts`? */
function explainLog(logs: readonly LogFacts[], base: Chain, ts: bigint): Gap {
  const blamed = logs.find((log) => log.problem !== undefined && couldHold(log, base, ts));
  if (blamed !== undefined) return explainDamage(blamed);
  const own = logs.filter((log) => log.problem === undefined && sameCluster(log.clusterId, base.clusterId));
  const before = latestEnding(own.filter((log) => logEnd(log) < ts));
  const after = earliest(own.filter((log) => logEnd(log) >= ts));
  if (after !== undefined) return explainBeginning(base, before, after);
  if (before !== undefined) return explainEnd(before);
  return explainNoOwnLog(logs, base);
}

/** `after` holds `ts` or begins after it, and does not go back to the base. */
function explainBeginning(base: Chain, before: LogFacts | undefined, after: LogFacts): Gap {
  const begins = `${logLabel(after)} begins at ${describeTs(after.minTs)}`;
  const name = `the base ${snapshotLabel(base.name)} (BackupTS ${describeTs(base.endTs)})`;
  if (after.startTs <= base.endTs) {
    return { code: 'LOG_TRUNCATED', reason: `${begins} since it was truncated, after ${name}` };
  }
  if (before !== undefined && logEnd(before) >= base.endTs) {
    const reason = `${logLabel(before)} ends at ${describeTs(logEnd(before))}, ${begins}, and no base lies where one of them leads on`;
    return { code: 'BETWEEN_EPOCHS', reason };
  }
  return { code: 'LOG_STARTED_AFTER_BASE', reason: `${begins}, after ${name}` };
}

function explainEnd(log: LogFacts): Gap {
  if (log.maxTs === undefined) {
    return {
      code: 'NO_CHECKPOINT',
      reason: `${logLabel(log)} has no checkpoint yet: nothing says how far it is whole`,
    };
  }
  const reason = `the checkpoint of ${logLabel(log)} is ${describeTs(log.maxTs)}; later changes are not whole in the bucket`;
  return { code: 'AFTER_CHECKPOINT', reason };
}

/** What is known of a damaged log does not speak against its holding `ts`. */
function couldHold(log: LogFacts, base: Chain, ts: bigint): boolean {
  if (!sameCluster(log.clusterId, base.clusterId)) return false;
  return log.minTs <= ts && (log.maxTs === undefined || log.maxTs >= ts);
}

function explainDamage(log: LogFacts): Gap {
  const { object, problem, code } = log.problem ?? { object: log.path, problem: 'it cannot be read' };
  const reason = `${logLabel(log)} cannot be used: ${describeProblem({ object, problem })}`;
  return { code: 'LOG_DAMAGED', reason, object, ...(code === undefined ? {} : { error: code }) };
}

function explainNoOwnLog(logs: readonly LogFacts[], base: Chain): Gap {
  const damaged = logs.find((log) => log.problem !== undefined && sameCluster(log.clusterId, base.clusterId));
  if (damaged !== undefined) return explainDamage(damaged);
  const label = snapshotLabel(base.name);
  const foreign = logs[0];
  if (foreign === undefined) {
    const reason = `there is no log: ${label} alone gives only its own BackupTS ${describeTs(base.endTs)}`;
    return { code: 'NO_LOG', reason };
  }
  const reason = `${logLabel(foreign)} is of cluster ${foreign.clusterId}, the base ${label} of cluster ${base.clusterId}`;
  return { code: 'OTHER_CLUSTER', reason };
}

/** A log in a sentence. Its path is empty when the storage root itself is the log. */
export function logLabel({ path }: { readonly path: string }): string {
  return path === '' ? 'the log' : `the log ${path}`;
}

function latestEnding(logs: readonly LogFacts[]): LogFacts | undefined {
  return logs.reduce<LogFacts | undefined>(
    (best, log) => (best === undefined || logEnd(log) > logEnd(best) ? log : best),
    undefined,
  );
}

function earliest(logs: readonly LogFacts[]): LogFacts | undefined {
  return logs.reduce<LogFacts | undefined>(
    (best, log) => (best === undefined || log.minTs < best.minTs ? log : best),
    undefined,
  );
}

/** Snapshots that would lie nearer to a moment than the base in use but cannot serve, for a person. */
export function nearerExclusions(
  facts: CatalogFacts,
  excluded: readonly Exclusion[],
  range: { readonly after: bigint; readonly upTo: bigint },
): readonly Exclusion[] {
  const byName = new Map(facts.snapshots.map((one) => [one.name, one]));
  return excluded.filter(({ name }) => {
    const snapshot = byName.get(name);
    if (snapshot === undefined) return false;
    const { state, backupTs } = snapshot;
    // Whoever reads past damage should be told of it, also where its BackupTS can no longer be read.
    if (state.kind === 'damaged' && backupTs === 0n) return true;
    const ts = state.kind === 'unfinished' ? (state.backupTs ?? backupTs) : backupTs;
    return ts > range.after && ts <= range.upTo;
  });
}
