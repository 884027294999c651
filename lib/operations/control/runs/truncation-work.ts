// A cut of the log as work of br: what is run, what is checked again in the bucket at the moment it acts, and what the bucket
// says afterwards. Removes nothing itself but a lock that a dead run of ours is proven to have left.

import { readCatalog } from '../../../br/catalog.ts';
import type { LogTruncate } from '../../../br/commands/br-decision.ts';
import type { BrOutcome } from '../../../br/commands/br-outcome.ts';
import { truncatingLockKey } from '../../../br/layout.ts';
import type { CatalogFacts, LogFacts } from '../../../domain/facts.ts';
import { holdOfLog } from '../../../domain/retention/log-hold.ts';
import type { TruncationRun } from '../../../domain/state/truncation-run.ts';
import { planTruncation } from '../../../domain/truncation/truncation-plan.ts';
import { describeTs } from '../../../domain/ts.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { BrWorkDeps } from '../control-deps.ts';
import { failureOfOutcome } from '../failures.ts';
import { allPins, allRestores } from '../retention/retention-reading.ts';
import { signalOf } from '../signals.ts';
import { brStorageUrl } from './br-call.ts';
import type { BrWork, EndedRun, Judgement, Way, WorkEnd } from './br-work.ts';
import { removeOwnLocks } from './dead-locks.ts';
import { tsFact } from './run-facts.ts';

type Cut = Exclude<TruncationRun, { readonly state: 'refused' }>;

export function truncationWork(deps: BrWorkDeps, stored: Stored<TruncationRun>): BrWork {
  const { record, revision } = stored;
  return {
    work: 'truncation',
    id: record.id,
    role: 'deleter',
    record,
    revision,
    over: overOf(record),
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
    }),
    ended: (end, nowMs) => endedAs(cutOf(record), end, nowMs),
  };
}

/** Where a cut was refused, nothing is run: `over` says so before anybody asks. */
function cutOf(record: TruncationRun): Cut {
  if (record.state !== 'refused') return record;
  return { ...record, state: 'planned', path: '', untilTs: 0n, plannedMs: record.refusedMs, reasons: [] };
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

async function readFacts(deps: BrWorkDeps): Promise<CatalogFacts> {
  const store = await deps.openBucket();
  return await readCatalog({ snapshots: store, log: store, keys: {} });
}

/** The log that the cut was planned for, whatever epoch goes on by now. */
function logOf(facts: CatalogFacts, cut: Cut): LogFacts | undefined {
  return facts.logs.find(({ path }) => path.replace(/\/$/, '') === cut.path);
}

async function clearTheWay(deps: BrWorkDeps, record: Cut, earlier: readonly EndedRun[]): Promise<Way> {
  const facts = await readFacts(deps);
  const nowMs = deps.nowMs();
  const kept = { pins: await allPins(deps), restores: await allRestores(deps) };
  const allowed = planTruncation({
    facts,
    logPath: record.path,
    retention: deps.settings.policy.retention,
    nowMs,
    held: holdOfLog(facts, record.path, kept, nowMs),
  });
  // Nothing may have happened since the plan that makes the cut too deep: a snapshot that is gone or damaged, above all.
  if (allowed.kind === 'refused') return { kind: 'blocked', failure: allowed.refusal };
  if (record.untilTs > allowed.untilTs) {
    return {
      kind: 'blocked',
      failure: {
        code: 'STATE_CONFLICT',
        message: `the log was to be cut at ${describeTs(record.untilTs)}, and the bucket allows ${describeTs(allowed.untilTs)} now`,
        hint: `${allowed.reasons.join('; ')}: the next plan is made from what is there`,
      },
    };
  }
  const log = logOf(facts, record);
  // The lock itself and intents to take it: br takes either for another cut (FACTS §5.6).
  const locks = log?.locks.filter(({ object }) => object.includes(truncatingLockKey)) ?? [];
  return await removeOwnLocks(await deps.openBucket(), locks, earlier);
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
  if (end.outcome === 'succeeded') {
    const logMinimumTs = tsFact(end.run.facts, 'logMinimumTs');
    return {
      record: { ...run, state: 'done', endedMs: nowMs, logMinimumTs },
      what: 'cut the log',
      signals: [
        signalOf('truncation-done', common, {
          untilTs,
          logMinimumTs: `${logMinimumTs}`,
          facts: end.run.facts,
        }),
      ],
    };
  }
  const { failure, attempt } = end;
  return {
    record: { ...run, state: 'failed', endedMs: nowMs, attempt, failure },
    what: 'gave up a cut of the log',
    signals: [signalOf('truncation-failed', common, { untilTs, attempt, ...failure })],
  };
}
