// A cleanup over S3 removes what one in memory removes, whatever its listing and its single answers say of times, and gives uploads up; on a
// server of the test, and on a real one where there is one.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { openS3IncompleteUploads } from '../../lib/aws/s3-incomplete-uploads.ts';
import { openS3ObjectStore } from '../../lib/aws/s3-object-store.ts';
import type { S3Location } from '../../lib/config/storage-url.ts';
import {
  applied,
  bucketToClean,
  MemoryPlans,
  planned,
  removable,
  untouchable,
} from '../support/cleanup-stage.ts';
import { FakeS3 } from '../support/fake-s3.ts';
import { collect } from '../support/recorded-store.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { contentsOf, differenceOf } from '../support/truncation-stage.ts';
import { findVersitygw, startVersitygw } from '../support/versitygw.ts';

useTestCredentials();
const day = 24 * 3_600_000;
/** The clock of the program, two days after all that a server of today writes. */
const nowMs = Date.now() + 2 * day;

const placeAt = (endpoint: string): S3Location => ({
  ...{ kind: 's3', bucket: 'bucket', prefix: 'some/prefix', region: 'us-east-1' },
  ...{ endpoint, forcePathStyle: true },
});

async function filled(place: S3Location) {
  const store = await openS3ObjectStore(place);
  for (const [key, hex] of await contentsOf(await bucketToClean()))
    await store.put(key, Buffer.from(hex, 'hex'));
  return store;
}

async function cleanedAlike(place: S3Location, uploads: Parameters<typeof applied>[3] = {}) {
  const store = await filled(place);
  const before = await contentsOf(store);
  const plans = new MemoryPlans();
  const parts = { ...uploads, nowMs };
  const { planId, steps } = await planned(store, plans, parts);
  const report = await applied(store, plans, planId ?? '', parts);
  const { deleted, created, rewritten } = differenceOf(before, await contentsOf(store));
  assert.deepEqual(deleted, Object.values(removable).sort());
  assert.deepEqual([created, rewritten], [[], []]);
  for (const key of Object.values(untouchable)) assert.ok(await store.head(key), key);
  assert.deepEqual(
    report.steps.map(({ kind, removed, keptCount }) => [kind, removed, keptCount]),
    steps.map(({ kind, objects }) => [kind, objects.length, 0]),
  );
}

test('a cleanup over S3 removes what it removes in memory', async (t: TestContext) => {
  const fake = new FakeS3({ buckets: ['bucket'], pageSize: 20 });
  const endpoint = await fake.listen();
  t.after(() => fake.close());
  await cleanedAlike(placeAt(endpoint));
});

const program = findVersitygw();

test('a cleanup over a real server removes the same, and gives up an upload that nobody finished', {
  skip: program === undefined && 'no versitygw on this machine',
}, async () => {
  const server = await startVersitygw(program!, ['bucket']);
  try {
    const place = placeAt(server.endpoint);
    const client = new S3Client({ region: 'us-east-1', endpoint: server.endpoint, forcePathStyle: true });
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'bucket', Key: 'some/prefix/x.log' }));
    client.destroy();
    const [uploads, { url }] = [await openS3IncompleteUploads(place), await openS3ObjectStore(place)];
    await cleanedAlike(place, { uploads: new Map([[url, uploads]]) });
    assert.deepEqual(await collect(uploads.list()), []);
  } finally {
    await server.close();
  }
});
