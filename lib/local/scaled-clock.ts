// A clock that runs faster than the machine's, and jumps when told: for a demo that shows hours of a schedule while real programs
// run beside it. Must not be given to anything that works on a real cluster.

import type { LocalClock } from './local-clock.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** How often sleepers are looked at, in real milliseconds. */
const tickMs = 10;

export class ScaledClock implements LocalClock {
  readonly #factor: number;
  readonly #startedMs = performance.now();
  #originMs: number;
  readonly #sleepers = new Set<Sleeper>();
  #timer: NodeJS.Timeout | undefined;

  /** Begins at `startMs`; `factor` of its milliseconds pass in one of the machine's. */
  constructor(startMs: number, factor: number) {
    this.#originMs = startMs;
    this.#factor = factor;
  }

  nowMs(): number {
    return Math.floor(this.#originMs + (performance.now() - this.#startedMs) * this.#factor);
  }

  /** Moves the clock forward to a time; one that has passed is left as it is. Who slept until then wakes. */
  jumpTo(ms: number): void {
    this.#originMs += Math.max(0, ms - this.nowMs());
    this.#wakeAll();
  }

  sleep(milliseconds: number, ended?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (ended?.aborted === true) return resolve();
      const sleeper: Sleeper = {
        wakeMs: this.nowMs() + Math.max(0, milliseconds),
        wake: () => {
          this.#sleepers.delete(sleeper);
          if (this.#sleepers.size === 0) this.#stopTimer();
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      this.#timer ??= setInterval(() => this.#wakeAll(), tickMs);
      ended?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  #wakeAll(): void {
    const now = this.nowMs();
    const due = [...this.#sleepers].filter(({ wakeMs }) => wakeMs <= now);
    for (const { wake } of due.sort((a, b) => a.wakeMs - b.wakeMs)) wake();
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
