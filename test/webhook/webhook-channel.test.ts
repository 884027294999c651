// A webhook that does not take a message: what is told of it, and what is not, for its URL is a secret.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { Message } from '../../lib/ports/messenger.ts';
import { openWebhookChannel } from '../../lib/webhook/webhook-channel.ts';

const message: Message = {
  id: 'shop/snapshot/20261122120000/failed',
  cluster: 'shop',
  topic: 'snapshot-failed',
  atMs: Date.UTC(2026, 10, 22, 12, 5),
  title: 'snapshot 20261122120000 failed',
  text: 'br said <no space> & stopped',
  facts: {},
};

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function startHook(t: TestContext, answer: Answer = (_, response) => response.end('ok')) {
  const posted: { readonly type: string | undefined; readonly body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    posted.push({ type: request.headers['content-type'], body });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { posted, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/hunter2` };
}

const refusals: readonly (readonly [string, Answer, RegExp])[] = [
  ['an error', (_, response) => response.writeHead(404).end('no_service'), /answered 404: no_service$/],
  [
    'a redirect',
    (_, response) => response.writeHead(302, { location: '/x' }).end(),
    /the webhook answered 302$/,
  ],
  ['silence', () => undefined, /did not answer \(TimeoutError\)$/],
  ['a closed connection', (request) => request.socket.destroy(), /did not answer \([A-Z_]+\)$/],
];
for (const [what, answer, expected] of refusals) {
  test(`a webhook that gives ${what} is told without its URL`, async (t) => {
    const { posted, url } = await startHook(t, answer);
    const channel = openWebhookChannel(async () => url, { timeoutMs: 200 });
    await assert.rejects(channel.tell(message), (error: PitrError) => {
      assert.equal(error.code, 'MESSAGE_UNDELIVERED');
      assert.match(error.message, expected);
      assert.doesNotMatch(`${error.stack}${String(error.cause)}${JSON.stringify(error.details)}`, /hunter2/);
      return true;
    });
    assert.equal(posted.length, 1);
  });
}

test('the URL is asked for each message, so that one that changes counts at once', async (t) => {
  const [first, second] = [await startHook(t), await startHook(t)];
  const urls = [first.url, second.url];
  const channel = openWebhookChannel(async () => urls.shift() ?? '');
  await channel.tell(message);
  await channel.tell(message);
  assert.deepEqual([first.posted.length, second.posted.length], [1, 1]);
});
