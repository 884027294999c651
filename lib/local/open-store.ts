// A storage URL as an open store: the one place that chooses the adapter and its decorators. A folder must never load
// the AWS SDK, because the first output of `pitr window` waits for what is imported here.

import { resolve } from 'node:path';
import { parseStorageUrl, type S3Location } from '../config/storage-url.ts';
import type { BucketConfig } from '../ports/bucket-settings.ts';
import type { IncompleteUploads } from '../ports/incomplete-uploads.ts';
import { limitedObjectStore } from '../ports/limited-object-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { type RetryEvent, retryingObjectStore } from '../ports/retrying-object-store.ts';
import { openFileObjectStore } from './file-object-store.ts';
import { systemClock, systemRandom } from './system-clock.ts';

export interface OpenStoreOptions {
  /** Requests under way at once, for S3. One prefix gives about 5,500 GET/s, a round trip takes 20 ms and more. FACTS §8.4 */
  readonly parallelRequests?: number;
  /** Told of each wait before a new try, so that a person sees why nothing moves. */
  readonly onRetry?: (event: RetryEvent) => void;
}

/** Opens a folder or an S3 prefix. INVALID_INPUT for a URL that is not understood and for a folder that is not there. */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<ObjectStore> {
  const location = parseStorageUrl(url);
  switch (location.kind) {
    case 'folder':
      return await openFileObjectStore(resolve(location.path));
    case 's3':
      return await openS3(location, options);
    default: {
      const unknown: never = location;
      return unknown;
    }
  }
}

/** How the bucket of a URL is set up; undefined for a folder, which has no settings. Errors: INVALID_INPUT for a URL that is none. */
export async function openBucketConfig(url: string): Promise<BucketConfig | undefined> {
  if (parseStorageUrl(url).kind === 'folder') return undefined;
  const { openS3BucketSettings } = await import('../aws/s3-bucket-settings.ts');
  return await openS3BucketSettings(url);
}

/** The uploads that nobody finished below a URL; undefined for a folder, which has none. Errors: INVALID_INPUT for a URL that is none. */
export async function openUploads(url: string): Promise<IncompleteUploads | undefined> {
  const location = parseStorageUrl(url);
  if (location.kind === 'folder') return undefined;
  const { openS3IncompleteUploads } = await import('../aws/s3-incomplete-uploads.ts');
  return await openS3IncompleteUploads(location);
}

async function openS3(location: S3Location, options: OpenStoreOptions): Promise<ObjectStore> {
  const { openS3ObjectStore } = await import('../aws/s3-object-store.ts');
  const store = await openS3ObjectStore(location);
  // The limit is inside: a request that waits for its next try must not keep others from being made.
  const limited = limitedObjectStore(store, options.parallelRequests ?? 32);
  return retryingObjectStore(limited, {
    clock: systemClock,
    random: systemRandom,
    ...(options.onRetry === undefined ? {} : { onRetry: options.onRetry }),
  });
}
