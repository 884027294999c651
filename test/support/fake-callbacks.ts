// Waiting states of flows in memory: each token is answered once, as Step Functions has it.

import type { Facts } from '../../lib/domain/state/run-identity.ts';
import { type CallbackFailure, type FlowCallbacks, outputText } from '../../lib/ports/flow-callbacks.ts';

export class FakeCallbacks implements FlowCallbacks {
  readonly answers = new Map<string, Facts>();
  readonly failures = new Map<string, CallbackFailure>();
  readonly heartbeats: string[] = [];
  /** Thrown by the next calls, before anything is delivered. */
  readonly troubles: Error[] = [];

  async succeed(token: string, output: Facts): Promise<'delivered' | 'gone'> {
    this.#trouble();
    outputText(output);
    if (this.#isOver(token)) return 'gone';
    this.answers.set(token, output);
    return 'delivered';
  }

  async fail(token: string, failure: CallbackFailure): Promise<'delivered' | 'gone'> {
    this.#trouble();
    if (this.#isOver(token)) return 'gone';
    this.failures.set(token, failure);
    return 'delivered';
  }

  async heartbeat(token: string): Promise<'alive' | 'gone'> {
    this.#trouble();
    this.heartbeats.push(token);
    return this.#isOver(token) ? 'gone' : 'alive';
  }

  #isOver(token: string): boolean {
    return this.answers.has(token) || this.failures.has(token);
  }

  #trouble(): void {
    const trouble = this.troubles.shift();
    if (trouble !== undefined) throw trouble;
  }
}
