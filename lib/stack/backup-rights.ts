// Who may do what with a cluster's backup: the exact actions of FACTS §8.1 for readers, br's three kinds of work and TiKV, each
// below the cluster's prefix. Must not know which role of ours is which.

import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { allow } from './statements.ts';
import type { BackupPlace } from './storage.ts';

/** The log lies in `log-backup/`, later epochs of it in folders that begin so. */
const logs = 'log-backup*';

/** Every object below the cluster's prefix, or those below a pattern in it. */
function objects({ bucketArn, prefix }: BackupPlace, below = '*'): string {
  return [bucketArn, ...(prefix === '' ? [] : [prefix]), below].join('/');
}

/** Listing below the prefix. The probe for the bucket's region (HeadBucket) names no prefix and needs the right, too. FACTS §8.1 */
function list({ bucketArn, prefix }: BackupPlace): PolicyStatement {
  const below = prefix === '' ? undefined : { StringLikeIfExists: { 's3:prefix': [prefix, `${prefix}/*`] } };
  return allow(['s3:ListBucket'], [bucketArn], below);
}

function key(place: BackupPlace, actions: readonly string[]): readonly PolicyStatement[] {
  return place.key === undefined ? [] : [place.key.allows(actions)];
}

const read = ['s3:GetObject'];
const decrypt = ['kms:Decrypt'];
const encrypt = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** Our own reading. */
export function readerRights(place: BackupPlace): readonly PolicyStatement[] {
  return [list(place), allow(read, [objects(place)]), ...key(place, decrypt)];
}

/**
 * Takes away what dead runs of br left, once that is proven: locks in the log's folder, and the lock of a snapshot that nobody
 * can go on with (FACTS §5.6, §9.1). Nothing that holds data.
 */
export function lockRights(place: BackupPlace): readonly PolicyStatement[] {
  const locks = [
    `${logs}/truncating.lock*`,
    `${logs}/v1/LOCK*`,
    `${logs}/v1/APPEND_LOCK*`,
    'snapshot-*/backup.lock',
  ];
  return [
    allow(
      ['s3:DeleteObject'],
      locks.map((lock) => objects(place, lock)),
    ),
  ];
}

/** br backup full, br log start: probes its rights with `perm-check/*`, takes and gives back locks. */
export function writerRights(place: BackupPlace): readonly PolicyStatement[] {
  return [
    list(place),
    allow([...read, 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], [objects(place)]),
    allow(['s3:GetBucketObjectLockConfiguration'], [place.bucketArn]),
    ...key(place, encrypt),
  ];
}

/** br log truncate: the log alone, never a snapshot. */
export function deleterRights(place: BackupPlace): readonly PolicyStatement[] {
  return [
    list(place),
    allow([...read, 's3:PutObject', 's3:DeleteObject'], [objects(place, logs)]),
    ...key(place, encrypt),
  ];
}

/** br restore: reads everything, and writes locks, id maps and checkpoints into the log's folder. */
export function restorerRights(place: BackupPlace): readonly PolicyStatement[] {
  return [
    list(place),
    allow(read, [objects(place)]),
    allow(['s3:PutObject', 's3:DeleteObject'], [objects(place, logs)]),
    ...key(place, encrypt),
  ];
}

/** TiKV writes snapshots and log and reads them in a restore; TiDB writes the log's checkpoint with the same rights. */
export function tikvRights(place: BackupPlace): readonly PolicyStatement[] {
  return [
    allow([...read, 's3:PutObject', 's3:AbortMultipartUpload'], [objects(place)]),
    ...key(place, encrypt),
  ];
}
