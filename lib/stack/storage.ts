// Where state and backups lie: the table, and the bucket, new or one that is there. Nothing here is ever deleted with the stack,
// and no rule of a bucket touches an object that is current.

import { CfnRule, Duration, Fn, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { BucketSettings, ClusterSettings } from '../config/settings-types.ts';
import { PitrError } from '../domain/errors.ts';
import { type KeyRight, keyOf } from './bucket-key.ts';
import { lockDenials } from './bucket-lock.ts';

type S3Settings = Exclude<BucketSettings, { readonly kind: 'folder' }>;
type BucketNames = Pick<Bucket, 'bucketName' | 'bucketArn'>;
type NewBucket = Extract<BucketSettings, { readonly kind: 'new' }>;

/** Where the backup of one cluster lies, as far as rights go. */
export interface BackupPlace {
  readonly bucketName: string;
  readonly bucketArn: string;
  /** Without a slash at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** Of the log, below the prefix. */
  readonly logFolder: string;
  /** The key that the objects are encrypted with, when it is not S3's own. */
  readonly key: KeyRight | undefined;
}

/** Two keys of text, paid by request: docs/formats/state.md. */
export function makeTable(scope: Construct): Table {
  return new Table(scope, 'State', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: 'ttl',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/** After so long an upload that was not finished never will be: TiKV and br finish or abort within hours. */
const unfinishedUploads = Duration.days(7);
/** How long what was overwritten or deleted can still be had back. br log truncate overwrites metas. FACTS §8.2 */
const replacedVersions = Duration.days(7);

/** The buckets of all clusters: two of them may share one, below different prefixes, and it is made once. */
export class Buckets {
  readonly #scope: Construct;
  readonly #made = new Map<string, { readonly bucket: Bucket; readonly settings: NewBucket }>();

  /** New buckets with a name belong to `scope`, those without one to their cluster. */
  constructor(scope: Construct) {
    this.#scope = scope;
  }

  /** First call for clusters whose bucket is new, so that others find it. Errors: INVALID_INPUT when two want it differently. */
  placeOf(scope: Construct, { name, bucket, policy }: ClusterSettings): BackupPlace {
    if (bucket.kind === 'folder') {
      throw new PitrError('INTERNAL', `cluster ${name} has a folder as its bucket, expected one of S3`);
    }
    const found = bucket.kind === 'new' ? this.#make(scope, bucket) : this.#find(scope, bucket.name);
    return {
      bucketName: found.bucketName,
      bucketArn: found.bucketArn,
      prefix: bucket.prefix,
      logFolder: policy.logFolder,
      key: bucket.kmsKey === undefined ? undefined : keyOf(scope, bucket.kmsKey, bucket.region),
    };
  }

  #make(scope: Construct, settings: NewBucket): BucketNames {
    checkRegion(scope, settings);
    if (settings.name === undefined)
      return guarded(new Bucket(scope, 'Backup', propsOf(scope, settings)), settings);
    const before = this.#made.get(settings.name);
    if (before === undefined) {
      const bucket = new Bucket(this.#scope, `Backup-${settings.name}`, {
        bucketName: settings.name,
        ...propsOf(scope, settings),
      });
      this.#made.set(settings.name, { bucket, settings });
      return guarded(bucket, settings);
    }
    if (looks(before.settings) !== looks(settings)) {
      throw new PitrError(
        'INVALID_INPUT',
        `two clusters make the bucket ${settings.name} and differ in kmsKey or objectLock, expected the same`,
        { hint: 'write create: true, kmsKey and objectLock alike in both, or give each its own bucket' },
      );
    }
    return before.bucket;
  }

  #find(scope: Construct, name: string): BucketNames {
    return this.#made.get(name)?.bucket ?? Bucket.fromBucketName(scope, 'Backup', name);
  }
}

function guarded(bucket: Bucket, { objectLock }: NewBucket): Bucket {
  if (objectLock === undefined) return bucket;
  for (const statement of lockDenials(bucket.bucketArn, objectLock)) bucket.addToResourcePolicy(statement);
  return bucket;
}

const looks = ({ kmsKey, objectLock }: NewBucket) => JSON.stringify([kmsKey, objectLock]);

function propsOf(scope: Construct, { kmsKey, region, objectLock }: NewBucket): BucketProps {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    versioned: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      {
        id: 'unfinished-uploads-and-replaced-versions',
        abortIncompleteMultipartUploadAfter: unfinishedUploads,
        // A version that is still locked stays until its lock is over; S3 looks again every day.
        noncurrentVersionExpiration: replacedVersions,
        // The mark of what was deleted, once no version of it is left: a cut leaves millions of them.
        expiredObjectDeleteMarker: true,
      },
    ],
    ...(kmsKey === undefined
      ? { encryption: BucketEncryption.S3_MANAGED }
      : {
          encryption: BucketEncryption.KMS,
          encryptionKey: keyOf(scope, kmsKey, region).key,
          bucketKeyEnabled: true,
        }),
    ...(objectLock === undefined ? {} : { objectLockDefaultRetention: lockOf(objectLock) }),
  };
}

function lockOf({ mode, days }: NonNullable<NewBucket['objectLock']>): ObjectLockRetention {
  const length = Duration.days(days);
  return mode === 'governance'
    ? ObjectLockRetention.governance(length)
    : ObjectLockRetention.compliance(length);
}

/** A stack makes buckets in its own region only: told at synth where the region is known, else before anything is deployed. */
function checkRegion(scope: Construct, { region }: S3Settings): void {
  if (region === undefined) return;
  const stack = Stack.of(scope);
  if (!Token.isUnresolved(stack.region)) {
    if (stack.region === region) return;
    throw new PitrError(
      'INVALID_INPUT',
      `bucket.region of ${scope.node.id} is ${region} and the stack is for ${stack.region}, expected the same for a new bucket`,
      { hint: 'deploy the stack in the region of the bucket' },
    );
  }
  new CfnRule(scope, 'BucketRegion', {
    assertions: [
      {
        assert: Fn.conditionEquals(stack.region, region),
        assertDescription: `the settings of ${scope.node.id} want a new bucket in ${region}: deploy the stack there`,
      },
    ],
  });
}
