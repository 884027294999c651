import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeS3Client } from '../../lib/aws/s3-client.ts';
import type { S3Location } from '../../lib/config/storage-url.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();
const bucket: S3Location = { kind: 's3', bucket: 'b', prefix: '', forcePathStyle: true };

async function regionOf(location: S3Location, env: NodeJS.ProcessEnv): Promise<string> {
  const client = await makeS3Client(location, env);
  try {
    return await client.config.region();
  } finally {
    client.destroy();
  }
}

describe('an S3 client', () => {
  test('takes the region of the URL before the environment, and us-east-1 when nobody names one, as TiKV does', async () => {
    const env = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' };
    assert.equal(await regionOf({ ...bucket, region: 'ap-south-1' }, env), 'ap-south-1');
    assert.equal(await regionOf(bucket, env), 'eu-west-1');
    assert.equal(await regionOf(bucket, { AWS_DEFAULT_REGION: 'eu-west-2' }), 'eu-west-2');
    delete process.env['AWS_REGION'];
    try {
      assert.equal(await regionOf(bucket, {}), 'us-east-1');
    } finally {
      useTestCredentials();
    }
  });

  test('makes one attempt: retries are a decorator, and twice as many would hide throttling', async () => {
    const client = await makeS3Client(bucket, { AWS_REGION: 'eu-west-1' });
    assert.equal(await client.config.maxAttempts(), 1);
    client.destroy();
  });
});
