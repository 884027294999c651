// What every adapter of the port Messenger must do: lib/ports/messenger.ts. The judge is what came out on each channel.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { Message, Messenger } from '../../lib/ports/messenger.ts';

export interface OpenedMessenger {
  readonly messenger: Messenger;
  /** Channel → the text of each message that it was given, in order. */
  readonly told: () => Readonly<Record<string, readonly string[]>>;
  /** Makes this channel refuse the next message. Its name in the failure. */
  readonly refuse: (channel: string) => string;
}

export interface MessengerAdapter {
  readonly open: (t: TestContext) => Promise<OpenedMessenger>;
  /** Why no channel can refuse. */
  readonly neverRefused?: string;
}

const message: Message = {
  id: 'shop/snapshot/20261122120000/failed',
  cluster: 'shop',
  topic: 'snapshot-failed',
  atMs: Date.UTC(2026, 10, 22, 12, 5),
  title: 'snapshot 20261122120000 failed',
  text: 'br said no space: free some, then run it again',
  facts: { id: '20261122120000', attempt: 3 },
};

export function messengerContract(name: string, { open, neverRefused }: MessengerAdapter): void {
  const mayRefuse = neverRefused === undefined ? {} : { skip: neverRefused };
  describe(`the contract of a messenger: ${name}`, () => {
    test('a message is told on every channel once, in words for people', async (t) => {
      const { messenger, told } = await open(t);
      await messenger.publish(message);
      const channels = Object.entries(told());
      assert.ok(channels.length > 0);
      for (const [channel, texts] of channels) {
        assert.equal(texts.length, 1, channel);
        for (const word of [message.cluster, message.title, message.text])
          assert.ok(texts[0]?.includes(word), `${channel} does not say ${word}: ${texts[0]}`);
      }
    });

    test('the same message may be told again', async (t) => {
      const { messenger, told } = await open(t);
      await messenger.publish(message);
      await messenger.publish(message);
      for (const [channel, [first, second]] of Object.entries(told())) {
        assert.ok(first !== undefined, channel);
        assert.equal(second, first, channel);
      }
    });

    test('messages at once are all told', async (t) => {
      const { messenger, told } = await open(t);
      const titles = Array.from({ length: 5 }, (_, index) => `message number ${index}`);
      await Promise.all(titles.map((title) => messenger.publish({ ...message, id: title, title })));
      for (const [channel, texts] of Object.entries(told())) {
        for (const title of titles)
          assert.ok(
            texts.some((text) => text.includes(title)),
            `${channel}: ${title}`,
          );
      }
    });

    test('any letters, several lines, a long title and no facts are told', async (t) => {
      const { messenger, told } = await open(t);
      const odd = {
        ...message,
        title: `Größe 東京 😀 ${'x'.repeat(80)}`,
        text: 'one\n"two" <three>',
        facts: {},
      };
      await messenger.publish(odd);
      for (const [channel, texts] of Object.entries(told())) assert.equal(texts.length, 1, channel);
    });

    test(
      'a channel that refuses keeps no other from telling, and is named with its reason',
      mayRefuse,
      async (t) => {
        const { messenger, told, refuse } = await open(t);
        for (const channel of Object.keys(told())) {
          const before = told();
          const named = refuse(channel);
          await assert.rejects(messenger.publish(message), (error: PitrError) => {
            const count = Object.keys(before).length;
            assert.deepEqual([error.code, error.retryable], ['MESSAGE_UNDELIVERED', true]);
            assert.equal(error.details['channels'], count);
            const failures = error.details['failures'] as readonly Readonly<Record<string, string>>[];
            assert.deepEqual(
              failures.map((failure) => failure['channel']),
              [named],
            );
            assert.match(
              `${failures[0]?.['code']}`,
              /^(AWS_DENIED|AWS_UNAVAILABLE|INVALID_INPUT|MESSAGE_UNDELIVERED)$/,
            );
            assert.match(`${failures[0]?.['message']}`, /\S/);
            return true;
          });
          for (const [one, texts] of Object.entries(told())) {
            assert.equal(
              texts.length,
              (before[one]?.length ?? 0) + (one === channel ? 0 : 1),
              `${one} while ${channel} refuses`,
            );
          }
        }
      },
    );
  });
}
