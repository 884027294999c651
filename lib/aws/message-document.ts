// The JSON form of a message that programs read, on a bus as on a topic. docs/formats/messages.md
// Must not know which channels there are.

import type { Facts } from '../domain/state/run-identity.ts';
import type { Message } from '../ports/messenger.ts';

/** What programs get. Fields are added, never renamed. */
export function messageDocument({ id, cluster, topic, atMs, title, text, facts }: Message): Facts {
  return { version: 1, id, cluster, topic, at: new Date(atMs).toISOString(), title, text, facts };
}
