// The port of time and chance: whoever waits, or draws lots, gets them from here, so that tests move both.
// Adapters: lib/local/system-clock.ts, and a clock in test/support that only moves when told.

export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number;
  /** Resolves after so many milliseconds; 0 gives other work its turn. */
  sleep(milliseconds: number): Promise<void>;
}

/** A number in [0, 1), evenly spread. */
export type RandomFraction = () => number;
