// The port of the program br as something to be asked, not run for work: where it is and which version it calls itself.
// Adapter: lib/local/br-program.ts (a child process that ends at once).

/** What the program says of itself. */
export interface BrProgramFacts {
  /** Absolute path. */
  readonly path: string;
  /** `v8.5.4`, as it prints it. */
  readonly version: string;
}

export interface BrProgram {
  /** Starts it once with `--version`. Errors: DEPENDENCY_MISSING when it is not there, BR_FAILED when it tells no version. */
  describe(): Promise<BrProgramFacts>;
}
