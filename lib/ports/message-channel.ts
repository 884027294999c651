// The port of one way by which messages leave: a topic, a bus, a webhook. Adapters: lib/aws/{sns,event-bus}-channel.ts,
// lib/webhook/webhook-channel.ts; lib/ports/channel-messenger.ts makes one messenger of several.

import type { Message } from './messenger.ts';

export interface MessageChannel {
  /** For people, without secrets: `SNS topic arn:…`, `the webhook`. */
  readonly name: string;
  /** Errors: MESSAGE_UNDELIVERED, AWS_DENIED, AWS_UNAVAILABLE, INVALID_INPUT, INTERNAL. */
  tell(message: Message): Promise<void>;
}
