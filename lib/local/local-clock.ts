// A clock whose sleeps can be ended early: what waits for days must not hold a program that is to end.
// Adapters: system-clock.ts, virtual-clock.ts.

import type { Clock } from '../ports/clock.ts';

export interface LocalClock extends Clock {
  /** Resolves after so many milliseconds, or as soon as `ended` is aborted. Never rejects. */
  sleep(milliseconds: number, ended?: AbortSignal): Promise<void>;
}
