// Where the webhook of the settings is: a URL that holds no secret, or a secret that holds the URL. It is in no error.

import { readWebhookUrl } from '../config/aws-names.ts';
import type { NotificationSettings } from '../config/settings-types.ts';
import { PitrError } from '../domain/errors.ts';
import { readSecret } from './secret.ts';
import type { ServiceLocation } from './service-client.ts';

export type WebhookSettings = NonNullable<NotificationSettings['webhook']>;

/** The URL as it is, or in a secret as text or as `{"url": …}`. Errors: as readSecret, and INVALID_INPUT for a secret without one. */
export async function webhookUrl(webhook: WebhookSettings, location: ServiceLocation = {}): Promise<string> {
  if (webhook.kind === 'url') return webhook.url;
  return urlOf(webhook.secret, await readSecret(webhook.secret, location));
}

function urlOf(secret: string, text: string): string {
  const reading = readWebhookUrl(urlText(text));
  if ('value' in reading) return reading.value;
  throw new PitrError('INVALID_INPUT', `secret ${secret} holds no URL that begins with https://`, {
    hint: 'store the URL of the webhook as the text of the secret, or as {"url": "https://…"}',
  });
}

function urlText(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const url: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'url') : undefined;
    return typeof url === 'string' ? url.trim() : '';
  } catch {
    return text.trim();
  }
}
