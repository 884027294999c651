// Messages to a webhook that takes Slack's form. Its URL is a secret, since whoever has it can post: it is in no error, and
// no redirect is followed.

import { PitrError } from '../domain/errors.ts';
import type { MessageChannel } from '../ports/message-channel.ts';
import type { Message } from '../ports/messenger.ts';

const answerMs = 5_000;
/** As much of a refusal's text as helps. */
const shownCharacters = 200;

/** `url` is asked for each message, so that a secret that changes counts at once; its errors are passed on. Sends nothing yet. */
export function openWebhookChannel(
  url: () => Promise<string>,
  options: { readonly timeoutMs?: number } = {},
): MessageChannel {
  return {
    name: 'the webhook',
    tell: async (message) => await post(await url(), message, options.timeoutMs ?? answerMs),
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
