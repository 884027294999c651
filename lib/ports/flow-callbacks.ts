// The port by which a flow that waits for br is told how it went: a token per waiting state, answered once.
// Adapters: lib/aws/sfn-flow-callbacks.ts (Step Functions), lib/local/flow-runner.ts (the flows of one machine). Contract: test/contracts/.

import { PitrError } from '../domain/errors.ts';
import type { Facts } from '../domain/state/run-identity.ts';

/** Why the waiting state ends with an error; `code` is what Retry and Catch match. */
export interface CallbackFailure {
  readonly code: string;
  readonly message: string;
}

/**
 * Tokens are opaque text. `gone`: nobody waits for it any more (it was answered before, timed out, or its execution was
 * stopped): an expected race, and no error.
 *
 * Errors of all calls: RUNNER_UNAVAILABLE when the flows cannot be reached; AWS_DENIED, naming the action, when Step Functions refuses
 * us; of the file on one machine STATE_UNAVAILABLE, LOCAL_IO and STORAGE_DENIED. After RUNNER_UNAVAILABLE nobody knows whether the
 * answer was heard: the same call finds out, for `gone` then means that it was, or that it does not matter any more.
 */
export interface FlowCallbacks {
  /** The state ends, and `output` is its result. Errors: also INTERNAL for one of more than 256 KiB as JSON; the state waits on. */
  succeed(token: string, output: Facts): Promise<'delivered' | 'gone'>;
  /** The state ends with this error; what is longer than Step Functions takes is cut there. */
  fail(token: string, failure: CallbackFailure): Promise<'delivered' | 'gone'>;
  /** Keeps the state waiting: its heartbeat starts anew. */
  heartbeat(token: string): Promise<'alive' | 'gone'>;
}

/** Quota of the Step Functions API: bytes of an output as UTF-8. */
const mostOutputBytes = 262_144;

/** The output as the JSON that is sent. Errors: INTERNAL when it is too long. */
export function outputText(output: Facts): string {
  const text = JSON.stringify(output);
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= mostOutputBytes) return text;
  throw new PitrError(
    'INTERNAL',
    `the output of a waiting state has ${bytes} bytes, expected at most ${mostOutputBytes}`,
    { hint: 'report it: what is long belongs into the state table, and its key into the output' },
  );
}
