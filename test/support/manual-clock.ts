// A clock that stands until told: a sleep moves it at once and is remembered.

import type { Clock } from '../../lib/ports/clock.ts';

export class ManualClock implements Clock {
  readonly sleptMs: number[] = [];
  #nowMs: number;

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.sleptMs.push(milliseconds);
    this.#nowMs += milliseconds;
  }
}
