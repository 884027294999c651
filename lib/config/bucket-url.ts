// The bucket of a cluster as one storage URL, as `--storage` takes it. Opens nothing.

import type { BucketSettings } from './settings-types.ts';

/** undefined for a bucket whose name CloudFormation chooses. */
export function bucketUrl(bucket: BucketSettings): string | undefined {
  if (bucket.kind === 'folder') return bucket.path;
  if (bucket.name === undefined) return undefined;
  const options = [
    ...(bucket.region === undefined ? [] : [`region=${encodeURIComponent(bucket.region)}`]),
    ...(bucket.kind === 'existing' && bucket.endpoint !== undefined
      ? [`endpoint=${encodeURIComponent(bucket.endpoint)}`]
      : []),
  ].join('&');
  const prefix = bucket.prefix.split('/').map(encodeURIComponent).join('/');
  return `s3://${bucket.name}${prefix === '' ? '' : `/${prefix}`}${options === '' ? '' : `?${options}`}`;
}
