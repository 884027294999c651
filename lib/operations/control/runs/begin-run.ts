// The start of br for one piece of work, for a flow that waits with a token: at most one br per attempt, whoever asks how often,
// and whatever died in between. Shared by start-br and run-restore; must not know the kinds of work.

import { PitrError } from '../../../domain/errors.ts';
import { type BrRun, brRunId } from '../../../domain/state/br-run.ts';
import type { HeldLease } from '../../../domain/state/lease.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { encodeRunHandle } from '../../../ports/runner.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { BrWorkDeps, CallbackDeps } from '../control-deps.ts';
import { answerFlow } from './answer-flow.ts';
import { callOf } from './br-call.ts';
import { endedRuns, refuseBesideBr, runnerRunId, runsOfWork, takeLease } from './br-runs.ts';
import type { BrWork, Way } from './br-work.ts';
import { lookAtRun } from './look-at-run.ts';
import { type BrWorkName, openWork } from './open-work.ts';

export type BeginDeps = BrWorkDeps & CallbackDeps;

export interface BeginInput {
  readonly work: BrWorkName;
  readonly id: string;
  /** The flow's execution: the holder of the lease. */
  readonly execution: string;
  readonly token: string;
}

export type StartingRun = Extract<BrRun, { readonly state: 'starting' }>;

/**
 * Gives `{started}` when br runs for this work and the token will be answered by br-ended, or has answered the token already:
 * the work is over, its last run is, or br must not or need not begin. Asking again, also with another token, is safe: what
 * runs goes on and answers the newest token. Errors: WORK_IN_PROGRESS, RUNNER_START_FAILED, RUNNER_UNAVAILABLE,
 * DEPENDENCY_MISSING, INVALID_INPUT, those of storage and state table. After each nothing is running that was not before.
 */
export async function beginRun(deps: BeginDeps, input: BeginInput): Promise<Facts> {
  const work = await openWork(deps, input.work, input.id);
  if (work.over !== undefined) {
    const next = work.over.outcome === 'succeeded' ? 'done' : 'failed';
    await deps.callbacks.succeed(input.token, { next, waitSeconds: 0, ...work.over });
    return { started: '', answered: next };
  }
  await refuseBesideBr(deps, input.work, input.id, input.execution);
  const lease = await takeLease(deps, input.work, input.execution);
  const runs = await runsOfWork(deps, input.work, input.id);
  const last = runs.at(-1);
  if (last === undefined) return await beginAttempt(deps, work, lease, input, runs);
  return await goOn(deps, work, lease, input, { runs, last });
}

/** A run of this work is there already: this call is a repeated one, or the next attempt. */
async function goOn(
  deps: BeginDeps,
  work: BrWork,
  lease: HeldLease,
  input: BeginInput,
  { runs, last }: { readonly runs: readonly Stored<BrRun>[]; readonly last: Stored<BrRun> },
): Promise<Facts> {
  const { record } = last;
  if (record.state === 'ended' && record.verdict === 'again' && record.isAnswered) {
    return await beginAttempt(deps, work, lease, input, runs);
  }
  const own = record.token === input.token ? last : await takeOver(deps, lease, last, input.token);
  switch (own.record.state) {
    case 'starting':
      return await startProgram(deps, work, lease, { record: own.record, revision: own.revision });
    case 'running':
      await lookAtRun(deps, work, { record: own.record, revision: own.revision });
      return { started: own.record.id, answered: '' };
    case 'ended':
      await answerFlow(deps, { record: own.record, revision: own.revision });
      return { started: '', answered: own.record.verdict };
    default:
      return own.record satisfies never;
  }
}

/** From now on the run answers this token. */
async function takeOver(
  { store, settings, nowMs }: BeginDeps,
  lease: HeldLease,
  { record, revision }: Stored<BrRun>,
  token: string,
): Promise<Stored<BrRun>> {
  const next: BrRun =
    record.state === 'ended' ? { ...record, token, isAnswered: false } : { ...record, token };
  const change = {
    cluster: settings.name,
    nowMs: nowMs(),
    records: [{ record: next, expect: revision }],
    lease,
  };
  await store.commit(change);
  return { record: next, revision: revision + 1 };
}

async function beginAttempt(
  deps: BeginDeps,
  work: BrWork,
  lease: HeldLease,
  input: BeginInput,
  runs: readonly Stored<BrRun>[],
): Promise<Facts> {
  const attempt = (runs.at(-1)?.record.attempt ?? 0) + 1;
  const way = await work.clearTheWay(endedRuns(runs));
  const run = decidedRun(deps, work, input, { attempt, first: runs[0]?.record });
  if (way.kind !== 'clear') return await endWithoutRun(deps, lease, run, way);
  const notes = way.notes;
  await deps.store.commit({
    cluster: deps.settings.name,
    nowMs: deps.nowMs(),
    records: [{ record: run, expect: 'absent' }],
    lease,
    audit: {
      shape: 'audit/v1',
      cluster: deps.settings.name,
      id: `begin-run/${run.id}`,
      atMs: deps.nowMs(),
      who: input.execution,
      what: `started br for ${work.work} ${work.id}, attempt ${attempt}`,
      why: notes.length === 0 ? 'its flow asked for it' : notes.join('; '),
      facts: { argv: run.argv, notes },
    },
  });
  return await startProgram(deps, work, lease, { record: run, revision: 1 });
}

/** The words of the first attempt are repeated to the letter: br resumes only what was begun with the same (FACTS §3.3). */
function decidedRun(
  deps: BeginDeps,
  work: BrWork,
  input: BeginInput,
  { attempt, first }: { readonly attempt: number; readonly first: BrRun | undefined },
): StartingRun {
  const decision = work.decision();
  const call = first ?? callOf(decision, deps.settings, deps.brPlace, work.pd);
  return {
    shape: 'br-run/v1',
    state: 'starting',
    cluster: deps.settings.name,
    id: brRunId(work.id, work.work, attempt),
    work: work.work,
    workId: work.id,
    attempt,
    command: decision.kind,
    argv: call.argv,
    env: call.env,
    decidedMs: deps.nowMs(),
    token: input.token,
  };
}

/** Starts what was decided, or finds it running, and stores its handle. Errors: those of the runner's start. */
export async function startProgram(
  deps: BeginDeps,
  work: BrWork,
  lease: HeldLease,
  { record, revision }: Stored<StartingRun>,
): Promise<Facts> {
  const runner = await deps.openRunner(work.role);
  const handle = encodeRunHandle(
    await runner.start({ runId: runnerRunId(record), argv: record.argv, env: textsOf(record.env) }),
  );
  const nowMs = deps.nowMs();
  const begun: BrRun = {
    ...record,
    state: 'running',
    startedMs: nowMs,
    handle,
    lookedMs: nowMs,
    step: '',
    progress: null,
    stdoutRead: 0,
    stderrRead: 0,
  };
  const { attempt } = record;
  const running = work.running({
    attempt,
    runner: { kind: deps.brPlace.runnerKind, ref: handle },
    startedMs: nowMs,
    nowMs,
    step: '',
    progress: null,
  });
  const records = [
    { record: begun, expect: revision },
    { record: running, expect: work.revision },
  ];
  await deps.store.commit({ cluster: deps.settings.name, nowMs, records, lease });
  return { started: record.id, answered: '' };
}

/** A run that never was: what was aimed at is there, or br must wait or must not. The flow goes on by its verdict. */
async function endWithoutRun(
  deps: BeginDeps,
  lease: HeldLease,
  run: StartingRun,
  way: Exclude<Way, { readonly kind: 'clear' }>,
): Promise<Facts> {
  const nowMs = deps.nowMs();
  // A wait is no attempt: nothing is kept of it, and the flow asks again.
  if (way.kind === 'wait') {
    await deps.callbacks.succeed(run.token, { next: 'again', waitSeconds: way.seconds, ...way.failure });
    return { started: '', answered: 'again' };
  }
  const ended: BrRun = {
    ...run,
    state: 'ended',
    startedMs: nowMs,
    endedMs: nowMs,
    end: way.kind === 'done' ? `not needed: ${way.why}` : `not begun: ${way.failure.message}`,
    verdict: way.kind === 'done' ? 'done' : 'failed',
    waitSeconds: 0,
    failure: way.kind === 'done' ? null : way.failure,
    facts: way.kind === 'done' ? way.facts : {},
    isAnswered: false,
  };
  await deps.store.commit({
    cluster: deps.settings.name,
    nowMs,
    records: [{ record: ended, expect: 'absent' }],
    lease,
  });
  await answerFlow(deps, { record: ended, revision: 1 });
  return { started: '', answered: ended.verdict };
}

function textsOf(env: Facts): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      throw new PitrError('INTERNAL', `the environment of a run holds ${name}, which is no text`);
    }),
  );
}
