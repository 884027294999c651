import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openS3ObjectStore } from '../../lib/aws/s3-object-store.ts';
import { parseStorageUrl } from '../../lib/config/storage-url.ts';
import { type ErrorCode, PitrError } from '../../lib/domain/errors.ts';
import { openStore } from '../../lib/local/open-store.ts';
import { systemClock } from '../../lib/local/system-clock.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import { retryingObjectStore } from '../../lib/ports/retrying-object-store.ts';
import { objectStoreContract } from '../contracts/object-store.contract.ts';
import { FakeS3, type FakeS3Fault } from '../support/fake-s3.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

async function openUrl(url: string): Promise<ObjectStore> {
  const location = parseStorageUrl(url);
  assert.equal(location.kind, 's3');
  return openS3ObjectStore(location as Extract<typeof location, { kind: 's3' }>);
}

for (const [name, place] of [
  ['a prefix of an S3 bucket', 'bucket/some/prefix'],
  ['a whole S3 bucket', 'bucket'],
] as const) {
  objectStoreContract(name, async () => {
    const fake = new FakeS3({ buckets: ['bucket'], pageSize: 7 });
    const endpoint = await fake.listen();
    const store = await openUrl(`s3://${place}?region=us-east-1&endpoint=${endpoint}`);
    return { store, close: () => fake.close() };
  });
}

describe('the S3 store', () => {
  let fake: FakeS3;
  let endpoint: string;
  let store: ObjectStore;
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i & 255);

  before(async () => {
    fake = new FakeS3({ buckets: ['bucket'], pageSize: 3 });
    endpoint = await fake.listen();
    store = await openUrl(`s3://bucket/p?region=us-east-1&endpoint=${endpoint}`);
    await store.put('k', bytes);
  });
  after(() => fake.close());

  async function failsWith(
    fault: FakeS3Fault,
    code: ErrorCode,
    message: RegExp,
    run = () => store.get('k'),
  ): Promise<PitrError> {
    fake.fail(fault);
    let caught: unknown;
    await assert.rejects(run, (error) => {
      caught = error;
      return true;
    });
    assert.ok(caught instanceof PitrError, String(caught));
    assert.equal(caught.code, code, caught.message);
    assert.match(caught.message, message);
    return caught;
  }

  test('a refusal names the permission that is missing and the object', async () => {
    const denied = { answer: { status: 403, code: 'AccessDenied' } } as const;
    await failsWith(
      denied,
      'STORAGE_DENIED',
      /^s3:\/\/bucket\/p\/k: s3:GetObject is denied \(403 AccessDenied\)/,
    );
    await failsWith(
      denied,
      'STORAGE_DENIED',
      /p\/k: s3:PutObject/,
      () => store.put('k', bytes) as Promise<never>,
    );
    await failsWith(denied, 'STORAGE_DENIED', /s3:DeleteObject/, () => store.delete('k') as Promise<never>);
    await failsWith(denied, 'STORAGE_DENIED', /s3:ListBucket/, () => store.listFolders('') as Promise<never>);
    await failsWith(denied, 'STORAGE_DENIED', /s3:GetObject/, () => store.head('k') as Promise<never>);
  });

  test('throttling, server errors and time-outs can be retried; refusals cannot', async () => {
    for (const [status, code] of [
      [503, 'SlowDown'],
      [500, 'InternalError'],
      [429, 'TooManyRequests'],
      [400, 'RequestTimeout'],
      [408, 'RequestTimeout'],
    ] as const) {
      const error = await failsWith({ answer: { status, code } }, 'STORAGE_UNAVAILABLE', new RegExp(code));
      assert.equal(error.retryable, true);
    }
    for (const [status, code] of [
      [403, 'InvalidAccessKeyId'],
      [403, 'SignatureDoesNotMatch'],
      [405, 'MethodNotAllowed'],
      [403, 'InvalidObjectState'],
      [403, 'RequestTimeTooSkewed'],
      [400, 'ExpiredToken'],
    ] as const) {
      const error = await failsWith({ answer: { status, code } }, 'STORAGE_DENIED', new RegExp(code));
      assert.equal(error.retryable, false);
    }
  });

  test('a bucket that is not there is wrong input, not a missing object', async () => {
    const other = await openUrl(`s3://nowhere?region=us-east-1&endpoint=${endpoint}`);
    await assert.rejects(other.get('k'), { code: 'INVALID_INPUT', message: /there is no bucket nowhere/ });
    await assert.rejects(other.listFolders(''), { code: 'INVALID_INPUT' });
  });

  test('a bucket in another region is named with its region', async () => {
    const extra = '<Region>eu-west-1</Region>';
    const malformed = { status: 400, code: 'AuthorizationHeaderMalformed', extra } as const;
    const error = await failsWith({ answer: malformed }, 'INVALID_INPUT', /the bucket is in eu-west-1/);
    assert.match(error.hint ?? '', /region=eu-west-1/);
    const moved = {
      status: 301,
      code: 'PermanentRedirect',
      headers: { 'x-amz-bucket-region': 'ap-south-1' },
    } as const;
    await failsWith({ answer: moved }, 'INVALID_INPUT', /the bucket is in ap-south-1/);
  });

  test('a body that breaks in the middle is an error that can be retried, never a short object', async () => {
    for (const answer of ['cut-body', 'hang-up'] as const) {
      const error = await failsWith({ method: 'GET', answer }, 'STORAGE_UNAVAILABLE', /broke off|no answer/);
      assert.equal(error.retryable, true);
    }
  });

  test('nobody listening is an error that can be retried and names the endpoint', async () => {
    const closed = new FakeS3({ buckets: [] });
    const gone = await closed.listen();
    await closed.close();
    const other = await openUrl(`s3://bucket?region=us-east-1&endpoint=${gone}`);
    await assert.rejects(other.get('k'), (error) => {
      assert.ok(error instanceof PitrError && error.code === 'STORAGE_UNAVAILABLE', String(error));
      assert.ok(error.hint?.includes(gone), error.hint);
      return true;
    });
  });

  test('a server that ignores ranges still gives only the range', async () => {
    fake.fail({ method: 'GET', answer: 'ignore-range' });
    assert.deepEqual(new Uint8Array((await store.get('k', { offset: 10, length: 5 }))!), bytes.slice(10, 15));
  });

  test('a server that lists in no order is refused', async () => {
    for (const key of ['order/1', 'order/2']) await store.put(key, bytes);
    fake.fail({ match: 'list-type=2', answer: 'shuffled-list' });
    const run = async (): Promise<void> => {
      for await (const _ of store.list('order/'));
    };
    await assert.rejects(run, { code: 'UNSUPPORTED', message: /expected byte order/ });
  });

  test('the marker that a console makes for a folder is not an object', async () => {
    const whole = await openUrl(`s3://bucket?region=us-east-1&endpoint=${endpoint}`);
    const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const client = new S3Client({
      endpoint,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'marked/', Body: new Uint8Array(0) }));
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'marked/x', Body: 'x' }));
    client.destroy();
    const keys: string[] = [];
    for await (const info of whole.list('marked/')) keys.push(info.key);
    assert.deepEqual(keys, ['marked/x']);
  });

  test('folders cost one page per page of folders, whatever is in them', async () => {
    for (let i = 0; i < 12; i++) await store.put(`many/${i % 3}/${i}`, new Uint8Array(1));
    const before = fake.requests.length;
    assert.deepEqual(await store.listFolders('many/'), ['many/0/', 'many/1/', 'many/2/']);
    assert.equal(fake.requests.length - before, 1);
  });

  test('without credentials the refusal says where to put them', async () => {
    const saved = { ...process.env };
    delete process.env['AWS_ACCESS_KEY_ID'];
    delete process.env['AWS_SECRET_ACCESS_KEY'];
    try {
      const other = await openUrl(`s3://bucket?region=us-east-1&endpoint=${endpoint}`);
      await assert.rejects(other.get('k'), { code: 'STORAGE_DENIED', message: /no credentials were found/ });
    } finally {
      Object.assign(process.env, saved);
    }
  });

  test('a role in the URL is refused with the way to use one', async () => {
    const error = await openUrl('s3://bucket?role-arn=arn:aws:iam::1:role/r').catch(
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof PitrError && error.code === 'UNSUPPORTED');
    assert.match(error.hint ?? '', /profile=NAME/);
  });

  test('opened by its URL it is retried: two throttled answers are not seen by the caller', async () => {
    const waits: number[] = [];
    const opened = await openStore(`s3://bucket/p?region=us-east-1&endpoint=${endpoint}`, {
      onRetry: (event) => waits.push(event.attempt),
    });
    fake.fail({ match: '/bucket/p/k', times: 2, answer: { status: 503, code: 'SlowDown' } });
    assert.equal((await opened.get('k'))?.length, bytes.length);
    assert.deepEqual(waits, [1, 2]);
  });
});

describe('a deletion of many', () => {
  async function withFake(run: (fake: FakeS3, store: ObjectStore) => Promise<void>): Promise<void> {
    const fake = new FakeS3({ buckets: ['bucket'] });
    const endpoint = await fake.listen();
    try {
      await run(fake, await openUrl(`s3://bucket/p?region=us-east-1&endpoint=${endpoint}`));
    } finally {
      await fake.close();
    }
  }

  test('takes a request for a thousand keys', () =>
    withFake(async (fake, store) => {
      const keys = Array.from({ length: 2001 }, (_, i) => `v1/${i}.log`);
      assert.deepEqual(await store.deleteMany(keys), []);
      assert.deepEqual(
        fake.requests.map((request) => request.split('&')[0]),
        Array.from({ length: 3 }, () => 'POST /bucket/?delete='),
      );
    }));

  test('names each key that is refused inside a 200, and removes the others', () =>
    withFake(async (fake, store) => {
      for (const key of ['a', 'locked', 'busy', 'z']) await store.put(key, new Uint8Array(1));
      fake.refusedDeletes.set('p/locked', 'AccessDenied').set('p/busy', 'SlowDown');
      const refused = await store.deleteMany(['a', 'locked', 'busy', 'z']);
      assert.deepEqual(
        refused.map(({ key, error }) => [key, error.code]),
        [
          ['locked', 'STORAGE_DENIED'],
          ['busy', 'STORAGE_UNAVAILABLE'],
        ],
      );
      assert.match(refused[0]?.error.message ?? '', /p\/locked: s3:DeleteObject is refused \(AccessDenied/);
      const left: string[] = [];
      for await (const { key } of store.list('')) left.push(key);
      assert.deepEqual(left, ['busy', 'locked']);
    }));

  test('fails as a whole when the request does', () =>
    withFake(async (fake, store) => {
      fake.fail({ method: 'POST', answer: { status: 403, code: 'AccessDenied' } });
      await assert.rejects(store.deleteMany(['a']), { code: 'STORAGE_DENIED' });
      fake.fail({ method: 'POST', answer: { status: 503, code: 'SlowDown' } });
      await assert.rejects(store.deleteMany(['a']), { code: 'STORAGE_UNAVAILABLE' });
    }));

  test('with retries goes on with the keys that may still go', () =>
    withFake(async (fake, bare) => {
      const store = retryingObjectStore(bare, { clock: systemClock, random: () => 1, firstDelayMs: 50 });
      for (const key of ['a', 'locked', 'busy']) await store.put(key, new Uint8Array(1));
      fake.refusedDeletes.set('p/locked', 'AccessDenied').set('p/busy', 'SlowDown');
      const deleted = store.deleteMany(['a', 'locked', 'busy']);
      while (!fake.requests.some((request) => request.startsWith('POST'))) await setTimeout(5);
      fake.refusedDeletes.delete('p/busy');
      assert.deepEqual(
        (await deleted).map(({ key }) => key),
        ['locked'],
      );
      assert.equal(await store.head('busy'), undefined);
    }));
});
