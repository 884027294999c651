// The port by which a person's program starts a flow and watches it: what the console of Step Functions shows, in a few words.
// Adapters: lib/aws/sfn-flow-console.ts, lib/local/control/local-flow-console.ts.

import type { Facts } from '../domain/state/run-identity.ts';
import type { FlowName } from './launcher.ts';

export type ExecutionLook =
  /** `at`: the state that it is in; empty before the first. */
  | { readonly state: 'running'; readonly at: string; readonly sinceMs: number }
  | { readonly state: 'succeeded'; readonly output: Facts }
  /** `code`: one of ours, or a word of Step Functions (`States.Timeout`, `aborted`). */
  | { readonly state: 'failed'; readonly code: string; readonly message: string };

/** How far br is, where that is known besides the flow's state. */
export interface WorkProgress {
  readonly step: string;
  /** 0 to 1; null when br does not say. */
  readonly fraction: number | null;
}

/** Errors of all calls: AWS_UNAVAILABLE and its like when the flows cannot be reached; INVALID_INPUT when there is no such flow. */
export interface FlowConsole {
  /** Where it runs, for people: `this machine`, or the link to the execution in the AWS console. */
  place(flow: FlowName, name: string): string;
  /** As {@link Launcher.startFlow}. */
  startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'>;
  /** Undefined: there is no execution of this name. */
  look(flow: FlowName, name: string): Promise<ExecutionLook | undefined>;
  /** Of the restore with this id; undefined when nothing is known. */
  restoreProgress(id: string): Promise<WorkProgress | undefined>;
  close(): Promise<void>;
}
