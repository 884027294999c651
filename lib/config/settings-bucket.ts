// Where a cluster's backup lies: a new bucket, one that is there, or a folder; and its URL for br and our own readers.
// Asks no storage.

import { nameForms } from './aws-names.ts';
import type { Refuse } from './settings-build.ts';
import type { ClusterShape } from './settings-schema.ts';
import type { BucketSettings } from './settings-types.ts';

type BucketShape = ClusterShape['bucket'];

/** The fields that belong to a bucket of S3 and not to a folder. */
const bucketOnly = ['name', 'create', 'region', 'kmsKey', 'objectLock', 'endpoint'] as const;

/** undefined when something was refused. */
export function buildBucket(
  shape: BucketShape,
  isLocal: boolean,
  refuse: Refuse,
): BucketSettings | undefined {
  const misplaced = isLocal
    ? undefined
    : (['folder', 'endpoint'] as const).find((key) => shape[key] !== undefined);
  if (misplaced !== undefined) {
    return refuse(
      ['bucket', misplaced],
      `bucket.${misplaced} is given and the runner is not local, expected a bucket of AWS`,
      `take ${misplaced} away, or write runner: { kind: local }`,
    );
  }
  return shape.folder === undefined
    ? buildS3(shape, isLocal, refuse)
    : buildFolder(shape, shape.folder, refuse);
}

function buildFolder(shape: BucketShape, folder: string, refuse: Refuse): BucketSettings | undefined {
  const other = bucketOnly.find((key) => shape[key] !== undefined);
  if (other === undefined) return { kind: 'folder', path: folder.replace(/(?<=.)\/+$/, '') };
  return refuse(
    ['bucket', other],
    `bucket.${other} is given and so is bucket.folder, expected one place`,
    'keep folder for files, name for S3',
  );
}

function buildS3(shape: BucketShape, isLocal: boolean, refuse: Refuse): BucketSettings | undefined {
  const { name, region, prefix, kmsKey, endpoint } = shape;
  checkRegions(shape, refuse);
  const create = shape.create ?? name === undefined;
  if (create && isLocal) {
    return refuse(
      shape.create === true ? ['bucket', 'create'] : ['bucket'],
      'bucket is to be made and the runner is local, expected one that is there',
      'write folder: a path, or the name of a bucket; without a stack nobody makes one',
    );
  }
  if (create) return { kind: 'new', name, prefix, region, kmsKey, objectLock: buildLock(shape, refuse) };
  if (name === undefined) {
    return refuse(
      ['bucket', 'create'],
      'bucket.create is false and there is no bucket.name, expected the name of the bucket',
      'write name, or take create away to have one made',
    );
  }
  if (shape.objectLock !== undefined) {
    return refuse(
      ['bucket', 'objectLock'],
      'bucket.objectLock is given for a bucket that is there, expected it on a new one only',
      'its own setting counts; to have the stack make the bucket write create: true',
    );
  }
  return { kind: 'existing', name, prefix, region, kmsKey, endpoint };
}

function checkRegions({ region, endpoint, kmsKey }: BucketShape, refuse: Refuse): void {
  if (region !== undefined && endpoint === undefined && !new RegExp(nameForms.region.pattern).test(region)) {
    refuse(
      ['bucket', 'region'],
      `bucket.region is ${JSON.stringify(region)}, expected ${nameForms.region.expected}`,
    );
  }
  const keyRegion = /^arn:[a-z-]+:kms:([a-z0-9-]+):/.exec(kmsKey ?? '')?.[1];
  if (keyRegion !== undefined && region !== undefined && keyRegion !== region) {
    refuse(
      ['bucket', 'kmsKey'],
      `bucket.kmsKey is a key of ${keyRegion} and the bucket is in ${region}, expected a key of the same region`,
      'S3 encrypts with keys of its own region only',
    );
  }
}

function buildLock(
  { objectLock }: BucketShape,
  refuse: Refuse,
): { readonly mode: 'governance' | 'compliance'; readonly days: number } | undefined {
  if (objectLock === undefined) return undefined;
  const days = objectLock.retention / 86_400_000;
  if (!Number.isInteger(days))
    return refuse(
      ['bucket', 'objectLock', 'retention'],
      'bucket.objectLock.retention is not a number of whole days, expected one such as 7d',
      'S3 counts locks in days',
    );
  return { mode: objectLock.mode, days };
}

/**
 * The place as br and parseStorageUrl take it, without options that are secrets: `s3://shop-backup/backup-data?region=eu-central-1`,
 * `local:///backup/shop`. `madeName` is the name that CloudFormation gave a new bucket; without any name there is no URL.
 */
export function bucketUrl(bucket: BucketSettings, madeName?: string): string | undefined {
  if (bucket.kind === 'folder') return `local://${bucket.path.split('/').map(encodeURIComponent).join('/')}`;
  const name = bucket.name ?? madeName;
  if (name === undefined) return undefined;
  const options = [
    ...(bucket.region === undefined ? [] : [`region=${bucket.region}`]),
    ...(bucket.kind === 'existing' && bucket.endpoint !== undefined
      ? [`endpoint=${encodeURIComponent(bucket.endpoint)}`]
      : []),
  ];
  const prefix = bucket.prefix.split('/').map(encodeURIComponent).join('/');
  return `s3://${name}${prefix === '' ? '' : `/${prefix}`}${options.length === 0 ? '' : `?${options.join('&')}`}`;
}
