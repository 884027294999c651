// Who is told what happened, from a function's environment; the clients are loaded by the first message. Sends nothing yet.

import { decodeNotify, type NotifyPlaces } from '../config/launch-env.ts';
import type { NotificationSettings } from '../config/settings-types.ts';
import type { MessengerDeps } from '../operations/control/control-deps.ts';
import type { Messenger } from '../ports/messenger.ts';
import { onFirstUse } from './deps.ts';

/** Errors: INVALID_INPUT for a variable that is not as expected. */
export function messengerDeps(env: { readonly PITR_NOTIFY: string }): MessengerDeps {
  const notifications = notificationsOf(decodeNotify(env.PITR_NOTIFY));
  const messenger = onFirstUse(async (): Promise<Messenger> => {
    const { openAwsMessenger } = await import('./aws-messenger.ts');
    return openAwsMessenger(notifications);
  });
  return { messenger: { publish: async (message) => (await messenger()).publish(message) } };
}

function notificationsOf({ snsTopics, eventBus, webhook }: NotifyPlaces): NotificationSettings {
  return { snsTopics, eventBus: eventBus ?? undefined, webhook: webhookOf(webhook) };
}

function webhookOf(webhook: NotifyPlaces['webhook']): NotificationSettings['webhook'] {
  if (webhook === null) return undefined;
  return 'url' in webhook ? { kind: 'url', url: webhook.url } : { kind: 'secret', secret: webhook.secret };
}
