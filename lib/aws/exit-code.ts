// How a program ended, out of what a container runtime or a shell tells: one number. Must not guess beyond the signals that
// there are.

import { constants } from 'node:os';
import type { RunEnd } from '../ports/runner.ts';

/** A code above 128 says "ended by the signal code − 128", in sh and in containers alike. br itself has 0 and 1 (FACTS §1.1). */
export function endOfCode(code: number): RunEnd {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  return signal === undefined ? { exitCode: code } : { signal };
}
