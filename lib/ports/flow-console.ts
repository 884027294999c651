// The port by which a person's program starts a flow and watches it: what the console of Step Functions shows, in a few words.
// Adapters: lib/aws/sfn-flow-console.ts, lib/local/control/{local,neighbour}-flow-console.ts. Contract:
// test/contracts/flow-console.contract.ts.

import type { RestoreRun } from '../domain/state/restore-run.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import type { FlowName } from './launcher.ts';

export type ExecutionLook =
  /** `at`: the state that it is in; empty before the first. `sinceMs`: Unix ms. */
  | { readonly state: 'running'; readonly at: string; readonly sinceMs: number }
  | { readonly state: 'succeeded'; readonly output: Facts }
  /** `code`: one of ours, or a word of Step Functions (`States.Timeout`, `aborted`). */
  | { readonly state: 'failed'; readonly code: string; readonly message: string };

/**
 * Errors of all calls: RUNNER_UNAVAILABLE when the flows cannot be reached, AWS_DENIED naming the action, those of the state table;
 * INVALID_INPUT when there is no such flow, or it is not for a person to start.
 */
export interface FlowConsole {
  /** Whether a flow goes on when this program ends. Where it does not, it goes on with the next runtime of its state folder. */
  readonly outlives: boolean;
  /** Where it runs, for people: this machine, or the link to the execution in the AWS console. */
  place(flow: FlowName, name: string): Promise<string>;
  /** As {@link Launcher.startFlow}. */
  startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'>;
  /** Undefined: there is no execution of this name. Errors: also STATE_CONFLICT for one that nobody took up; nothing was begun. */
  look(flow: FlowName, name: string): Promise<ExecutionLook | undefined>;
  /** The restores that the state has, the newest first, at most 20; none where the state cannot be read from here. */
  restores(): Promise<readonly RestoreRun[]>;
  close(): Promise<void>;
}
