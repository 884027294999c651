// What a command may use of this machine, from options. Must not start anything.

import type { CommandContext } from './command-context.ts';
import type { WorkRequest } from './operations.ts';
import { defaultMemory, parseMemory, parseWholeNumber } from './option-values.ts';

/** Errors: INVALID_INPUT for a size or number of workers that is none, or too small. */
export function workOf(context: CommandContext): WorkRequest {
  const { options, progress } = context;
  return {
    memoryBytes: parseMemory(options.memory ?? defaultMemory),
    workers:
      options.workers === undefined ? undefined : parseWholeNumber('--workers', options.workers, 1, 256),
    progress: (event) => progress.report(event),
  };
}
