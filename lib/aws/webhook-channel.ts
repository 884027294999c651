// Messages to a webhook that takes Slack's form. Its URL is a secret, since whoever has it can post: it is in no error, and
// no redirect is followed.

import { readWebhookUrl } from '../config/aws-names.ts';
import type { NotificationSettings } from '../config/settings-types.ts';
import { PitrError } from '../domain/errors.ts';
import type { Message } from '../ports/messenger.ts';
import type { MessageChannel } from './message-channel.ts';
import { readSecret } from './secret.ts';
import type { ServiceLocation } from './service-client.ts';

export type WebhookSettings = NonNullable<NotificationSettings['webhook']>;

const answerMs = 5_000;
/** As much of a refusal's text as helps. */
const shownCharacters = 200;

/**
 * The URL as it is, or in a secret as text or as `{"url": …}`; a secret is read for each message, so that a new value
 * counts at once. Nothing is sent yet.
 */
export function openWebhookChannel(
  webhook: WebhookSettings,
  options: { readonly location?: ServiceLocation; readonly timeoutMs?: number } = {},
): MessageChannel {
  return {
    name: 'the webhook',
    async tell(message) {
      const url =
        webhook.kind === 'url'
          ? webhook.url
          : urlOf(webhook.secret, await readSecret(webhook.secret, options.location));
      await post(url, message, options.timeoutMs ?? answerMs);
    },
  };
}

async function post(url: string, { cluster, title, text }: Message, timeoutMs: number): Promise<void> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: `*${escaped(`${cluster}: ${title}`)}*\n${escaped(text)}` }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const said = (await answer.text()).slice(0, shownCharacters).replace(/\s+/g, ' ').trim();
    if (!answer.ok) throw undelivered(`answered ${answer.status}${said === '' ? '' : `: ${said}`}`);
  } catch (error) {
    // Neither the sentence nor the cause of what was thrown: both may repeat the URL.
    throw error instanceof PitrError ? error : undelivered(`did not answer (${reasonOf(error)})`);
  }
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

/** What is special in Slack's text. https://docs.slack.dev/messaging/formatting-message-text */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code: unknown = error.cause instanceof Error ? Reflect.get(error.cause, 'code') : undefined;
  return typeof code === 'string' ? code : error.name;
}

function undelivered(what: string): PitrError {
  return new PitrError('MESSAGE_UNDELIVERED', `the webhook ${what}`, {
    hint: 'check that the webhook is still there, and that its URL is the one in the settings or the secret',
  });
}
