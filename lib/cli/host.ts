// What the command line needs from the world around it: two streams, the environment, a clock, a signal to stop,
// and the operations. bin/pitr.ts gives the real ones, tests give their own. Must not touch `process`.

import type { Operations } from './operations.ts';

/** One of the two output streams. */
export interface Sink {
  /** Writes the text; resolves when the stream can take more. A reader that went away is no error. */
  write(text: string): Promise<void>;
  /** False once a write found that nobody reads any more. */
  readonly open: boolean;
  readonly isTty: boolean;
  /** Width of the terminal; 120 where there is none. */
  readonly columns: number;
}

export interface CliHost {
  /** The words after `pitr`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Version of the package, for --version. */
  readonly version: string;
  /** Unix milliseconds, for speeds and times left. */
  readonly nowMs: () => number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. Never fails. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Aborted when a person or the platform asks to stop. */
  readonly signal: AbortSignal;
  /** A file of the person's, for keys; undefined when there is none, LOCAL_IO when it cannot be read. */
  readonly readFile: (path: string) => Promise<Uint8Array | undefined>;
  /** Loads the operations; called only after the arguments were understood, so that mistakes are told at once. */
  readonly operations: () => Promise<Operations>;
}
