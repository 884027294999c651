// Watches one execution until it ends: its states as they are seen, and for restores how far br is. Passing errors are waited out.
// Changes nothing, and going away changes nothing either.

import { PitrError, toPitrError } from '../domain/errors.ts';
import type { RestoreRun } from '../domain/state/restore-run.ts';
import type { ExecutionLook, FlowConsole } from '../ports/flow-console.ts';
import type { FlowName } from '../ports/launcher.ts';

export type FollowEvent =
  /** `at`: a state of the flow's file; empty before the first. */
  | { readonly kind: 'state'; readonly at: string; readonly sinceMs: number }
  /** br says how far it is: 0 to 1 of this step, null when it does not say. */
  | {
      readonly kind: 'work';
      readonly step: string;
      readonly fraction: number | null;
      readonly attempt: number;
    }
  /** Told once for each outage. */
  | { readonly kind: 'trouble'; readonly problem: string };

export type EndedLook = Exclude<ExecutionLook, { readonly state: 'running' }>;

export interface FollowDeps {
  readonly flows: FlowConsole;
  readonly nowMs: () => number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Aborted by whoever does not want to watch any more. */
  readonly signal: AbortSignal;
}

export interface Followed {
  readonly flow: FlowName;
  readonly name: string;
  /** The restore that it does, out of those that the state has. */
  readonly find: (restores: readonly RestoreRun[]) => RestoreRun | undefined;
}

/** Quick at first, for a flow that ends at once; then gentle with the API of Step Functions. */
const firstWaitMs = 100;
const longestWaitMs = 2_000;
/** How long a passing error is waited out. */
const patienceMs = 10 * 60_000;

/**
 * The end of an execution, or undefined when the signal was aborted before. Errors: INVALID_INPUT when there is no such execution;
 * what cannot pass, at once; what may, after ten minutes.
 */
export async function followFlow(
  deps: FollowDeps,
  followed: Followed,
  tell: (event: FollowEvent) => void,
): Promise<EndedLook | undefined> {
  const { flows, signal, sleep } = deps;
  const look = patient(deps, tell);
  const tellWork = workTeller(deps, followed, tell);
  let lastState: string | undefined;
  for (let waitMs = firstWaitMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    const seen = await look(() => flows.look(followed.flow, followed.name));
    if (seen.kind === 'seen') {
      const { value } = seen;
      if (value === undefined) throw noExecution(followed);
      if (value.state !== 'running') return value;
      if (value.at !== lastState) tell({ kind: 'state', at: value.at, sinceMs: value.sinceMs });
      lastState = value.at;
      await tellWork();
    }
    await sleep(waitMs, signal);
  }
  return undefined;
}

type Seen<T> = { readonly kind: 'seen'; readonly value: T } | { readonly kind: 'not-now' };

/** Errors that may pass are told once, and waited out. */
function patient({ nowMs }: FollowDeps, tell: (event: FollowEvent) => void) {
  let failingSinceMs: number | undefined;
  return async <T>(read: () => Promise<T>): Promise<Seen<T>> => {
    try {
      const value = await read();
      failingSinceMs = undefined;
      return { kind: 'seen', value };
    } catch (caught) {
      const error = toPitrError(caught);
      if (!error.retryable) throw error;
      if (failingSinceMs === undefined) tell({ kind: 'trouble', problem: error.message });
      failingSinceMs ??= nowMs();
      if (nowMs() - failingSinceMs > patienceMs) throw error;
      return { kind: 'not-now' };
    }
  };
}

/** The state is an addition: where it cannot be read, that is told, and it is not asked again. */
function workTeller(
  { flows }: FollowDeps,
  { find }: Followed,
  tell: (event: FollowEvent) => void,
): () => Promise<void> {
  let isReadable = true;
  let last = '';
  return async () => {
    if (!isReadable) return;
    try {
      const run = find(await flows.restores());
      if (run?.state !== 'running') return;
      const event = workOf(run);
      if (JSON.stringify(event) !== last) tell(event);
      last = JSON.stringify(event);
    } catch (caught) {
      const error = toPitrError(caught);
      if (error.retryable) return;
      isReadable = false;
      tell({ kind: 'trouble', problem: `how far br is cannot be told: ${error.message}` });
    }
  };
}

function workOf({ step, progress, attempt }: Extract<RestoreRun, { state: 'running' }>): FollowEvent {
  return { kind: 'work', step, fraction: progress, attempt };
}

function noExecution({ flow, name }: Followed): PitrError {
  return new PitrError('INVALID_INPUT', `there is no execution ${name} of ${flow}`, {
    hint: 'give the name that pitr restore-cluster told when it began; AWS forgets executions after 90 days',
    details: { flow, execution: name },
  });
}
