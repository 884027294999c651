// What makes a locked bucket keep its promise against those who hold rights on it: statements of its policy that nobody's rights outweigh.
// The lock itself is the bucket's (storage.ts). A person who may write the policy can take them away: that is one more step, and a loud one.

import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ObjectLockSettings } from '../config/settings-types.ts';
import { stackTags } from '../config/stack-tags.ts';

/** What ends or weakens a lock, or deletes what is under one for good. None of our roles needs any of it. */
const lockActions = [
  's3:BypassGovernanceRetention',
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:DeleteObjectVersion',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketPolicy',
  's3:PutBucketVersioning',
  's3:PutLifecycleConfiguration',
  's3:PutObjectLegalHold',
  's3:PutObjectRetention',
] as const;

/**
 * AWS, "Service Authorization Reference" of S3, for the actions and their condition keys. Legal holds are set and taken away by people: no
 * role of ours may. A longer lock may be asked for by whoever has the right.
 */
export function lockDenials(bucketArn: string, { days }: ObjectLockSettings): readonly PolicyStatement[] {
  const objects = `${bucketArn}/*`;
  return [
    deny('NobodyEndsLocksEarly', ['s3:BypassGovernanceRetention'], [objects]),
    deny('NobodyLocksForLess', ['s3:PutObjectRetention'], [objects], {
      NumericLessThan: { 's3:object-lock-remaining-retention-days': `${days}` },
    }),
    deny('RolesOfTheStackTouchNoLock', lockActions, [bucketArn, objects], {
      Null: { [`aws:PrincipalTag/${stackTags.cluster}`]: 'false' },
    }),
  ];
}

function deny(
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  conditions: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): PolicyStatement {
  return new PolicyStatement({
    ...{ sid, effect: Effect.DENY, principals: [new AnyPrincipal()] },
    ...{ actions: [...actions], resources: [...resources], conditions },
  });
}
