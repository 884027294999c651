// The port by which work is begun elsewhere: a flow by its name, or an operation that answers to nobody.
// Adapters: lib/aws/sfn-launcher.ts (Step Functions and Lambda), lib/local (the runtime of one machine).

import type { Facts } from '../domain/state/run-identity.ts';

/** The flows; each has one file `lib/flows/NAME.asl.json`. */
export const flowNames = ['snapshot', 'truncate', 'log-task', 'restore-to-point'] as const;
export type FlowName = (typeof flowNames)[number];

/** Operations that `react` begins. */
export const launchedOperations = ['take-snapshot', 'truncate-log', 'adopt'] as const;
export type LaunchedOperation = (typeof launchedOperations)[number];

/** Errors of all calls: RUNNER_UNAVAILABLE when it cannot be reached (try again: names make that harmless). */
export interface Launcher {
  /**
   * Starts an execution of this name, at most one per flow and name, also when called twice at once or after it ended:
   * `exists` then. Names: letters, digits, `-`, `_`, at most 80.
   */
  startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'>;
  /** Runs an operation once or twice, some time soon; its answer goes to nobody. */
  invoke(operation: LaunchedOperation, input: Facts): Promise<void>;
}
