// A messenger of several channels: each is told, one channel's failure keeps no other from telling, and all failures are told at
// the end. Knows no channel by name.

import { PitrError, toPitrError } from '../domain/errors.ts';
import type { MessageChannel } from './message-channel.ts';
import type { Messenger } from './messenger.ts';

/** Publishing again after MESSAGE_UNDELIVERED tells it on all channels again: receivers go by its id. */
export function messengerOver(channels: readonly MessageChannel[]): Messenger {
  return {
    async publish(message) {
      const outcomes = await Promise.allSettled(channels.map((channel) => channel.tell(message)));
      const failures = outcomes.flatMap((outcome, index) => {
        const channel = channels[index]?.name ?? '';
        return outcome.status === 'fulfilled' ? [] : [{ channel, error: toPitrError(outcome.reason) }];
      });
      if (failures.length > 0) throw undelivered(message.id, channels.length, failures);
    },
  };
}

function undelivered(
  id: string,
  channels: number,
  failures: readonly { readonly channel: string; readonly error: PitrError }[],
): PitrError {
  const [first] = failures;
  return new PitrError(
    'MESSAGE_UNDELIVERED',
    `message ${id} did not reach ${failures.length} of ${channels} channels: ${failures.map(({ error }) => error.message).join('; ')}`,
    {
      ...(first?.error.hint === undefined ? {} : { hint: first.error.hint }),
      details: {
        id,
        channels,
        failures: failures.map(({ channel, error }) => ({
          channel,
          code: error.code,
          message: error.message,
        })),
      },
      cause: first?.error,
    },
  );
}
