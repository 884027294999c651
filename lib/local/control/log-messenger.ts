// Messages of the local runtime: lines of its log. Nobody is called; a service manager or a log collector may be.

import type { Message, Messenger } from '../../ports/messenger.ts';
import type { RuntimeLog } from './runtime-log.ts';

export function logMessenger(log: RuntimeLog): Messenger {
  return {
    async publish(message: Message): Promise<void> {
      log({
        kind: 'message',
        cluster: message.cluster,
        topic: message.topic,
        title: message.title,
        text: message.text,
        atMs: message.atMs,
      });
    },
  };
}
