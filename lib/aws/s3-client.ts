// An S3 client made for our use: no retries of its own (ours are a decorator), time limits on everything, and settings
// that servers other than AWS understand, too. The only place that reads the AWS environment.

import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Location } from '../config/storage-url.ts';
import { PitrError } from '../domain/errors.ts';

/** Limits of one request; the reasons are beside the values. */
export const s3Limits = {
  /** A server that does not accept a connection within this is not there. */
  connectMs: 5_000,
  /** S3 begins to answer within milliseconds, a busy server of one's own within seconds. */
  answerMs: 30_000,
  /** No byte for so long, and the connection is dead: firewalls forget connections without telling. */
  stallMs: 30_000,
  /** More than the parallel requests that the store is opened with, so that none waits for a socket. */
  sockets: 128,
} as const;

/**
 * Credentials: `profile` or the default chain of AWS (environment, shared files, web identity, container, machine).
 * Region: the URL's, else AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1 as TiKV does. FACTS §8.2, §8.3
 * UNSUPPORTED for `role-arn`.
 */
export async function makeS3Client(location: S3Location, env: NodeJS.ProcessEnv): Promise<S3Client> {
  if (location.roleArn !== undefined) {
    throw new PitrError(
      'UNSUPPORTED',
      `role-arn=${location.roleArn} in a storage URL is not taken by this version`,
      {
        hint: 'make a profile in ~/.aws/config with role_arn and source_profile (or credential_source), and write profile=NAME',
      },
    );
  }
  const region = location.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const config = clientConfig(location);
  if (region !== undefined && region !== '') return new S3Client({ ...config, region });
  const client = new S3Client(config);
  const found = await client.config.region().then(
    () => true,
    () => false,
  );
  if (found) return client;
  client.destroy();
  return new S3Client({ ...config, region: 'us-east-1' });
}

function clientConfig(location: S3Location): S3ClientConfig {
  const followsRegion = location.region === undefined && location.endpoint === undefined;
  return {
    maxAttempts: 1,
    forcePathStyle: location.forcePathStyle,
    useAccelerateEndpoint: location.accelerate ?? false,
    followRegionRedirects: followsRegion,
    // Checksums that are not asked for are sent in a chunked form which many servers do not take.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: s3Limits.connectMs,
      requestTimeout: s3Limits.answerMs,
      throwOnRequestTimeout: true,
      socketAcquisitionWarningTimeout: s3Limits.answerMs,
      httpAgent: { keepAlive: true, maxSockets: s3Limits.sockets },
      httpsAgent: { keepAlive: true, maxSockets: s3Limits.sockets },
    },
    ...(location.endpoint === undefined ? {} : { endpoint: location.endpoint }),
    ...(location.profile === undefined ? {} : { profile: location.profile }),
  };
}
