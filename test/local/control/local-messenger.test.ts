// Messages of one machine: a line of the log once, and the webhook of the settings, also when it was down for a while.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { localMessenger } from '../../../lib/local/control/local-messenger.ts';
import type { RuntimeEvent } from '../../../lib/local/control/runtime-log.ts';
import type { Message } from '../../../lib/ports/messenger.ts';
import { FakeAws } from '../../support/fake-aws-json.ts';
import { useTestCredentials } from '../../support/s3-environment.ts';

useTestCredentials();

const message: Message = {
  id: 'shop/snapshot-failed/20261122120000',
  cluster: 'shop',
  topic: 'snapshot-failed',
  atMs: Date.UTC(2026, 10, 22, 12, 5),
  title: 'snapshot 20261122120000 failed',
  text: 'br said no space',
  facts: {},
};

async function startHook(t: TestContext) {
  const hook = { posts: 0, isDown: false, url: '' };
  const server = createServer((_, response) => {
    if (!hook.isDown) hook.posts += 1;
    response.writeHead(hook.isDown ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  hook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return hook;
}

test('a message is in the log once, and reaches the webhook once it is back', async (t) => {
  const hook = await startHook(t);
  const events: RuntimeEvent[] = [];
  const webhook = { kind: 'url', url: hook.url } as const;
  const messenger = localMessenger({ webhook }, (event) => events.push(event));
  hook.isDown = true;
  for (let time = 0; time < 3; time++) {
    await assert.rejects(messenger.publish(message), { code: 'MESSAGE_UNDELIVERED' });
  }
  hook.isDown = false;
  await messenger.publish(message);
  assert.equal(hook.posts, 1);
  assert.deepEqual(
    events.map((event) => [event.kind, 'title' in event && event.title]),
    [['message', message.title]],
  );
});

test('a message that failed counts for all channels, so that it is told again and not given up', async (t) => {
  const hook = await startHook(t);
  hook.isDown = true;
  const messenger = localMessenger({ webhook: { kind: 'url', url: hook.url } }, () => undefined);
  await assert.rejects(messenger.publish(message), (error: { readonly details: object }) => {
    const { channels, failures } = error.details as { channels: number; failures: readonly object[] };
    assert.deepEqual([channels, failures.length], [1, 1]);
    return true;
  });
});

test('a webhook in a secret is read from Secrets Manager with the credentials of this machine', async (t) => {
  const aws = new FakeAws();
  aws.on('secretsmanager.GetSecretValue', () => ({ SecretString: 'https://127.0.0.1:1/hunter2' }));
  const before = process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'];
  process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = await aws.listen();
  t.after(async () => {
    if (before === undefined) delete process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'];
    else process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = before;
    await aws.close();
  });
  const messenger = localMessenger({ webhook: { kind: 'secret', secret: 'pitr/hook' } }, () => undefined);
  await assert.rejects(messenger.publish(message), (error: Error) => {
    assert.match(error.message, /the webhook did not answer/);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
  assert.deepEqual(
    aws.inputsOf('secretsmanager.GetSecretValue').map(({ SecretId }) => SecretId),
    ['pitr/hook'],
  );
});
