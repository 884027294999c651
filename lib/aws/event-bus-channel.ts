// Messages as events of EventBridge, for rules to choose by topic. Must not make a bus or a rule.

import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { MessageChannel } from '../ports/message-channel.ts';
import type { Message } from '../ports/messenger.ts';
import { awsError } from './aws-errors.ts';
import { messageDocument } from './message-document.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';

/** What rules match as `source`. */
export const eventSource = 'tidb-pitr';

/** bus: name or ARN; the account's default bus when undefined. Needs events:PutEvents on it. */
export function openEventBusChannel(bus: string | undefined, location: ServiceLocation = {}): MessageChannel {
  const client = new EventBridgeClient(serviceSettings(location));
  const name = `event bus ${bus ?? 'default'}`;
  return { name, tell: (message) => put(client, name, bus, message) };
}

async function put(
  client: EventBridgeClient,
  place: string,
  bus: string | undefined,
  message: Message,
): Promise<void> {
  const call = { place, action: 'events:PutEvents', unavailable: 'AWS_UNAVAILABLE' } as const;
  const entry = {
    Source: eventSource,
    DetailType: message.topic,
    Detail: JSON.stringify(messageDocument(message)),
    Time: new Date(message.atMs),
    ...(bus === undefined ? {} : { EventBusName: bus }),
  };
  const answer = await client.send(new PutEventsCommand({ Entries: [entry] })).catch((error: unknown) => {
    throw awsError(error, call);
  });
  // The call succeeds also when the entry is refused: its own answer counts.
  const refused = answer.Entries?.find(({ ErrorCode }) => ErrorCode !== undefined);
  if (refused === undefined && (answer.FailedEntryCount ?? 0) === 0) return;
  const reason = new Error(refused?.ErrorMessage ?? 'the entry was refused without a reason');
  reason.name = refused?.ErrorCode ?? 'InternalFailure';
  throw awsError(reason, call);
}
