// The bucket of a function's cluster, with retries and a limit on parallel requests. Sends nothing before it is opened.

import type { ClusterSettings } from '../config/settings-types.ts';
import type { S3Location } from '../config/storage-url.ts';
import { PitrError } from '../domain/errors.ts';
import type { BucketDeps } from '../operations/control/control-deps.ts';
import { limitedObjectStore } from '../ports/limited-object-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { retryingObjectStore } from '../ports/retrying-object-store.ts';
import { awsClock, awsRandom } from './aws-clock.ts';
import { onFirstUse } from './deps.ts';

/** One prefix gives about 5,500 GET/s, and a function has one or two cores. FACTS §8.4 */
const parallelRequests = 32;
/** Less than any function's time: the error that is thrown then says more than a time-out, and is tried again. */
const retryBudgetMs = 30_000;

/** PITR_BUCKET is the bucket's name, also where the stack let CloudFormation choose it. */
export function bucketDeps(
  env: { readonly PITR_BUCKET: string },
  { bucket }: Pick<ClusterSettings, 'bucket'>,
): BucketDeps {
  return {
    bucketName: env.PITR_BUCKET,
    openBucket: onFirstUse(async () => await open(locationOf(env.PITR_BUCKET, bucket, process.env))),
  };
}

async function open(location: S3Location): Promise<ObjectStore> {
  // S3's client is loaded by who needs it: many an invocation looks into the table and is done.
  const { openS3ObjectStore } = await import('./s3-object-store.ts');
  // The limit is inside: a request that waits for its next try must not keep others from being made.
  const limited = limitedObjectStore(await openS3ObjectStore(location), parallelRequests);
  return retryingObjectStore(limited, { clock: awsClock, random: awsRandom, budgetMs: retryBudgetMs });
}

function locationOf(name: string, bucket: ClusterSettings['bucket'], env: NodeJS.ProcessEnv): S3Location {
  if (bucket.kind === 'folder') {
    throw new PitrError('INTERNAL', `a function was given the folder ${bucket.path}, expected a bucket`);
  }
  return {
    kind: 's3',
    bucket: name,
    prefix: bucket.prefix,
    ...(bucket.region === undefined ? {} : { region: bucket.region }),
    // What is not AWS has no host name per bucket; the SDK reads these variables, too.
    forcePathStyle: (env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']) !== undefined,
  };
}
