// How a bucket of S3 is set up: one request for each setting, and each answer by itself. Changes nothing, and judges nothing.

import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { parseStorageUrl, type S3Location } from '../config/storage-url.ts';
import type { ClockFacts } from '../domain/cluster-facts.ts';
import type {
  Asked,
  BucketSettingFacts,
  EncryptionFacts,
  ObjectProbe,
  PublicAccess,
} from '../domain/doctor/bucket-settings-facts.ts';
import type { BucketConfig } from '../ports/bucket-settings.ts';
import type { Clock } from '../ports/clock.ts';
import { awsClock } from './aws-clock.ts';
import { sdkFailure } from './aws-errors.ts';
import { makeS3Client } from './s3-client.ts';
import { clockOfAnswers } from './s3-clock.ts';
import { isNoSuchKey, s3Error } from './s3-errors.ts';
import { lifecycleRuleOf, objectLockOf, refusesBypass, refusesPlain } from './s3-setting-forms.ts';

/**
 * Needs s3:GetBucketVersioning, GetBucketPublicAccessBlock, GetBucketPolicy, GetLifecycleConfiguration,
 * GetBucketObjectLockConfiguration, GetEncryptionConfiguration and s3:GetObject. Sends nothing yet. Undefined for a folder. Errors: those
 * of the URL.
 */
export async function openS3BucketSettings(
  url: string,
  clock: Pick<Clock, 'nowMs'> = awsClock,
): Promise<BucketConfig | undefined> {
  const location = parseStorageUrl(url);
  if (location.kind !== 's3') return undefined;
  return new S3BucketSettings(location, await makeS3Client(location, process.env), clock);
}

class S3BucketSettings implements BucketConfig {
  readonly name: string;
  readonly #location: S3Location;
  readonly #client: S3Client;
  readonly #clock: () => ClockFacts | undefined;

  constructor(location: S3Location, client: S3Client, clock: Pick<Clock, 'nowMs'>) {
    this.name = location.bucket;
    this.#location = location;
    this.#client = client;
    this.#clock = clockOfAnswers(client, clock);
  }

  async read(): Promise<BucketSettingFacts> {
    return { ...(await this.#access()), ...(await this.#keeping()), clock: this.#clock() };
  }

  /** Who gets in, and how. */
  async #access(): Promise<
    Pick<BucketSettingFacts, 'publicAccess' | 'refusesPlain' | 'refusesBypass' | 'encryption'>
  > {
    const [Bucket, client] = [this.name, this.#client];
    const publicAccess = await this.#ask(
      's3:GetBucketPublicAccessBlock',
      async (): Promise<PublicAccess> => {
        const answer = await client.send(new GetPublicAccessBlockCommand({ Bucket }));
        const block = { ...answer.PublicAccessBlockConfiguration };
        return blocks.filter((one) => block[one] !== true);
      },
      { NoSuchPublicAccessBlockConfiguration: blocks },
    );
    const policy = await this.#ask(
      's3:GetBucketPolicy',
      async () => (await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy ?? '',
      { NoSuchBucketPolicy: '' },
    );
    const encryption = await this.#ask(
      's3:GetEncryptionConfiguration',
      async (): Promise<EncryptionFacts> => {
        const answer = await client.send(new GetBucketEncryptionCommand({ Bucket }));
        const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
        const { SSEAlgorithm = '', KMSMasterKeyID } = { ...rule?.ApplyServerSideEncryptionByDefault };
        return { algorithm: SSEAlgorithm, key: KMSMasterKeyID };
      },
      { ServerSideEncryptionConfigurationNotFoundError: { algorithm: '', key: undefined } },
    );
    const ofPolicy = (judge: (text: string) => boolean): Asked<boolean> =>
      policy.kind === 'told' ? { kind: 'told', value: judge(policy.value) } : policy;
    const refusals = { refusesPlain: ofPolicy(refusesPlain), refusesBypass: ofPolicy(refusesBypass) };
    return { publicAccess, ...refusals, encryption };
  }

  /** What becomes of objects. */
  async #keeping(): Promise<Pick<BucketSettingFacts, 'versioning' | 'lifecycle' | 'objectLock'>> {
    const [Bucket, client] = [this.name, this.#client];
    const versioning = await this.#ask('s3:GetBucketVersioning', async () => {
      const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }));
      return Status === 'Enabled' ? 'on' : Status === 'Suspended' ? 'suspended' : 'off';
    });
    const lifecycle = await this.#ask(
      's3:GetLifecycleConfiguration',
      async () => {
        const answer = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
        return (answer.Rules ?? []).map(lifecycleRuleOf);
      },
      { NoSuchLifecycleConfiguration: [] },
    );
    const objectLock = await this.#ask(
      's3:GetBucketObjectLockConfiguration',
      async () => objectLockOf(await client.send(new GetObjectLockConfigurationCommand({ Bucket }))),
      { ObjectLockConfigurationNotFoundError: { kind: 'off' } as const },
    );
    return { versioning, lifecycle, objectLock };
  }

  async probe(key: string): Promise<Asked<ObjectProbe> | undefined> {
    const { bucket, prefix } = this.#location;
    const place = { Bucket: bucket, Key: prefix === '' ? key : `${prefix}/${key}` };
    let isThere = true;
    const head = await this.#ask('s3:GetObject', async (): Promise<EncryptionFacts | undefined> => {
      try {
        const answer = await this.#client.send(new HeadObjectCommand(place));
        return { algorithm: answer.ServerSideEncryption ?? '', key: answer.SSEKMSKeyId };
      } catch (error) {
        if (!isNoSuchKey(error)) throw error;
        isThere = false;
        return undefined;
      }
    });
    if (!isThere) return undefined;
    if (head.kind === 'untold') return head;
    const read = await this.#ask('s3:GetObject', async (): Promise<true> => {
      const answer = await this.#client.send(new GetObjectCommand({ ...place, Range: 'bytes=0-0' }));
      await answer.Body?.transformToByteArray();
      return true;
    });
    const encryption = head.value ?? { algorithm: '', key: undefined };
    return { kind: 'told', value: { key, encryption, read } };
  }

  close(): void {
    this.#client.destroy();
  }

  /** `absent`: names of errors that say that nothing is set, and what that means. */
  async #ask<T>(
    permission: string,
    ask: () => Promise<T>,
    absent: Readonly<Record<string, T>> = {},
  ): Promise<Asked<T>> {
    const { bucket, endpoint } = this.#location;
    try {
      return { kind: 'told', value: await ask() };
    } catch (error) {
      const { name } = sdkFailure(error);
      const nothing = Object.hasOwn(absent, name) ? absent[name] : undefined;
      if (nothing !== undefined) return { kind: 'told', value: nothing };
      const place = `s3://${bucket}`;
      const { message, hint } = s3Error(error, { permission, place, bucket, endpoint });
      return { kind: 'untold', problem: message, hint: hint ?? '' };
    }
  }
}

const blocks = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;
