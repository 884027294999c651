import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { openAwsMessenger } from '../../lib/aws/aws-messenger.ts';
import type { NotificationSettings } from '../../lib/config/settings-types.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { Message, Messenger } from '../../lib/ports/messenger.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const message: Message = {
  id: 'shop/snapshot/20261122120000/failed',
  cluster: 'shop',
  topic: 'snapshot-failed',
  atMs: Date.UTC(2026, 10, 22, 12, 5),
  title: 'snapshot 20261122120000 failed',
  text: 'br said <no space> & stopped\nfree space, then run it again',
  facts: { id: '20261122120000', attempt: 3 },
};
const document = {
  version: 1,
  id: message.id,
  cluster: 'shop',
  topic: 'snapshot-failed',
  at: '2026-11-22T12:05:00.000Z',
  title: message.title,
  text: message.text,
  facts: message.facts,
};
const topic = 'arn:aws:sns:eu-central-1:111122223333:pitr';

async function startAws(t: TestContext): Promise<{ readonly aws: FakeAws; readonly endpoint: string }> {
  const aws = new FakeAws();
  aws.on('AWSEvents.PutEvents', () => ({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] }));
  aws.on('SNS.Publish', ({ TopicArn }) => {
    if (!String(TopicArn).startsWith(topic)) throw new AwsFault('NotFound', 404);
    return { MessageId: 'm' };
  });
  const endpoint = await aws.listen();
  t.after(() => aws.close());
  return { aws, endpoint };
}

function open(endpoint: string, given: Partial<NotificationSettings> = {}): Messenger {
  const settings = { snsTopics: [], eventBus: undefined, webhook: undefined, ...given };
  return openAwsMessenger(settings, { endpoint });
}

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

test('an event goes to the default bus, for rules to choose by source and topic', async (t) => {
  const { aws, endpoint } = await startAws(t);
  await open(endpoint).publish(message);
  const [entry] = aws.inputsOf('AWSEvents.PutEvents')[0]!['Entries'] as Record<string, unknown>[];
  assert.deepEqual(
    { ...entry, Detail: JSON.parse(String(entry?.['Detail'])) },
    {
      Source: 'tidb-pitr',
      DetailType: 'snapshot-failed',
      Detail: document,
      Time: message.atMs / 1000,
    },
  );
});

test('an event goes to the bus of the settings', async (t) => {
  const { aws, endpoint } = await startAws(t);
  await open(endpoint, { eventBus: 'ops' }).publish(message);
  const [entry] = aws.inputsOf('AWSEvents.PutEvents')[0]!['Entries'] as Record<string, unknown>[];
  assert.equal(entry?.['EventBusName'], 'ops');
});

test('a call that succeeds with a refused entry is a failure', async (t) => {
  const { aws, endpoint } = await startAws(t);
  aws.on('AWSEvents.PutEvents', () => ({
    FailedEntryCount: 1,
    Entries: [{ ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'not yours' }],
  }));
  await assert.rejects(open(endpoint).publish(message), (error: PitrError) => {
    assert.equal(error.code, 'MESSAGE_UNDELIVERED');
    assert.equal(error.retryable, true);
    assert.match(error.message, /event bus default: .*NotAuthorizedForSourceException: not yours/);
    return true;
  });
});

test('a topic gets JSON for programs, words for mail, and attributes for filters', async (t) => {
  const { aws, endpoint } = await startAws(t);
  await open(endpoint, { snsTopics: [topic] }).publish(message);
  const sent = aws.inputsOf('SNS.Publish')[0] ?? {};
  const { default: json, ...people } = JSON.parse(String(sent['Message'])) as Record<string, string>;
  assert.deepEqual(JSON.parse(json ?? ''), document);
  assert.deepEqual(people, {
    email: `${message.title}\n\n${message.text}\n`,
    sms: 'shop: snapshot 20261122120000 failed',
  });
  assert.equal(sent['MessageStructure'], 'json');
  assert.equal(sent['Subject'], 'shop: snapshot 20261122120000 failed');
  assert.equal(sent['MessageAttributes.entry.2.Name'], 'topic');
  assert.equal(sent['MessageAttributes.entry.2.Value.StringValue'], 'snapshot-failed');
  assert.equal(sent['MessageGroupId'], undefined);
});

test('a subject is one line of fewer than 100 ASCII characters, whatever the title', async (t) => {
  const { aws, endpoint } = await startAws(t);
  const messenger = open(endpoint, { snsTopics: [topic] });
  await messenger.publish({ ...message, title: `Größe\nпусто ${'x'.repeat(200)}` });
  const subject = String(aws.inputsOf('SNS.Publish')[0]?.['Subject']);
  assert.match(subject, /^shop: Gro\?e \?{5} x+\.\.\.$/);
  assert.equal(subject.length, 99);
});

test('a topic in order is told one id once', async (t) => {
  const { aws, endpoint } = await startAws(t);
  const messenger = open(endpoint, { snsTopics: [`${topic}.fifo`] });
  await messenger.publish({ ...message, id: 'i'.repeat(400) });
  await messenger.publish({ ...message, id: `${'i'.repeat(399)}j` });
  const [one, other] = aws.inputsOf('SNS.Publish');
  assert.equal(one?.['MessageGroupId'], 'shop');
  assert.match(String(one?.['MessageDeduplicationId']), /^[0-9a-f]{64}$/);
  assert.notEqual(one?.['MessageDeduplicationId'], other?.['MessageDeduplicationId']);
});

test("a webhook gets Slack's form, with what is special in it escaped", async (t) => {
  const { endpoint } = await startAws(t);
  const { posted, url } = await startHook(t);
  await open(endpoint, { webhook: { kind: 'url', url } }).publish(message);
  assert.deepEqual(posted, [
    {
      type: 'application/json',
      body: {
        text: '*shop: snapshot 20261122120000 failed*\nbr said &lt;no space&gt; &amp; stopped\nfree space, then run it again',
      },
    },
  ]);
});

test('the URL of a webhook in a secret has to begin with https, and is not shown when it does not', async (t) => {
  const { aws, endpoint } = await startAws(t);
  for (const text of ['http://hook.internal/hunter2', '{"url": 7}', '{"webhook": "https://x/hunter2"}']) {
    aws.on('secretsmanager.GetSecretValue', () => ({ SecretString: text }));
    const messenger = open(endpoint, { webhook: { kind: 'secret', secret: 'pitr/hook' } });
    await assert.rejects(messenger.publish(message), (error: PitrError) => {
      assert.match(error.message, /secret pitr\/hook holds no URL that begins with https:\/\//);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  }
});

test('a webhook is posted to where its secret says, as text or as {"url"}', async (t) => {
  const { aws, endpoint } = await startAws(t);
  for (const text of [' https://127.0.0.1:1/hunter2\n', '{"url": "https://127.0.0.1:1/hunter2"}']) {
    aws.on('secretsmanager.GetSecretValue', () => ({ SecretString: text }));
    const messenger = open(endpoint, { webhook: { kind: 'secret', secret: 'pitr/hook' } });
    await assert.rejects(messenger.publish(message), {
      message: /the webhook did not answer \([A-Z_a-z ]+\)$/,
    });
  }
});

test('a channel that fails keeps no other from telling, and all failures are told at the end', async (t) => {
  const { aws, endpoint } = await startAws(t);
  const { posted, url } = await startHook(t);
  aws.fail({ match: 'PutEvents', answer: new AwsFault('AccessDeniedException') });
  const elsewhere = 'arn:aws:sns:eu-west-1:111122223333:gone';
  const messenger = open(endpoint, { snsTopics: [elsewhere, topic], webhook: { kind: 'url', url } });
  await assert.rejects(messenger.publish(message), (error: PitrError) => {
    assert.equal(error.code, 'MESSAGE_UNDELIVERED');
    assert.match(
      error.message,
      /^message shop\/snapshot\/20261122120000\/failed did not reach 2 of 4 channels: event bus default: events:PutEvents is denied \(AccessDeniedException\); SNS topic arn:aws:sns:eu-west-1:111122223333:gone: it is not there/,
    );
    assert.equal(error.details['channels'], 4, 'who was told by the others is to be known');
    assert.deepEqual(
      (error.details['failures'] as { readonly code: string }[]).map(({ code }) => code),
      ['AWS_DENIED', 'INVALID_INPUT'],
    );
    return true;
  });
  assert.equal(aws.inputsOf('SNS.Publish').filter((sent) => sent['TopicArn'] === topic).length, 1);
  assert.equal(posted.length, 1);
});
