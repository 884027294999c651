// Who is told what happened, from a function's environment. Sends nothing yet.

import { decodeNotify, type NotifyPlaces } from '../config/launch-env.ts';
import type { NotificationSettings } from '../config/settings-types.ts';
import type { MessengerDeps } from '../operations/control/control-deps.ts';
import { openAwsMessenger } from './aws-messenger.ts';

/** Errors: INVALID_INPUT for a variable that is not as expected. */
export function messengerDeps(env: { readonly PITR_NOTIFY: string }): MessengerDeps {
  return { messenger: openAwsMessenger(notificationsOf(decodeNotify(env.PITR_NOTIFY))) };
}

function notificationsOf({ snsTopics, eventBus, webhook }: NotifyPlaces): NotificationSettings {
  return { snsTopics, eventBus: eventBus ?? undefined, webhook: webhookOf(webhook) };
}

function webhookOf(webhook: NotifyPlaces['webhook']): NotificationSettings['webhook'] {
  if (webhook === null) return undefined;
  return 'url' in webhook ? { kind: 'url', url: webhook.url } : { kind: 'secret', secret: webhook.secret };
}
