// The Retry list of a state: which retrier an error meets, whether it has attempts left, and how long to wait. Stands in for
// the interpreter's own, which sleeps by the system's clock.

import type { RandomFraction } from '../../ports/clock.ts';

/** As in a flow's file; what is left out there has the values of the language's specification. */
export interface RetrierDefinition {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

const timeouts = ['States.Timeout', 'States.HeartbeatTimeout'];

function matches(wanted: string, error: string): boolean {
  if (wanted === 'States.ALL') return true;
  if (wanted === 'States.TaskFailed') return !timeouts.includes(error);
  return wanted === error;
}

/** Counts the attempts of each retrier during one visit of a state. */
export class RetryCount {
  readonly #retriers: readonly RetrierDefinition[];
  readonly #attempts: number[];
  readonly #random: RandomFraction;

  constructor(retriers: readonly RetrierDefinition[], random: RandomFraction) {
    this.#retriers = retriers;
    this.#attempts = retriers.map(() => 0);
    this.#random = random;
  }

  /** How long to wait before the state is tried again; undefined: not at all. The first retrier that fits decides alone. */
  delayMsAfter(error: { readonly name: string; readonly isRetryable: boolean }): number | undefined {
    if (!error.isRetryable) return undefined;
    const index = this.#retriers.findIndex(({ ErrorEquals }) =>
      ErrorEquals.some((wanted) => matches(wanted, error.name)),
    );
    const retrier = this.#retriers[index];
    const attempts = this.#attempts[index];
    if (retrier === undefined || attempts === undefined || attempts >= (retrier.MaxAttempts ?? 3)) {
      return undefined;
    }
    this.#attempts[index] = attempts + 1;
    const seconds = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempts;
    const delayMs = 1000 * Math.min(seconds, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
    return retrier.JitterStrategy === 'FULL' ? Math.round(delayMs * this.#random()) : delayMs;
  }
}
