// Messages that are only kept, on one channel, which fails when it is told to.

import { PitrError } from '../../lib/domain/errors.ts';
import type { Message, Messenger } from '../../lib/ports/messenger.ts';

export class FakeMessenger implements Messenger {
  readonly told: Message[] = [];
  /** Awaited before each message is kept; what it throws is thrown. */
  readonly #before: (message: Message) => Promise<void>;

  constructor(before: (message: Message) => Promise<void> = async () => undefined) {
    this.#before = before;
  }

  async publish(message: Message): Promise<void> {
    await this.#before(message);
    this.told.push(message);
  }
}

/** What a messenger of so many channels throws when one of them, of this name, refuses. */
export function undelivered(id: string, channel: string, channels = 1): PitrError {
  return new PitrError('MESSAGE_UNDELIVERED', `message ${id} did not reach 1 of ${channels} channels`, {
    details: { id, channels, failures: [{ channel, code: 'AWS_DENIED', message: 'denied' }] },
  });
}
