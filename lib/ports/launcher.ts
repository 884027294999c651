// The port by which work is begun elsewhere: a flow by its name, or an operation that answers to nobody.
// Adapters: lib/aws/sfn-launcher.ts (Step Functions and Lambda), lib/local/control/late-parts.ts (the runtime of one
// machine). Contract: test/contracts/launcher.contract.ts.

import { PitrError } from '../domain/errors.ts';
import type { Facts } from '../domain/state/run-identity.ts';

/** The flows; each has one file `lib/flows/NAME.asl.json`. */
export const flowNames = ['snapshot', 'truncate', 'log-task', 'restore-to-point'] as const;
export type FlowName = (typeof flowNames)[number];

/** Operations that `react` begins. */
export const launchedOperations = ['take-snapshot', 'truncate-log', 'adopt'] as const;
export type LaunchedOperation = (typeof launchedOperations)[number];

/**
 * Errors of all calls: RUNNER_UNAVAILABLE when it cannot be reached (try again: names make that harmless); AWS_DENIED, naming the
 * action, when AWS refuses us; INVALID_INPUT when the flow or the function is not deployed; of the files on one machine
 * STATE_UNAVAILABLE, LOCAL_IO and STORAGE_DENIED.
 */
export interface Launcher {
  /**
   * Starts an execution of this name, at most one per flow and name, also when called twice at once or after it ended:
   * `exists` then. Step Functions answers a repeated call within seconds, of the same input, with `started`: there is one execution
   * all the same. Errors: also INVALID_INPUT for a name that is not of 1 to 80 letters, digits, `-` and `_`.
   */
  startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'>;
  /**
   * Runs an operation once or twice, some time soon; its answer goes to nobody. On one machine it is run at once, and its failure is
   * this call's: then it is to be asked for again.
   */
  invoke(operation: LaunchedOperation, input: Facts): Promise<void>;
}

const nameForm = /^[A-Za-z0-9_-]{1,80}$/;

/** Errors: INVALID_INPUT for a name that no execution can have. */
export function checkExecutionName(name: string): void {
  if (nameForm.test(name)) return;
  throw new PitrError(
    'INVALID_INPUT',
    `the execution's name is ${JSON.stringify(name)}, expected 1 to 80 letters, digits, - and _`,
    { hint: 'executions are named by the id of the work and its kind' },
  );
}
