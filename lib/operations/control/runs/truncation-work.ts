// A cut of the log as work of br: what is run, what is checked again in the bucket at the moment it acts, and what the bucket
// says afterwards. Removes nothing itself but a lock that a dead run of ours is proven to have left.

import type { LogTruncate } from '../../../br/commands/br-decision.ts';
import type { BrOutcome } from '../../../br/commands/br-outcome.ts';
import { truncatingLockKey } from '../../../br/layout.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import type { TruncationRun } from '../../../domain/state/truncation-run.ts';
import { describeTs } from '../../../domain/ts.ts';
import type { Stored } from '../../../ports/task-store.ts';
import { readProvenCatalog } from '../../prove-snapshots.ts';
import type { BrWorkDeps } from '../control-deps.ts';
import { type PlannedCut as Cut, logOf, readFacts, refusalNow } from '../cut/cut-refusal.ts';
import { clearOldCuts, isOurs, letGoOfCut } from '../cut/running-cut.ts';
import { failureOfOutcome } from '../failures.ts';
import { signalOf } from '../signals.ts';
import { brStorageUrl } from './br-call.ts';
import type { BrWork, EndedRun, Ending, Judgement, Way, WorkEnd } from './br-work.ts';
import { removeOwnLocks } from './dead-locks.ts';
import { tsFact } from './run-facts.ts';

export function truncationWork(deps: BrWorkDeps, stored: Stored<TruncationRun>): BrWork {
  const { record, revision } = stored;
  return {
    work: 'truncation',
    id: record.id,
    role: 'deleter',
    record,
    revision,
    over: overOf(record),
    ownHands: ownHandsOf(deps, record),
    pd: undefined,
    decision: () => decisionOf(deps, cutOf(record)),
    clearTheWay: (earlier) => clearTheWay(deps, cutOf(record), earlier),
    judge: (_run, outcome) => judge(deps, cutOf(record), outcome),
    confirm: async () => undefined,
    running: (beat) => ({
      ...runOf(cutOf(record)),
      state: 'running',
      startedMs: beat.startedMs,
      attempt: beat.attempt,
      runner: beat.runner,
      heartbeatMs: beat.nowMs,
      failure: null,
    }),
    ended: (end, nowMs) => endedAs(cutOf(record), end, nowMs),
  };
}

/** Where a cut was refused, nothing is run: `over` says so before anybody asks. */
function cutOf(record: TruncationRun): Cut {
  if (record.state !== 'refused') return record;
  return { ...record, state: 'planned', path: '', untilTs: 0n, plannedMs: record.refusedMs, reasons: [] };
}

/** Our own engine has no run of br: the flow's error, or what a part of the cut left, tells how it failed. */
function ownHandsOf(deps: BrWorkDeps, record: TruncationRun): BrWork['ownHands'] {
  if (!isOurs(record)) return undefined;
  return {
    attempt: record.attempt,
    letGo: async () => void (await letGoOfCut(deps, record)),
    failure: (caught) => (caught.code.startsWith('States.') ? (record.failure ?? caught) : caught),
  };
}

function runOf({ shape, cluster, id, dueMs, path, untilTs }: Cut) {
  return { shape, cluster, id, dueMs, path, untilTs };
}

function overOf(record: TruncationRun): BrWork['over'] {
  switch (record.state) {
    case 'planned':
    case 'running':
      return undefined;
    case 'done':
      return {
        outcome: 'succeeded',
        state: 'done',
        code: '',
        message: `the log begins at ${describeTs(record.logMinimumTs)}`,
      };
    case 'failed':
      return { outcome: 'failed', state: 'failed', ...record.failure };
    case 'refused':
      return { outcome: 'failed', state: 'refused', ...record.refusal };
    default:
      return record satisfies never;
  }
}

function decisionOf({ settings, bucketName }: BrWorkDeps, { path, untilTs }: Cut): LogTruncate {
  return { kind: 'log-truncate', storage: brStorageUrl(settings, bucketName, path), untilTs };
}

async function clearTheWay(deps: BrWorkDeps, record: Cut, earlier: readonly EndedRun[]): Promise<Way> {
  const facts = await readProvenCatalog(await deps.openBucket());
  const failure = await refusalNow(deps, facts, record);
  if (failure !== undefined) return { kind: 'blocked', failure };
  const log = logOf(facts, record);
  // The lock itself and intents to take it: br takes either for another cut (FACTS §5.6).
  const locks = log?.locks.filter(({ object }) => object.includes(truncatingLockKey)) ?? [];
  const store = await deps.openBucket();
  const { left, notes } = await clearOldCuts(deps, store, { path: record.path, locks });
  const way = await removeOwnLocks(store, left, earlier);
  return way.kind === 'clear' ? { kind: 'clear', notes: [...notes, ...way.notes] } : way;
}

/** The safepoint object tells (FACTS §5.1): from its write on br counts everything before it as gone. */
async function judge(deps: BrWorkDeps, record: Cut, outcome: BrOutcome): Promise<Judgement> {
  const log = logOf(await readFacts(deps), record);
  const logMinimumTs = log?.minTs ?? 0n;
  const facts = {
    logMinimumTs: `${logMinimumTs}`,
    ...(outcome.facts.undeletedItems === undefined ? {} : { undeletedItems: outcome.facts.undeletedItems }),
  };
  const isCut = logMinimumTs >= record.untilTs;
  if (outcome.kind === 'succeeded' && isCut) return { verdict: 'done', facts };
  // What could not be deleted is named by no meta any more: another run would not find it either (FACTS §5.1).
  if (outcome.kind === 'unclear' && isCut && outcome.facts.undeletedItems !== undefined) {
    return { verdict: 'done', facts };
  }
  if (outcome.kind === 'failed' && !outcome.retry) {
    return { verdict: 'failed', failure: failureOfOutcome(outcome), facts };
  }
  const failure =
    outcome.kind === 'succeeded'
      ? {
          code: 'BR_FAILED',
          message: `br said that it cut the log, and it begins at ${describeTs(logMinimumTs)} instead of ${describeTs(record.untilTs)}`,
          hint: 'look whether br works on this bucket and may write v1_stream_trancate_safepoint.txt',
        }
      : failureOfOutcome(outcome);
  const waitSeconds = outcome.kind === 'failed' ? (outcome.waitSeconds ?? 0) : 0;
  return { verdict: 'again', waitSeconds, failure, facts };
}

function endedAs(record: Cut, end: WorkEnd, nowMs: number): ReturnType<BrWork['ended']> {
  const run = runOf(record);
  const common = { cluster: record.cluster, id: record.id, atMs: nowMs };
  const untilTs = `${record.untilTs}`;
  if (end.outcome === 'succeeded') return doneCut(record, end.run.facts, nowMs);
  const { failure, attempt } = end;
  return {
    record: { ...run, state: 'failed', endedMs: nowMs, attempt, failure },
    what: 'gave up a cut of the log',
    signals: [signalOf('truncation-failed', common, { untilTs, attempt, ...failure })],
  };
}

/** Whichever engine did it. `facts.logMinimumTs`: what the bucket says afterwards. */
export function doneCut(record: Cut, facts: Facts, nowMs: number): Ending {
  const logMinimumTs = tsFact(facts, 'logMinimumTs');
  const common = { cluster: record.cluster, id: record.id, atMs: nowMs };
  const told = { untilTs: `${record.untilTs}`, logMinimumTs: `${logMinimumTs}`, facts };
  return {
    record: { ...runOf(record), state: 'done', endedMs: nowMs, logMinimumTs },
    what: 'cut the log',
    signals: [signalOf('truncation-done', common, told)],
  };
}
