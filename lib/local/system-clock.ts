// The machine's own clock and lots: the one place of the local runtime that asks the system for them.
// Must not be imported by anything that has rules to decide.

import { setTimeout } from 'node:timers/promises';
import type { RandomFraction } from '../ports/clock.ts';
import type { LocalClock } from './local-clock.ts';

/** Node takes a longer timer for one of a millisecond. */
const longestTimerMs = 2 ** 31 - 1;

/** The system's wall clock. */
export const systemClock: LocalClock = {
  nowMs: () => Date.now(),
  async sleep(milliseconds, ended) {
    try {
      let leftMs = milliseconds;
      for (; leftMs > longestTimerMs; leftMs -= longestTimerMs) await timer(longestTimerMs, ended);
      await timer(leftMs, ended);
    } catch (error) {
      if (ended?.aborted !== true) throw error;
    }
  },
};

function timer(milliseconds: number, ended: AbortSignal | undefined): Promise<void> {
  return setTimeout(milliseconds, undefined, ended === undefined ? {} : { signal: ended });
}

/** The system's lots; good for jitter, not for secrets. */
export const systemRandom: RandomFraction = () => Math.random();
