// The rights of lib/config/backup-rights.ts as statements of IAM for one place. Must not know which role of ours is which.

import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type BackupPart, type BackupRight, rightsOf } from '../config/backup-rights.ts';
import { allow } from './statements.ts';
import type { BackupPlace } from './storage.ts';

/** What this kind of work may do with the backup of this place. */
export function rightsOfPart(part: BackupPart, place: BackupPlace): readonly PolicyStatement[] {
  return rightsOf(part, place.logFolder).flatMap((right) => statementsOf(right, place));
}

/** What the machines of TiKV and TiDB need. */
export function tikvRights(place: BackupPlace): readonly PolicyStatement[] {
  return rightsOfPart('tikv', place);
}

function statementsOf(right: BackupRight, place: BackupPlace): readonly PolicyStatement[] {
  const { bucketArn, prefix, key } = place;
  const root = [bucketArn, ...(prefix === '' ? [] : [prefix])].join('/');
  switch (right.on) {
    case 'bucket': {
      const below =
        right.isListing && prefix !== ''
          ? { StringLikeIfExists: { 's3:prefix': [prefix, `${prefix}/*`] } }
          : undefined;
      return [allow(right.actions, [bucketArn], below)];
    }
    case 'objects':
      return [
        allow(
          right.actions,
          right.below.map((pattern) => `${root}/${pattern}`),
        ),
      ];
    case 'key':
      return key === undefined ? [] : [key.allows(right.actions)];
    default:
      return right satisfies never;
  }
}
