// Operation settle-run: the last step of the flows snapshot, truncate and log-task, whatever came before: writes how the work
// ended and gives the lease back. Never while br may still be alive.

import { PitrError } from '../../../domain/errors.ts';
import type { Facts, Failure } from '../../../domain/state/run-identity.ts';
import { decodeRunHandle } from '../../../ports/runner.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { BrWorkDeps, CallbackDeps } from '../control-deps.ts';
import { failureOf, failureOfCaught } from '../failures.ts';
import { InputReader, type Operation } from '../operation.ts';
import { type StartingRun, startProgram } from './begin-run.ts';
import { runsOfWork, takeLease } from './br-runs.ts';
import type { BrWork, EndedRun, WorkEnd } from './br-work.ts';
import { lookAtRun } from './look-at-run.ts';
import { type BrWorkName, openWork } from './open-work.ts';

export interface SettleInput {
  readonly work: BrWorkName;
  readonly id: string;
  readonly execution: string;
  /** What the flow caught; undefined when it came here by itself. */
  readonly error: Failure | undefined;
}

type Deps = BrWorkDeps & CallbackDeps;
const works = ['snapshot', 'truncation', 'log-task'] as const;

/** br takes its locks away within 10 seconds of a SIGTERM (FACTS §1.1). */
const stopGraceMs = 60_000;

/**
 * Input `{cluster, work, id, execution, error?}`. Answers `{state, outcome, code, message}`. Called twice it answers the same.
 * Errors: WORK_IN_PROGRESS while a run of this work is alive (it is asked to stop): try again; those of state, storage, runner.
 */
export const settleRun: Operation<Deps, SettleInput, Facts> = {
  name: 'settle-run',
  parseInput: (value) => {
    const input = new InputReader('settle-run', value);
    input.text('cluster');
    const parsed = {
      work: input.oneOf('work', works),
      id: input.text('id'),
      execution: input.text('execution'),
      error: input.has('error') ? failureOfCaught(input.value('error')) : undefined,
    };
    input.value('error');
    input.done();
    return parsed;
  },
  run: settleWork,
};

/** Shared with settle-restore. */
export async function settleWork(deps: Deps, input: SettleInput): Promise<Facts> {
  const work = await openWork(deps, input.work, input.id);
  const lease = await takeLease(deps, input.work, input.execution);
  if (work.over === undefined) {
    const end = await endOf(deps, work, input);
    const nowMs = deps.nowMs();
    const { record, signals, what } = work.ended(end, nowMs);
    await deps.store.commit({
      cluster: deps.settings.name,
      nowMs,
      records: [{ record, expect: work.revision }],
      lease,
      signals,
      audit: {
        shape: 'audit/v1',
        cluster: deps.settings.name,
        id: `settle/${work.work}/${work.id}`,
        atMs: nowMs,
        who: input.execution,
        what,
        why: end.outcome === 'succeeded' ? `br: ${end.run.end}` : end.failure.message,
        facts: end.outcome === 'succeeded' ? end.run.facts : { code: end.failure.code, attempt: end.attempt },
      },
    });
  }
  await deps.store.releaseLease(lease, deps.nowMs());
  const { over } = work.over === undefined ? await openWork(deps, input.work, input.id) : work;
  return {
    ...(over ?? { outcome: 'failed', state: 'unknown', code: 'INTERNAL', message: 'it is not over' }),
  };
}

async function endOf(deps: Deps, work: BrWork, input: SettleInput): Promise<WorkEnd> {
  const { ownHands } = work;
  if (ownHands !== undefined) {
    await ownHands.letGo();
    const failure = ownHands.failure(input.error ?? neverRan(input));
    return { outcome: 'failed', attempt: ownHands.attempt, failure };
  }
  const runs = await runsOfWork(deps, input.work, input.id);
  const last = runs.at(-1);
  if (last === undefined) return { outcome: 'failed', attempt: 0, failure: input.error ?? neverRan(input) };
  const { record } = last;
  if (record.state === 'ended') return await endOfRun(work, record, input.error);
  if (record.state === 'running') {
    await stopRun(deps, work, record.handle);
    await lookAtRun(deps, work, { record, revision: last.revision });
  }
  if (record.state === 'starting') {
    const failure = await failureOfStart(deps, work, { record, revision: last.revision }, input);
    if (failure !== undefined) return { outcome: 'failed', attempt: record.attempt, failure };
  }
  throw new PitrError(
    'WORK_IN_PROGRESS',
    `${record.id} is ${record.state}, and ${input.work} ${input.id} cannot be closed before br is over`,
    { hint: 'it was asked to stop; this is tried again', details: { run: record.id } },
  );
}

/**
 * Whether a run that was only decided has begun is known by the runner alone, and only a start asks it: it is the same run, and
 * stopped by the next try. Gives why nothing ran, or undefined when something does.
 */
async function failureOfStart(
  deps: Deps,
  work: BrWork,
  run: Stored<StartingRun>,
  { work: name, execution, error }: SettleInput,
): Promise<Failure | undefined> {
  if (error !== undefined && isNothingBegun(error)) return error;
  try {
    await startProgram(deps, work, await takeLease(deps, name, execution), run);
    return undefined;
  } catch (caught) {
    const failure = failureOf(caught);
    if (isNothingBegun(failure)) return failure;
    throw caught;
  }
}

/** Errors of a start after which nothing ran, by the runner's contract. */
function isNothingBegun({ code }: Failure): boolean {
  return code === 'DEPENDENCY_MISSING' || code === 'RUNNER_START_FAILED' || code === 'INVALID_INPUT';
}

async function endOfRun(work: BrWork, run: EndedRun, caught: Failure | undefined): Promise<WorkEnd> {
  const unmet = run.verdict === 'done' ? await work.confirm(run) : undefined;
  if (run.verdict === 'done' && unmet === undefined) return { outcome: 'succeeded', run };
  const failure = unmet ?? run.failure ?? caught ?? neverRan({ work: run.work, id: run.workId });
  return { outcome: 'failed', attempt: run.attempt, failure };
}

async function stopRun(deps: Deps, work: BrWork, handle: string): Promise<void> {
  const runner = await deps.openRunner(work.role);
  await runner.stop(decodeRunHandle(handle), { graceMs: stopGraceMs });
}

function neverRan({ work, id }: { readonly work: string; readonly id: string }): Failure {
  return {
    code: 'INTERNAL',
    message: `${work} ${id} was closed by its flow before br ran for it`,
    hint: 'look at the execution of the flow',
  };
}
