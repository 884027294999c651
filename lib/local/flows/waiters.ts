// Who waits for a token in this process: answers come from elsewhere in the program, and are on disk before anybody is woken.

import type { Outcome } from './flow-records.ts';

export class Waiters {
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();

  /** Calls `told` at most once, when the token is answered before `over` is aborted. */
  wait(token: string, told: (outcome: Outcome) => void, over: AbortSignal): void {
    this.#waiting.set(token, told);
    over.addEventListener('abort', () => this.#waiting.delete(token), { once: true });
  }

  tell(token: string, outcome: Outcome): void {
    this.#waiting.get(token)?.(outcome);
    this.#waiting.delete(token);
  }
}
