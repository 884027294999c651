// The port by which a flow that waits for br is told how it went: a token per waiting state, answered once.
// Adapters: lib/aws/sfn-flow-callbacks.ts (Step Functions), lib/local/flows (the flow runner of one machine).

import type { Facts } from '../domain/state/run-identity.ts';

/** Why the waiting state ends with an error; `code` is what Retry and Catch match. */
export interface CallbackFailure {
  readonly code: string;
  readonly message: string;
}

/**
 * Tokens are opaque text. `gone`: nobody waits for it any more (it was answered before, timed out, or its execution was
 * stopped): an expected race, and no error. Errors of all calls: RUNNER_UNAVAILABLE when the flows cannot be reached.
 */
export interface FlowCallbacks {
  /** The state ends, and `output` is its result (JSON, at most 256 KiB as text). */
  succeed(token: string, output: Facts): Promise<'delivered' | 'gone'>;
  /** The state ends with this error. */
  fail(token: string, failure: CallbackFailure): Promise<'delivered' | 'gone'>;
  /** Keeps the state waiting: its heartbeat starts anew. */
  heartbeat(token: string): Promise<'alive' | 'gone'>;
}
