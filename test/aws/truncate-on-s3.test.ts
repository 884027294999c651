// A native truncation over S3 leaves what one in memory leaves, with few requests, and keeps the name of what S3 refuses to
// delete inside an answer of 200.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openS3ObjectStore } from '../../lib/aws/s3-object-store.ts';
import { runNativeTruncation } from '../../lib/operations/truncation/native-truncation.ts';
import { FakeS3 } from '../support/fake-s3.ts';
import { recordedCopy, shopBucket } from '../support/recorded-store.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { contentsOf, logFolder, truncationDeps } from '../support/truncation-stage.ts';

useTestCredentials();
const untilTs = 470632766374150149n;

async function bucket(t: TestContext) {
  const fake = new FakeS3({ buckets: ['bucket'] });
  const endpoint = await fake.listen();
  t.after(() => fake.close());
  const place = { kind: 's3', bucket: 'bucket', prefix: 'p', region: 'us-east-1', endpoint } as const;
  const store = await openS3ObjectStore({ ...place, forcePathStyle: true });
  for (const [key, hex] of await contentsOf(await recordedCopy(shopBucket, logFolder)))
    await store.put(`${logFolder}${key}`, Buffer.from(hex, 'hex'));
  fake.requests.length = 0;
  return { fake, store };
}

test('a truncation over S3 leaves what one in memory leaves, and deletes in two requests', async (t) => {
  const { fake, store } = await bucket(t);
  await runNativeTruncation(truncationDeps(store), untilTs);
  const requests = [...fake.requests];
  const memory = await recordedCopy(shopBucket);
  await runNativeTruncation(truncationDeps(memory), untilTs);
  const expected = [...(await contentsOf(memory))].filter(([key]) => key.startsWith(logFolder));
  assert.deepEqual([...(await contentsOf(store))], expected);
  assert.equal(requests.filter((request) => request.startsWith('POST')).length, 2);
});

test('what S3 refuses inside a 200 stays named, and goes when it is allowed', async (t) => {
  const { fake, store } = await bucket(t);
  const kept = `${logFolder}v1/20261122/04/1/470632756047773698-201c0b0b-e1c4-4b67-8355-a6ee0aa6adda.log`;
  fake.refusedDeletes.set(`p/${kept}`, 'AccessDenied');
  const report = await runNativeTruncation(truncationDeps(store), untilTs);
  assert.deepEqual([report.objects, report.metas, report.undeleted.map(({ key }) => key)], [4, 2, [kept]]);
  assert.notEqual(await store.head(kept), undefined);
  fake.refusedDeletes.clear();
  const again = await runNativeTruncation(truncationDeps(store), untilTs);
  assert.deepEqual([again.objects, again.metas, again.undeletedCount], [1, 1, 0]);
});
