// The machine's own clock and lots: the one place of the local runtime that asks the system for them.
// Must not be imported by anything that has rules to decide.

import { setTimeout } from 'node:timers/promises';
import type { Clock, RandomFraction } from '../ports/clock.ts';

/** The system's wall clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (milliseconds) => setTimeout(milliseconds),
};

/** The system's lots; good for jitter, not for secrets. */
export const systemRandom: RandomFraction = () => Math.random();
