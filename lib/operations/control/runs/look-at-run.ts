// One look at a run of br: a sign of life for its flow while it goes on, and what its end means when it is over. Safe to call from
// many places at once: the record's revision lets one of them write.

import type { BrCommandKind } from '../../../br/commands/br-decision.ts';
import type { BrEvent, ProgressEvent } from '../../../br/commands/br-events.ts';
import { countsForOutcome, outcome } from '../../../br/commands/br-outcome.ts';
import { brEventsOfLine } from '../../../br/commands/br-output.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { BrRun } from '../../../domain/state/br-run.ts';
import {
  decodeRunHandle,
  type OutputPosition,
  outputStart,
  type RunHandle,
  type Runner,
  type RunState,
} from '../../../ports/runner.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { BrWorkDeps, CallbackDeps } from '../control-deps.ts';
import { failureOf } from '../failures.ts';
import { answerFlow } from './answer-flow.ts';
import { prolongLease } from './br-runs.ts';
import { type BrWork, backoffMs, type EndedRun, type Judgement } from './br-work.ts';
import { identityFacts } from './run-facts.ts';

export type LookDeps = BrWorkDeps & CallbackDeps;
type Running = Extract<BrRun, { readonly state: 'running' }>;

/** How many pages of new output one look reads: the rest is for the next one. */
const pagesPerLook = 16;

/** What a look found. */
export type Looked = 'running' | 'ended' | 'somebody-else';

/**
 * Looks once. A run that goes on: heartbeat to its flow, progress into its record, lease prolonged. One that is over: judged,
 * stored, its flow answered. Errors: those of runner, storage and state table; looking again is safe.
 */
export async function lookAtRun(deps: LookDeps, work: BrWork, stored: Stored<Running>): Promise<Looked> {
  try {
    const runner = await deps.openRunner(work.role);
    const handle = decodeRunHandle(stored.record.handle);
    const state = await runner.poll(handle);
    if (state.state === 'running') return await keepAlive(deps, work, stored, { runner, handle });
    const ended = await endRun(deps, work, stored, { runner, handle, state });
    await answerFlow(deps, ended);
    return 'ended';
  } catch (caught) {
    // Another look was faster, which is as good.
    if (caught instanceof PitrError && caught.code === 'STATE_CONFLICT') return 'somebody-else';
    throw caught;
  }
}

async function keepAlive(
  deps: LookDeps,
  work: BrWork,
  { record, revision }: Stored<Running>,
  { runner, handle }: { readonly runner: Runner; readonly handle: RunHandle },
): Promise<Looked> {
  if (record.token !== '') await deps.callbacks.heartbeat(record.token);
  // As long as br is alive nobody else may begin, whatever became of its flow.
  await prolongLease(deps, work.work);
  const nowMs = deps.nowMs();
  const read = await readProgress(runner, handle, record);
  const looked: Running = { ...record, ...read, lookedMs: nowMs };
  const beat = work.running({
    attempt: record.attempt,
    runner: { kind: deps.brPlace.runnerKind, ref: record.handle },
    startedMs: record.startedMs,
    nowMs,
    step: looked.step,
    progress: looked.progress,
  });
  const isOver = work.over !== undefined;
  await deps.store.commit({
    cluster: record.cluster,
    nowMs,
    records: [
      { record: looked, expect: revision },
      ...(isOver ? [] : [{ record: beat, expect: work.revision }]),
    ],
  });
  return 'running';
}

async function readProgress(
  runner: Runner,
  handle: RunHandle,
  record: Running,
): Promise<Pick<Running, 'step' | 'progress' | 'stdoutRead' | 'stderrRead'>> {
  let from: OutputPosition = { stdout: record.stdoutRead, stderr: record.stderrRead };
  let { step, progress } = record;
  for (let page = 0; page < pagesPerLook; page++) {
    const { lines, next } = await runner.output(handle, from);
    for (const event of lines.flatMap(brEventsOfLine)) {
      if (event.kind === 'progress') ({ step, progress } = progressOf(event, progress));
    }
    const isFurther = next.stdout > from.stdout || next.stderr > from.stderr;
    from = next;
    if (!isFurther) break;
  }
  return { step, progress, stdoutRead: from.stdout, stderrRead: from.stderr };
}

function progressOf({ step, fraction }: ProgressEvent, before: number | null) {
  return { step, progress: fraction === undefined ? before : Math.min(1, Math.max(0, fraction)) };
}

async function endRun(
  deps: LookDeps,
  work: BrWork,
  { record, revision }: Stored<Running>,
  over: {
    readonly runner: Runner;
    readonly handle: RunHandle;
    readonly state: Exclude<RunState, { readonly state: 'running' }>;
  },
): Promise<Stored<EndedRun>> {
  const { state } = over;
  const events = await readEvents(over.runner, over.handle);
  const exitCode = state.state === 'ended' && 'exitCode' in state.end ? state.end.exitCode : undefined;
  const found = outcome(exitCode, events, record.command as BrCommandKind);
  const judgement = withinRetries(deps, record.attempt, await judgeSafely(work, record, found));
  const endedMs = state.state === 'ended' ? state.endedMs : deps.nowMs();
  const {
    stdoutRead: _stdout,
    stderrRead: _stderr,
    lookedMs: _looked,
    step: _step,
    progress: _progress,
    ...run
  } = record;
  const ended: EndedRun = {
    ...run,
    state: 'ended',
    endedMs,
    end: endText(state),
    verdict: judgement.verdict,
    waitSeconds: judgement.verdict === 'again' ? judgement.waitSeconds : 0,
    failure: judgement.verdict === 'done' ? null : judgement.failure,
    facts: {
      ...identityFacts(found.facts),
      tookMs: Math.max(0, endedMs - record.startedMs),
      ...judgement.facts,
    },
    isAnswered: false,
  };
  const nowMs = deps.nowMs();
  await deps.store.commit({ cluster: record.cluster, nowMs, records: [{ record: ended, expect: revision }] });
  return { record: ended, revision: revision + 1 };
}

/** What cannot be looked at now (storage down) is an error of this look: the next one tries again. Our own fault is the end. */
async function judgeSafely(
  work: BrWork,
  record: Running,
  found: Parameters<BrWork['judge']>[1],
): Promise<Judgement> {
  try {
    return await work.judge(record, found);
  } catch (caught) {
    if (caught instanceof PitrError && caught.retryable) throw caught;
    return { verdict: 'failed', failure: failureOf(caught), facts: {} };
  }
}

/** The settings say how often; then it is enough. */
function withinRetries(deps: LookDeps, attempt: number, judgement: Judgement): Judgement {
  if (judgement.verdict !== 'again') return judgement;
  const policy = deps.settings.policy.onFailure;
  if (attempt > policy.retries) {
    return { verdict: 'failed', failure: judgement.failure, facts: judgement.facts };
  }
  const pause = Math.ceil(backoffMs(attempt + 1, policy) / 1000);
  return { ...judgement, waitSeconds: Math.max(pause, judgement.waitSeconds) };
}

/** Everything that counts for the end, from the beginning: lines and progress in between are not kept. */
async function readEvents(runner: Runner, handle: RunHandle): Promise<readonly BrEvent[]> {
  const events: BrEvent[] = [];
  let from = outputStart;
  for (;;) {
    const page = await runner.output(handle, from);
    events.push(...page.lines.flatMap(brEventsOfLine).filter(countsForOutcome));
    const isFurther = page.next.stdout > from.stdout || page.next.stderr > from.stderr;
    from = page.next;
    if (page.isEnd || !isFurther) return events;
  }
}

function endText(state: Exclude<RunState, { readonly state: 'running' }>): string {
  if (state.state === 'lost') return `lost: ${state.why}`;
  return 'signal' in state.end ? `signal ${state.end.signal}` : `exit ${state.end.exitCode}`;
}
