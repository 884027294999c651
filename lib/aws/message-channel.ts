// One way by which a message leaves, and the JSON form that programs read on each of them. docs/formats/messages.md
// Must not know which channels there are.

import type { Facts } from '../domain/state/run-identity.ts';
import type { Message } from '../ports/messenger.ts';

export interface MessageChannel {
  /** For people, without secrets: `SNS topic arn:…`, `the webhook`. */
  readonly name: string;
  /** Errors: AWS_DENIED, AWS_UNAVAILABLE, INVALID_INPUT, INTERNAL. */
  tell(message: Message): Promise<void>;
}

/** What programs get. Fields are added, never renamed. */
export function messageDocument({ id, cluster, topic, atMs, title, text, facts }: Message): Facts {
  return { version: 1, id, cluster, topic, at: new Date(atMs).toISOString(), title, text, facts };
}
