import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openS3BucketSettings } from '../../lib/aws/s3-bucket-settings.ts';
import { refusesBypass, refusesPlain } from '../../lib/aws/s3-setting-forms.ts';
import { FakeBucketSettings } from '../support/fake-bucket-settings.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

async function start(t: TestContext, prefix = 'backup-data') {
  const bucket = new FakeBucketSettings();
  const endpoint = await bucket.listen();
  const url = `s3://backups/${prefix}?region=eu-central-1&endpoint=${encodeURIComponent(endpoint)}`;
  const settings = await openS3BucketSettings(url);
  assert.ok(settings !== undefined);
  t.after(async () => {
    settings.close();
    await bucket.close();
  });
  return { bucket, settings };
}

const denyPlain = (over: object = {}) => ({
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: 's3:*',
  Resource: ['arn:aws:s3:::backups', 'arn:aws:s3:::backups/*'],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  ...over,
});
const policyOf = (...statements: readonly object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

describe('the settings of a bucket', () => {
  test('are read as they are set', async (t) => {
    const { bucket, settings } = await start(t);
    bucket.settings.set(
      'versioning',
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    );
    bucket.settings.set(
      'publicAccessBlock',
      '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>',
    );
    bucket.settings.set('policy', policyOf(denyPlain()));
    bucket.settings.set(
      'lifecycle',
      `<LifecycleConfiguration>
        <Rule><ID>all</ID><Status>Enabled</Status><Filter><Prefix>backup-data/</Prefix></Filter><Expiration><Days>30</Days></Expiration><Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition></Rule>
        <Rule><ID>tags</ID><Status>Enabled</Status><Filter><And><Prefix>x</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration></Rule>
        <Rule><ID>old</ID><Status>Disabled</Status><Prefix>logs</Prefix><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>
      </LifecycleConfiguration>`,
    );
    bucket.settings.set(
      'object-lock',
      '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>7</Days></DefaultRetention></Rule></ObjectLockConfiguration>',
    );
    bucket.settings.set(
      'encryption',
      '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:eu-central-1:111122223333:key/k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
    );
    const { clock, ...facts } = await settings.read();
    const rule = { isOn: true, needsTags: false, endsReplaced: false, endsUploads: false, movesTo: [] };
    assert.deepEqual(facts, {
      versioning: { kind: 'told', value: 'on' },
      publicAccess: { kind: 'told', value: ['RestrictPublicBuckets'] },
      refusesPlain: { kind: 'told', value: true },
      refusesBypass: { kind: 'told', value: false },
      lifecycle: {
        kind: 'told',
        value: [
          { ...rule, id: 'all', prefix: 'backup-data/', deletes: 'after 30 days', movesTo: ['GLACIER'] },
          { ...rule, id: 'tags', prefix: 'x', needsTags: true, deletes: 'on 2027-01-01' },
          {
            ...rule,
            id: 'old',
            isOn: false,
            prefix: 'logs',
            deletes: undefined,
            endsReplaced: true,
            endsUploads: true,
          },
        ],
      },
      objectLock: { kind: 'told', value: { kind: 'on', mode: 'governance', days: 7 } },
      encryption: {
        kind: 'told',
        value: { algorithm: 'aws:kms', key: 'arn:aws:kms:eu-central-1:111122223333:key/k' },
      },
    });
    assert.ok(clock !== undefined);
    assert.equal(bucket.requests.length, 6);
  });

  test('that nobody set are told as such, and are no refusal', async (t) => {
    const { settings } = await start(t);
    const { clock: _, ...facts } = await settings.read();
    assert.deepEqual(facts, {
      versioning: { kind: 'told', value: 'off' },
      publicAccess: {
        kind: 'told',
        value: ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'],
      },
      refusesPlain: { kind: 'told', value: false },
      refusesBypass: { kind: 'told', value: false },
      lifecycle: { kind: 'told', value: [] },
      objectLock: { kind: 'told', value: { kind: 'off' } },
      encryption: { kind: 'told', value: { algorithm: '', key: undefined } },
    });
  });

  test('that we may not read are untold with the right that it needs, each by itself', async (t) => {
    const { bucket, settings } = await start(t);
    bucket.refused.set('policy', { status: 403, code: 'AccessDenied' });
    bucket.refused.set('lifecycle', { status: 501, code: 'NotImplemented' });
    const { refusesPlain: policy, lifecycle, versioning } = await settings.read();
    assert.ok(policy.kind === 'untold' && lifecycle.kind === 'untold');
    assert.equal(policy.problem, 's3://backups: s3:GetBucketPolicy is denied (403 AccessDenied)');
    assert.match(policy.hint, /allow s3:GetBucketPolicy/);
    assert.match(lifecycle.problem, /s3:GetLifecycleConfiguration failed \(501 NotImplemented/);
    assert.equal(versioning.kind, 'told');
  });

  test('a storage that does not answer is told six times, and is no crash', async (t) => {
    const { bucket, settings } = await start(t);
    await bucket.close();
    const { clock, ...facts } = await settings.read();
    assert.equal(clock, undefined);
    for (const one of Object.values(facts)) assert.equal(one.kind, 'untold');
  });

  test('are none of a folder', async () => {
    assert.equal(await openS3BucketSettings('/backups'), undefined);
    assert.equal(await openS3BucketSettings('local:///backups'), undefined);
  });
});

test('the clock of the storage comes with its answers, to half a second and half the way', async (t) => {
  const { bucket, settings } = await start(t);
  bucket.nowMs = () => Date.now() + 3_600_000;
  const { clock } = await settings.read();
  assert.ok(clock !== undefined && clock.uncertaintyMs >= 500 && clock.uncertaintyMs < 5_000);
  assert.ok(Math.abs(clock.serverMs - clock.localMs - 3_600_000) <= clock.uncertaintyMs);
});

describe('an object of the backup', () => {
  const key = 'snapshot-1/backupmeta';

  test('tells its encryption, and that it can be read', async (t) => {
    const { bucket, settings } = await start(t);
    bucket.objects.set(`backup-data/${key}`, {
      headers: {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'k',
      },
    });
    assert.deepEqual(await settings.probe(key), {
      kind: 'told',
      value: { key, encryption: { algorithm: 'aws:kms', key: 'k' }, read: { kind: 'told', value: true } },
    });
  });

  test('whose key is disabled tells that when it is read', async (t) => {
    const { bucket, settings } = await start(t, '');
    bucket.objects.set(key, { refusal: { status: 400, code: 'KMS.DisabledException' } });
    const probe = await settings.probe(key);
    assert.ok(probe?.kind === 'told' && probe.value.read.kind === 'untold');
    assert.match(probe.value.read.problem, /KMS\.DisabledException/);
  });

  test('that is not there is nothing', async (t) => {
    const { settings } = await start(t);
    assert.equal(await settings.probe(key), undefined);
  });
});

describe('a policy refuses what comes without TLS', () => {
  const cases: readonly (readonly [what: string, policy: string, answer: boolean])[] = [
    ['as the CDK writes it', policyOf(denyPlain()), true],
    ['as people write it', policyOf({ Effect: 'Allow' }, denyPlain({ Principal: '*', Action: ['*'] })), true],
    [
      'with a boolean',
      policyOf(denyPlain({ Condition: { BoolIfExists: { 'AWS:SecureTransport': [false] } } })),
      true,
    ],
    ['not when it allows', policyOf(denyPlain({ Effect: 'Allow' })), false],
    ['not of one action', policyOf(denyPlain({ Action: 's3:PutObject' })), false],
    ['not for one role', policyOf(denyPlain({ Principal: { AWS: 'arn:aws:iam::1:role/x' } })), false],
    [
      'not under another condition',
      policyOf(denyPlain({ Condition: { Bool: { 'aws:ViaAWSService': 'false' } } })),
      false,
    ],
    ['not without one', policyOf(denyPlain({ Condition: undefined })), false],
    ['not when it is no JSON', '<x/>', false],
  ];
  for (const [what, policy, answer] of cases) test(what, () => assert.equal(refusesPlain(policy), answer));
});

describe('a policy lets nobody end a lock early', () => {
  const statement = { Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:BypassGovernanceRetention' };
  const cases: readonly (readonly [what: string, policy: string, answer: boolean])[] = [
    ['as the stack writes it', policyOf(denyPlain(), statement), true],
    [
      'among other actions',
      policyOf({ ...statement, Action: ['s3:PutObjectRetention', statement.Action] }),
      true,
    ],
    ['not when it allows', policyOf({ ...statement, Effect: 'Allow' }), false],
    ['not for one role', policyOf({ ...statement, Principal: { AWS: 'arn:aws:iam::1:role/x' } }), false],
    [
      'not under a condition',
      policyOf({ ...statement, Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } }),
      false,
    ],
    ['not by refusing what has no TLS', policyOf(denyPlain()), false],
  ];
  for (const [what, policy, answer] of cases) test(what, () => assert.equal(refusesBypass(policy), answer));
});
