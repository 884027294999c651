// The clock and the lots of a deployed function, for retries and for whoever asks what time it is. Decides nothing.

import { setTimeout } from 'node:timers/promises';
import type { Clock, RandomFraction } from '../ports/clock.ts';

export const awsClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (milliseconds) => setTimeout(milliseconds),
};

/** Good for jitter, not for secrets. */
export const awsRandom: RandomFraction = () => Math.random();
