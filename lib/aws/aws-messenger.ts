// The channels of the settings on AWS: EventBridge, SNS topics, a webhook. How several tell one message is channel-messenger.ts.

import type { NotificationSettings } from '../config/settings-types.ts';
import { messengerOver } from '../ports/channel-messenger.ts';
import type { Messenger } from '../ports/messenger.ts';
import { openWebhookChannel } from '../webhook/webhook-channel.ts';
import { openEventBusChannel } from './event-bus-channel.ts';
import type { ServiceLocation } from './service-client.ts';
import { openSnsChannel } from './sns-channel.ts';
import { webhookUrl } from './webhook-secret.ts';

/** The bus of the settings or the account's default bus, each topic, and the webhook when there is one. Sends nothing yet. */
export function openAwsMessenger(
  notifications: NotificationSettings,
  location: ServiceLocation = {},
): Messenger {
  const { eventBus, snsTopics, webhook } = notifications;
  return messengerOver([
    openEventBusChannel(eventBus, location),
    ...snsTopics.map((topic) => openSnsChannel(topic, location)),
    ...(webhook === undefined ? [] : [openWebhookChannel(() => webhookUrl(webhook, location))]),
  ]);
}
