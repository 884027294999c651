import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { openAwsMessenger } from '../../lib/aws/aws-messenger.ts';
import { localMessenger } from '../../lib/local/control/local-messenger.ts';
import type { RuntimeEvent } from '../../lib/local/control/runtime-log.ts';
import type { Message } from '../../lib/ports/messenger.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { FakeMessenger, undelivered } from '../support/fake-messenger.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { type MessengerAdapter, messengerContract } from './messenger.contract.ts';

useTestCredentials();

const topic = 'arn:aws:sns:eu-central-1:111122223333:pitr';

/** Takes what Slack would take; `refusing`: answers 500 to the next. */
async function startHook(t: TestContext) {
  const posted: string[] = [];
  const state = { refusing: false };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (state.refusing) {
      state.refusing = false;
      response.writeHead(500).end('no');
      return;
    }
    posted.push((JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly text: string }).text);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { posted, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

const aws: MessengerAdapter = {
  open: async (t) => {
    const services = new FakeAws();
    const [events, mails]: [string[], string[]] = [[], []];
    services.on('AWSEvents.PutEvents', ({ Entries }) => {
      const [entry] = Entries as readonly { readonly Detail: string }[];
      events.push(entry?.Detail ?? '');
      return { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] };
    });
    services.on('SNS.Publish', ({ Message: text }) => {
      mails.push((JSON.parse(String(text)) as { readonly default: string }).default);
      return { MessageId: 'm' };
    });
    const endpoint = await services.listen();
    t.after(() => services.close());
    const hook = await startHook(t);
    const settings = {
      snsTopics: [topic],
      eventBus: undefined,
      webhook: { kind: 'url', url: hook.url },
    } as const;
    return {
      messenger: openAwsMessenger(settings, { endpoint }),
      told: () => ({ bus: [...events], topic: [...mails], webhook: [...hook.posted] }),
      refuse: (channel) => {
        if (channel === 'webhook') hook.state.refusing = true;
        else {
          const match = channel === 'bus' ? 'PutEvents' : 'Publish';
          services.fail({ match, answer: new AwsFault('AccessDeniedException', 403) });
        }
        return { bus: 'event bus default', topic: `SNS topic ${topic}` }[channel] ?? 'the webhook';
      },
    };
  },
};

const log: MessengerAdapter = {
  neverRefused: 'the log of the daemon takes every line',
  open: async () => {
    const events: RuntimeEvent[] = [];
    return {
      messenger: localMessenger({ webhook: undefined }, (event) => void events.push(event)),
      told: () => ({ log: events.map((event) => JSON.stringify(event)) }),
      refuse: () => assert.fail('it cannot refuse'),
    };
  },
};

/** Its log is no channel: what is told there is not told outside. */
const localWebhook: MessengerAdapter = {
  open: async (t) => {
    const { posted, state, url } = await startHook(t);
    return {
      messenger: localMessenger({ webhook: { kind: 'url', url } }, () => undefined),
      told: () => ({ webhook: [...posted] }),
      refuse: () => {
        state.refusing = true;
        return 'the webhook';
      },
    };
  },
};

const memory: MessengerAdapter = {
  open: async () => {
    let isRefusing = false;
    const refuse = async ({ id }: Message) => {
      if (!isRefusing) return;
      isRefusing = false;
      throw undelivered(id, 'memory');
    };
    const messenger = new FakeMessenger(refuse);
    return {
      messenger,
      told: () => ({ memory: messenger.told.map((message) => JSON.stringify(message)) }),
      refuse: (channel) => {
        isRefusing = true;
        return channel;
      },
    };
  },
};

messengerContract('EventBridge, SNS and a webhook', aws);
messengerContract('the log of one machine', log);
messengerContract('the webhook of one machine', localWebhook);
messengerContract('in memory', memory);
