// The port by which people and other programs are told what happened. Adapters: lib/aws/aws-messenger.ts (EventBridge, SNS,
// webhook), lib/local/control/log-messenger.ts (the log of the daemon). Contract: test/contracts/messenger.contract.ts.

import type { Facts } from '../domain/state/run-identity.ts';

/** One thing that happened, in words for people and in facts for programs. */
export interface Message {
  /** The same event has the same id. */
  readonly id: string;
  readonly cluster: string;
  /** `snapshot-failed` …; receivers choose by it. */
  readonly topic: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  /** One line, at most 100 characters. */
  readonly title: string;
  /** What happened, what was done, what to do. */
  readonly text: string;
  readonly facts: Facts;
}

export interface Messenger {
  /**
   * Tells it on every channel, whatever becomes of the others; told again, it is the same message by its id. Errors:
   * MESSAGE_UNDELIVERED alone, naming the channels that failed, with `details.channels` (how many there are) and `details.failures`,
   * an entry `{channel, code, message}` for each: AWS_DENIED (the action is named), AWS_UNAVAILABLE, INVALID_INPUT (a topic, bus or
   * secret that is not there), MESSAGE_UNDELIVERED (a webhook), INTERNAL.
   */
  publish(message: Message): Promise<void>;
}
