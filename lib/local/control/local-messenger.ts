// Messages of one machine: lines of the runtime's log, and the webhook of the settings. Topics of SNS and buses are AWS's.

import type { NotificationSettings } from '../../config/settings-types.ts';
import { messengerOver } from '../../ports/channel-messenger.ts';
import type { Message, Messenger } from '../../ports/messenger.ts';
import { openWebhookChannel } from '../../webhook/webhook-channel.ts';
import type { RuntimeLog } from './runtime-log.ts';

type WebhookSettings = NonNullable<NotificationSettings['webhook']>;

/** As many as may wait for a webhook that is down. */
const mostRemembered = 1_000;

/**
 * A message is a line of the log at its first try, and only then, also while the webhook does not take it: the log does not count as a
 * channel that has it, so that the webhook gets it when it is back. Errors of `publish`: MESSAGE_UNDELIVERED for the webhook.
 */
export function localMessenger(
  { webhook }: Pick<NotificationSettings, 'webhook'>,
  log: RuntimeLog,
): Messenger {
  const channels = webhook === undefined ? [] : [openWebhookChannel(() => urlOf(webhook))];
  const outside = messengerOver(channels);
  const logged = new Set<string>();
  return {
    async publish(message) {
      if (!logged.has(message.id)) {
        tell(log, message);
        remember(logged, message.id);
      }
      await outside.publish(message);
      logged.delete(message.id);
    },
  };
}

function tell(log: RuntimeLog, { cluster, topic, title, text, atMs }: Message): void {
  log({ kind: 'message', cluster, topic, title, text, atMs });
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > mostRemembered && oldest !== undefined) ids.delete(oldest);
}

/** A secret of Secrets Manager is read with the credentials of this machine. */
async function urlOf(webhook: WebhookSettings): Promise<string> {
  if (webhook.kind === 'url') return webhook.url;
  const { webhookUrl } = await import('../../aws/webhook-secret.ts');
  return await webhookUrl(webhook);
}
