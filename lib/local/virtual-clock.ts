// A clock that moves only when it is told to, so that days of schedules, waits and time-outs pass in milliseconds. Whoever
// sleeps wakes in the order of time, and does its work before the clock moves on.

import { setImmediate } from 'node:timers/promises';
import type { LocalClock } from './local-clock.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop that everybody gets between two moves: enough for work that touches no disk and no network. */
const usualTurns = 10;

export class VirtualClock implements LocalClock {
  #nowMs: number;
  readonly #turns: number;
  /** Sorted by the time of waking; of two at the same time the first to sleep comes first. */
  #sleepers: readonly Sleeper[] = [];

  /** `turns`: of the event loop between two moves; fewer are faster, where all work is known to be done within them. */
  constructor(startMs: number, turns = usualTurns) {
    this.#nowMs = startMs;
    this.#turns = turns;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(milliseconds: number, ended?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (ended?.aborted === true) return resolve();
      const sleeper: Sleeper = { wakeMs: this.#nowMs + Math.max(0, milliseconds), wake: resolve };
      const next = this.#sleepers.findIndex((other) => other.wakeMs > sleeper.wakeMs);
      this.#sleepers = this.#sleepers.toSpliced(next < 0 ? this.#sleepers.length : next, 0, sleeper);
      ended?.addEventListener('abort', () => this.#wake(sleeper), { once: true });
    });
  }

  /** Moves the clock by so much; see {@link advanceTo}. */
  async advance(milliseconds: number): Promise<void> {
    await this.advanceTo(this.#nowMs + milliseconds);
  }

  /** Moves the clock to a time; everybody who sleeps until then wakes in order, each at their own time. */
  async advanceTo(ms: number): Promise<void> {
    await this.#letOthersWork();
    for (let next = this.#sleepers[0]; next !== undefined && next.wakeMs <= ms; next = this.#sleepers[0]) {
      this.#moveTo(next);
      await this.#letOthersWork();
    }
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  /**
   * Moves the clock from one sleeper to the next until the work is done, and gives its result. While nobody sleeps it only
   * waits, so work that never ends and never sleeps hangs here.
   */
  async advanceUntil<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    await this.#letOthersWork();
    while (!isDone) {
      const next = this.#sleepers[0];
      if (next !== undefined) this.#moveTo(next);
      await this.#letOthersWork();
    }
    return work;
  }

  #moveTo(sleeper: Sleeper): void {
    this.#nowMs = Math.max(this.#nowMs, sleeper.wakeMs);
    this.#wake(sleeper);
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    sleeper.wake();
  }

  async #letOthersWork(): Promise<void> {
    for (let turn = 0; turn < this.#turns; turn += 1) await setImmediate();
  }
}
