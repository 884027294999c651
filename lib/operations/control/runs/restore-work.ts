// A restore of a cluster as work of br: what is run, what must not be in its way, what its end means, and what the record says
// when all is over. Removes nothing but locks of runs that are proven dead.

import { readCatalog } from '../../../br/catalog.ts';
import { PitrError } from '../../../domain/errors.ts';
import { fullSnapshotsOnly } from '../../../domain/restore/restore-base.ts';
import { leftBehind } from '../../../domain/restore/restore-leftovers.ts';
import { planRestore } from '../../../domain/restore/restore-plan.ts';
import { brStepOf } from '../../../domain/restore/restore-step.ts';
import type { RestoreRun } from '../../../domain/state/restore-run.ts';
import type { Failure } from '../../../domain/state/run-identity.ts';
import { describeTs } from '../../../domain/ts.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { BrWorkDeps } from '../control-deps.ts';
import { clearOldCuts } from '../cut/running-cut.ts';
import { failureOf } from '../failures.ts';
import { attemptOf, didRun, lockNotesOf, seenTarget, verifiedOf } from '../restore/restore-aftermath.ts';
import { abortLine, registeredMoment, restoreDecision } from '../restore/restore-decision.ts';
import { judgeRestore } from '../restore/restore-judge.ts';
import { clearLog } from '../restore/restore-locks.ts';
import type { PlannedRestore } from '../restore/restore-plan-facts.ts';
import { fieldsOfRun, type PlannedRun } from '../restore/restore-records.ts';
import { signalOf } from '../signals.ts';
import type { BrWork, EndedRun, Way, WorkEnd } from './br-work.ts';
import { numberFact } from './run-facts.ts';

/** What the record of a restore does not hold itself. */
export interface RestoreContext {
  readonly planned: PlannedRestore;
  /** Runs of br for it that are over, the first one first. */
  readonly ended: readonly EndedRun[];
}

export function restoreWork(deps: BrWorkDeps, stored: Stored<PlannedRun>, context: RestoreContext): BrWork {
  const { record, revision } = stored;
  const { planned } = context;
  return {
    work: 'restore',
    id: record.id,
    role: 'restorer',
    record,
    revision,
    over: overOf(record),
    pd: record.targetPd,
    decision: () => restoreDecision(aimOf(record, planned), deps.settings, deps.bucketName),
    clearTheWay: (earlier) => clearTheWay(deps, planned, earlier),
    judge: async (_run, outcome) => judgeRestore(planned, deps.settings.version, outcome),
    confirm: async (run) => unproven(planned, run),
    running: (beat) => ({
      ...fieldsOfRun(record),
      state: 'running',
      startedMs: beat.startedMs,
      attempt: beat.attempt,
      runner: beat.runner,
      heartbeatMs: beat.nowMs,
      step: brStepOf(beat.step, before(record, beat.attempt)),
      progress: beat.progress,
    }),
    ended: (end, nowMs) => endedAs(deps, record, context, end, nowMs),
  };
}

function aimOf({ tables, targetPd }: PlannedRun, planned: PlannedRestore) {
  return { planned, tables, targetPd };
}

/** The step before, of the same attempt: a restore never goes back from the log to the snapshot. */
function before(record: PlannedRun, attempt: number): 'snapshot' | 'log' {
  return record.state === 'running' && record.attempt === attempt ? record.step : 'snapshot';
}

function overOf(record: PlannedRun): BrWork['over'] {
  switch (record.state) {
    case 'planned':
    case 'awaiting-approval':
    case 'running':
    case 'verifying':
    case 'settling':
      return undefined;
    case 'done':
      return { outcome: 'succeeded', state: 'done', code: '', message: record.proof };
    case 'failed': {
      const { code } = record.failure;
      return { outcome: 'failed', state: 'failed', code, message: wholeStory(record) };
    }
    default:
      return record satisfies never;
  }
}

/** What a person reads who sees nothing but the end of the flow. */
function wholeStory({
  failure,
  leftBehind: left,
}: Extract<RestoreRun, { readonly state: 'failed' }>): string {
  const hint = failure.hint === '' ? '' : `; ${failure.hint}`;
  const rest = left.map((sentence, index) => ` (${index + 1}) ${sentence}`).join(';');
  return `${failure.message}${hint}${rest === '' ? '' : `. what is left, and what to do:${rest}`}`;
}

/** Since the plan the log may have been cut, a snapshot lost; and br does not look whether a truncation goes on. */
async function clearTheWay(
  deps: BrWorkDeps,
  planned: PlannedRestore,
  earlier: readonly EndedRun[],
): Promise<Way> {
  const store = await deps.openBucket();
  const facts = await readCatalog({ snapshots: store, log: store, keys: {} });
  const { restoreTs, base, logPath, asked } = planned;
  try {
    planRestore(
      fullSnapshotsOnly(facts),
      { ts: restoreTs, text: asked, kind: 'tso', notes: [] },
      { snapshot: base, log: logPath },
    );
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    return { kind: 'blocked', failure: failureOf(caught) };
  }
  const log = logPath === undefined ? undefined : facts.logs.find(({ path }) => path === logPath);
  const { left, notes } = await clearOldCuts(deps, store, log ?? { path: '', locks: [] });
  const way = await clearLog(deps, store, left, earlier);
  return way.kind === 'clear' ? { kind: 'clear', notes: [...notes, ...way.notes] } : way;
}

/** What verify-restore read back is stored with the run: without it nothing is proven. */
function unproven({ restoreTs }: PlannedRestore, run: EndedRun): Failure | undefined {
  const verified = verifiedOf(run);
  if (verified === undefined) {
    return {
      code: 'CLUSTER_UNAVAILABLE',
      message: `br said that it restored ${describeTs(restoreTs)}, and the target could not be read back since: nothing is proven`,
      hint: 'look why PD of the target does not answer the functions; the data is there if br was right, and needs no second restore',
    };
  }
  return 'failure' in verified ? verified.failure : undefined;
}

function endedAs(
  deps: BrWorkDeps,
  record: PlannedRun,
  context: RestoreContext,
  end: WorkEnd,
  nowMs: number,
): ReturnType<BrWork['ended']> {
  const run = fieldsOfRun(record);
  const common = { cluster: record.cluster, id: record.id, atMs: nowMs };
  const told = { restoreTs: `${record.restoreTs}`, base: record.base, targetPd: record.targetPd };
  if (end.outcome === 'succeeded') {
    const verified = verifiedOf(end.run);
    const proof = verified !== undefined && 'proof' in verified ? verified.proof : '';
    const startedMs = 'startedMs' in record ? record.startedMs : end.run.startedMs;
    const facts = { ...told, proof, attempts: end.run.attempt, tookMs: numberFact(end.run.facts, 'tookMs') };
    return {
      record: { ...run, state: 'done', startedMs, endedMs: nowMs, proof },
      what: 'restored a cluster',
      signals: [signalOf('restore-done', common, facts)],
    };
  }
  const { failure, attempt } = end;
  const left = leftOf(deps, record, context, failure);
  return {
    record: { ...run, state: 'failed', endedMs: nowMs, attempt, failure, leftBehind: left },
    what: 'gave up a restore',
    signals: [signalOf('restore-failed', common, { ...told, attempt, ...failure, leftBehind: left })],
  };
}

function leftOf(
  deps: BrWorkDeps,
  record: PlannedRun,
  { planned, ended }: RestoreContext,
  failure: Failure,
): readonly string[] {
  const runs = ended.filter(didRun);
  const aim = aimOf(record, planned);
  const seen = runs.map(seenTarget).findLast((one) => one !== undefined);
  const otherTs = registeredMoment(failure.message);
  return leftBehind({
    version: deps.settings.version,
    usedLog: planned.logPath !== undefined,
    restoreTs: planned.restoreTs,
    hasFilter: record.tables.length > 0,
    attempts: runs.map(attemptOf),
    look: seen?.kind === 'seen' ? seen.look : undefined,
    lookProblem: seen?.kind === 'unseen' ? seen.problem : '',
    abort: abortLine(aim, deps),
    abortOther: otherTs === undefined ? undefined : abortLine(aim, deps, otherTs),
    locks: runs.flatMap(lockNotesOf),
  });
}
