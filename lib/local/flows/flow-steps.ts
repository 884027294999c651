// One beginning of an execution, step by step: calls functions, waits for tokens, times and the next attempt, and plays back
// what the steps of an earlier beginning answered. Knows nothing of the order of states: the interpreter comes to it.

import type { RandomFraction } from '../../ports/clock.ts';
import type { LocalClock } from '../local-clock.ts';
import type { Step } from './flow-definition.ts';
import { Abandoned, errorOfOperation, FlowError } from './flow-error.ts';
import type { Json, Outcome, StepKey, StoredStep } from './flow-records.ts';
import { RetryCount } from './flow-retry.ts';
import type { FlowStore } from './flow-store.ts';
import type { Waiters } from './waiters.ts';

/** A function of a flow: the payload as JSON in, the answer as JSON out. The payload of a state that waits has a token. */
export type FlowFunction = (payload: Json) => Promise<unknown>;

export interface StepDeps {
  readonly store: FlowStore;
  readonly clock: LocalClock;
  readonly random: RandomFraction;
  readonly functions: Readonly<Record<string, FlowFunction>>;
  readonly waiters: Waiters;
  /** Aborted when the runner is closed. */
  readonly closed: AbortSignal;
}

/** Stands in the interpreter's context for the token, which only the step knows. */
export const tokenPlaceholder = 'the token of this attempt';
/** AWS: the most bytes that a state may give on. */
const dataLimitBytes = 262_144;
const longestWaitSeconds = 99_999_999;

type Call = Extract<Step, { readonly kind: 'call' }>;

export class FlowSteps {
  readonly #deps: StepDeps;
  readonly #execution: { readonly id: number; readonly name: string };
  readonly #entries = new Map<string, number>();

  constructor(deps: StepDeps, execution: { readonly id: number; readonly name: string }) {
    this.#deps = deps;
    this.#execution = execution;
  }

  /**
   * What the interpreter gets for a state: the result of `lambda:invoke`, or of the token. Throws a {@link FlowError} when no
   * attempt is left, {@link Abandoned} when the runner is closed.
   */
  async run(
    state: string,
    step: Exclude<Step, { readonly kind: 'map' }>,
    parameters: unknown,
  ): Promise<unknown> {
    const entry = (this.#entries.get(state) ?? 0) + 1;
    this.#entries.set(state, entry);
    const visit = { execution: this.#execution.id, state, entry };
    return step.kind === 'wait' ? this.#wait(visit, parameters) : this.#call(visit, step, parameters);
  }

  async #wait(visit: Omit<StepKey, 'attempt'>, parameters: unknown): Promise<void> {
    const seconds = fieldOf(parameters, 'seconds');
    if (!Number.isInteger(seconds) || Number(seconds) < 0 || Number(seconds) > longestWaitSeconds) {
      throw new FlowError(
        'States.Runtime',
        `${visit.state} waits ${JSON.stringify(seconds)} seconds, expected a whole number`,
      );
    }
    const { startedMs } = this.#open({ ...visit, attempt: 1 }, undefined);
    await this.#sleep(startedMs + 1000 * Number(seconds) - this.#deps.clock.nowMs());
  }

  async #call(visit: Omit<StepKey, 'attempt'>, step: Call, parameters: unknown): Promise<unknown> {
    const retries = new RetryCount(step.retriers, this.#deps.random);
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt({ ...visit, attempt }, step, parameters);
      if (outcome.kind === 'succeeded') {
        // A token's answer is the result as it is; a function's is wrapped by lambda:invoke.
        if (step.waits) return outcome.output;
        return { ExecutedVersion: '$LATEST', Payload: outcome.output, StatusCode: 200 };
      }
      const error = new FlowError(outcome.error, outcome.cause);
      const delayMs = retries.delayMsAfter(error);
      if (delayMs === undefined) throw error;
      // An attempt that an earlier beginning made needs no second wait before it.
      const isNextMade = this.#deps.store.step({ ...visit, attempt: attempt + 1 }) !== undefined;
      if (!isNextMade) await this.#sleep(delayMs);
    }
  }

  async #attempt(key: StepKey, step: Call, parameters: unknown): Promise<Outcome> {
    const stored = this.#open(key, step.waits ? this.#newToken(key) : undefined);
    if (stored.outcome !== undefined) return stored.outcome;
    const over = new AbortController();
    try {
      const found = await this.#race(key, stored, step, parameters, over.signal);
      if (found === 'closed') throw new Abandoned();
      // What was answered meanwhile, by the token, stays.
      const isFirst = this.#deps.store.closeStep(key, found);
      return isFirst ? found : (this.#deps.store.step(key)?.outcome ?? found);
    } finally {
      over.abort();
    }
  }

  /** Whatever comes first: the answer, the function's failure, the end of patience, or the end of the runner. */
  #race(
    key: StepKey,
    stored: StoredStep,
    step: Call,
    parameters: unknown,
    over: AbortSignal,
  ): Promise<Outcome | 'closed'> {
    const { closed, waiters } = this.#deps;
    return new Promise((resolve, reject) => {
      closed.addEventListener('abort', () => resolve('closed'), { once: true, signal: over });
      if (stored.token !== undefined) waiters.wait(stored.token, resolve, over);
      this.#invoke(parameters, stored.token)
        .then(outcomeOf)
        .catch((error: unknown) => failed(errorOfOperation(error)))
        .then((outcome) => {
          // Of a state that waits, only the failure of the function counts.
          if (!step.waits || outcome.kind === 'failed') resolve(outcome);
        });
      this.#patience(key, stored.startedMs, step, over).then((error) => {
        if (error !== undefined) resolve(failed(error));
      }, reject);
    });
  }

  async #invoke(parameters: unknown, token: string | undefined): Promise<unknown> {
    const name = String(fieldOf(parameters, 'FunctionName'));
    const call = this.#deps.functions[name];
    if (call === undefined) {
      throw new FlowError('Lambda.ResourceNotFoundException', `there is no function ${name}`);
    }
    return call(withToken(fieldOf(parameters, 'Payload') as Json, token));
  }

  /** The error of a state that took too long; undefined when it was over before. A heartbeat counts from the begin or resume. */
  async #patience(
    key: StepKey,
    startedMs: number,
    step: Call,
    over: AbortSignal,
  ): Promise<FlowError | undefined> {
    const { clock, store } = this.#deps;
    const begunMs = clock.nowMs();
    const timeoutMs = startedMs + step.timeoutMs;
    while (!over.aborted) {
      const beatMs = Math.max(begunMs, store.step(key)?.beatMs ?? 0);
      const heartbeatMs = beatMs + (step.heartbeatMs ?? Number.POSITIVE_INFINITY);
      const nowMs = clock.nowMs();
      if (nowMs >= timeoutMs)
        return new FlowError('States.Timeout', `no answer in ${step.timeoutMs / 1000} s`);
      if (nowMs >= heartbeatMs) {
        const seconds = (step.heartbeatMs ?? 0) / 1000;
        return new FlowError('States.HeartbeatTimeout', `no sign of life in ${seconds} s`);
      }
      await clock.sleep(Math.min(timeoutMs, heartbeatMs) - nowMs, over);
    }
    return undefined;
  }

  #open(key: StepKey, token: string | undefined): StoredStep {
    if (this.#deps.closed.aborted) throw new Abandoned();
    return this.#deps.store.openStep(key, token, this.#deps.clock.nowMs());
  }

  async #sleep(milliseconds: number): Promise<void> {
    if (milliseconds > 0) await this.#deps.clock.sleep(milliseconds, this.#deps.closed);
    if (this.#deps.closed.aborted) throw new Abandoned();
  }

  /** Names what waits, for a person; the lots make it one that nobody guesses by accident. */
  #newToken({ state, entry, attempt }: StepKey): string {
    const lots = [1, 2, 3].map(() => Math.floor(this.#deps.random() * 2 ** 32).toString(36));
    return [this.#execution.id, this.#execution.name, state, entry, attempt, lots.join('')].join('/');
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function withToken(payload: Json, token: string | undefined): Json {
  if (token === undefined || typeof payload !== 'object' || payload === null) return payload;
  const entries = Object.entries(payload).map(([name, value]) => [
    name,
    value === tokenPlaceholder ? token : value,
  ]);
  return Object.fromEntries(entries);
}

function failed(error: FlowError): Outcome {
  return { kind: 'failed', error: error.name, cause: error.message };
}

/** An answer as the flow gets it: JSON, a u64 as decimal text, and not more than AWS would take. */
export function outcomeOf(answer: unknown): Outcome {
  const text =
    JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? 'null';
  const bytes = Buffer.byteLength(text);
  if (bytes <= dataLimitBytes) return { kind: 'succeeded', output: JSON.parse(text) };
  return {
    kind: 'failed',
    error: 'States.DataLimitExceeded',
    cause: `the answer has ${bytes} bytes, expected at most ${dataLimitBytes}`,
  };
}
