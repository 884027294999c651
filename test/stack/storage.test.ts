// The table and the bucket: what lies there is kept whatever becomes of the stack, and nothing current is ever taken away.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  clusterDocument,
  linesOf,
  readable,
  resourceAt,
  resourcesOf,
  rightsOf,
  statementsOf,
  synthesize,
  type Template,
} from '../support/synthesized-stack.ts';

const bucketsOf = (template: Template) => resourcesOf(template, 'AWS::S3::Bucket');
const templateOf = (bucket: object) => synthesize([clusterDocument('shop', { bucket })]).template;

describe('the state table', () => {
  let template: Template;
  before(() => {
    template = synthesize([clusterDocument('shop')]).template;
  });
  const table = () => resourceAt(template, 'AWS::DynamoDB::Table', 'shop/State');

  test('is the one of docs/formats/state.md: two keys of text, paid by request, old and new images in its stream, ttl', () => {
    const { Properties } = table();
    assert.deepEqual(Properties.KeySchema, [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    assert.deepEqual(
      Properties.AttributeDefinitions.map((one: { readonly AttributeType: string }) => one.AttributeType),
      ['S', 'S'],
    );
    assert.equal(Properties.BillingMode, 'PAY_PER_REQUEST');
    assert.equal(Properties.StreamSpecification.StreamViewType, 'NEW_AND_OLD_IMAGES');
    assert.deepEqual(Properties.TimeToLiveSpecification, { AttributeName: 'ttl', Enabled: true });
  });

  test('can itself be brought back to a moment, and outlives the stack', () => {
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = table();
    assert.deepEqual(Properties.PointInTimeRecoverySpecification, { PointInTimeRecoveryEnabled: true });
    assert.equal(Properties.DeletionProtectionEnabled, true);
    assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain']);
  });
});

describe('a new bucket', () => {
  test('is closed to the public, takes TLS only, keeps versions and outlives the stack', () => {
    const template = templateOf({});
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = resourceAt(
      template,
      'AWS::S3::Bucket',
      'shop/Backup',
    );
    assert.deepEqual(new Set(Object.values(Properties.PublicAccessBlockConfiguration)), new Set([true]));
    assert.equal(Object.keys(Properties.PublicAccessBlockConfiguration).length, 4);
    assert.deepEqual(Properties.VersioningConfiguration, { Status: 'Enabled' });
    assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain']);
    const policy = resourceAt(template, 'AWS::S3::BucketPolicy', 'shop/Backup/Policy');
    const [statement, ...others] = policy.Properties.PolicyDocument.Statement;
    assert.deepEqual(others, []);
    assert.equal(statement.Effect, 'Deny');
    assert.deepEqual(statement.Condition, { Bool: { 'aws:SecureTransport': 'false' } });
    assert.deepEqual(readable(template, statement.Resource), ['<shop/Backup.Arn>', '<shop/Backup.Arn>/*']);
  });

  test('has no rule that touches an object that is current', () => {
    const { Properties } = resourceAt(templateOf({}), 'AWS::S3::Bucket', 'shop/Backup');
    for (const rule of Properties.LifecycleConfiguration.Rules) {
      const { Id: _, Status, ...actions } = rule;
      assert.equal(Status, 'Enabled');
      assert.deepEqual(Object.keys(actions).sort(), [
        'AbortIncompleteMultipartUpload',
        // Of marks alone, which stand for what is deleted already.
        'ExpiredObjectDeleteMarker',
        'NoncurrentVersionExpiration',
      ]);
    }
  });

  test('is named by CloudFormation, or as the settings say', () => {
    assert.equal(
      resourceAt(templateOf({}), 'AWS::S3::Bucket', 'shop/Backup').Properties.BucketName,
      undefined,
    );
    const named = bucketsOf(templateOf({ name: 'shop-backup', create: true }));
    assert.deepEqual(
      [...named.values()].map(({ Properties }) => Properties.BucketName),
      ['shop-backup'],
    );
  });

  test('is encrypted by S3, or by the key of the settings with a bucket key', () => {
    const encryptionOf = (bucket: object) =>
      resourceAt(templateOf(bucket), 'AWS::S3::Bucket', 'shop/Backup').Properties.BucketEncryption
        .ServerSideEncryptionConfiguration[0];
    assert.deepEqual(encryptionOf({}).ServerSideEncryptionByDefault, { SSEAlgorithm: 'AES256' });
    const arn = 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
    assert.deepEqual(encryptionOf({ kmsKey: arn }), {
      BucketKeyEnabled: true,
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn },
    });
  });

  test('locks objects for as long as the settings say', () => {
    const { Properties } = resourceAt(
      templateOf({ objectLock: { mode: 'compliance', retention: '3d' } }),
      'AWS::S3::Bucket',
      'shop/Backup',
    );
    assert.equal(Properties.ObjectLockEnabled, true);
    assert.deepEqual(Properties.ObjectLockConfiguration.Rule.DefaultRetention, {
      Days: 3,
      Mode: 'COMPLIANCE',
    });
  });

  test('with locks lets nobody end one early or lock for less, and no role of the stack touch any', () => {
    const template = templateOf({ objectLock: { mode: 'governance', retention: '7d' } });
    const policy = resourceAt(template, 'AWS::S3::BucketPolicy', 'shop/Backup/Policy').Properties;
    const statements: readonly Readonly<Record<string, unknown>>[] = policy.PolicyDocument.Statement;
    const at = (sid: string) => {
      const found = statements.find(({ Sid }) => Sid === sid);
      assert.ok(found !== undefined, sid);
      assert.deepEqual([found['Effect'], found['Principal']], ['Deny', { AWS: '*' }], sid);
      return found;
    };
    const early = at('NobodyEndsLocksEarly');
    assert.deepEqual([early['Action'], early['Condition']], ['s3:BypassGovernanceRetention', undefined]);
    assert.equal(readable(template, early['Resource']), '<shop/Backup.Arn>/*');
    assert.deepEqual(at('NobodyLocksForLess')['Condition'], {
      NumericLessThan: { 's3:object-lock-remaining-retention-days': '7' },
    });
    const ours = at('RolesOfTheStackTouchNoLock');
    assert.deepEqual(ours['Condition'], { Null: { 'aws:PrincipalTag/pitr:cluster': 'false' } });
    for (const action of [
      'DeleteObjectVersion',
      'PutObjectRetention',
      'PutObjectLegalHold',
      'PutBucketPolicy',
    ]) {
      assert.ok((ours['Action'] as string[]).includes(`s3:${action}`), action);
    }
    for (const [path, { Properties }] of resourcesOf(template, 'AWS::IAM::Role')) {
      const tags: readonly { readonly Key: string }[] = Properties.Tags ?? [];
      assert.ok(
        tags.some(({ Key }) => Key === 'pitr:cluster'),
        `${path} has no tag that the policy knows it by`,
      );
    }
  });

  test('in a region of its own is refused at synth where the region is known, else before the deployment', () => {
    const wanted = clusterDocument('shop', { bucket: { region: 'eu-central-1' } });
    const here = { env: { region: 'eu-central-1', account: '111122223333' } };
    const there = { env: { region: 'us-east-1', account: '111122223333' } };
    const ruleOf = ({ Rules = {} }: Template) =>
      Object.entries(Rules).find(([id]) => id.includes('BucketRegion'))?.[1];
    assert.equal(ruleOf(synthesize([wanted], here).template), undefined);
    assert.throws(() => synthesize([wanted], there), {
      code: 'INVALID_INPUT',
      message: /bucket\.region of shop is eu-central-1 and the stack is for us-east-1/,
    });
    assert.match(
      JSON.stringify(ruleOf(synthesize([wanted]).template)),
      /"Fn::Equals":\[\{"Ref":"AWS::Region"\},"eu-central-1"\]/,
    );
  });
});

describe('a bucket that is there', () => {
  test('stays as it is: the stack makes none and writes it no policy', () => {
    const template = templateOf({ name: 'shop-backup' });
    assert.deepEqual([...bucketsOf(template).keys()], []);
    assert.deepEqual([...resourcesOf(template, 'AWS::S3::BucketPolicy').keys()], []);
    const lines = linesOf(rightsOf(template, 'shop/Roles/planner'));
    assert.ok(lines.includes('s3:GetObject on arn:<AWS::Partition>:s3:::shop-backup/backup-data/*'));
  });
});

describe('a bucket of two clusters', () => {
  const inBucket = (prefix: string, more: object = {}) => ({ bucket: { name: 'all', prefix, ...more } });

  test('is made once, whichever of them makes it, and each may go below its own prefix only', () => {
    const { template } = synthesize([
      clusterDocument('shop', inBucket('tidb/shop')),
      clusterDocument('billing', inBucket('tidb/billing', { create: true })),
    ]);
    const made = [...bucketsOf(template).keys()];
    assert.equal(made.length, 1);
    for (const [name, other] of [
      ['shop', 'billing'],
      ['billing', 'shop'],
    ]) {
      const lines = linesOf(rightsOf(template, `${name}/Runner/writer-role`));
      assert.ok(lines.includes(`s3:PutObject on <${made[0]}.Arn>/tidb/${name}/*`), lines.join('\n'));
      assert.ok(!lines.some((line) => line.includes(`tidb/${other}`)));
    }
  });

  test('is refused when they want it made differently', () => {
    const clusters = [
      clusterDocument('shop', inBucket('tidb/shop', { create: true })),
      clusterDocument('billing', inBucket('tidb/billing', { create: true, kmsKey: 'alias/x' })),
    ];
    assert.throws(() => synthesize(clusters), {
      code: 'INVALID_INPUT',
      message: /two clusters make the bucket all and differ/,
    });
  });
});

describe('the rights of TiKV', () => {
  const wanted = ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'].map(
    (action) => `${action} on <shop/Backup.Arn>/backup-data/*`,
  );

  test('are printed as a policy when nobody named its role', () => {
    const { template } = synthesize([clusterDocument('shop')]);
    const text = readable(template, template.Outputs['ShopTikvPolicy']?.Value);
    assert.deepEqual(linesOf(statementsOf(template, JSON.parse(String(text)))), wanted);
  });

  test('are attached to the role of the settings, and not printed', () => {
    const tikvRole = 'arn:aws:iam::111122223333:role/machines/tikv';
    const { template } = synthesize([clusterDocument('shop', { tikvRole })]);
    const { Properties } = resourceAt(template, 'AWS::IAM::Policy', 'shop/TikvRights');
    assert.deepEqual(Properties.Roles, ['tikv']);
    assert.deepEqual(linesOf(statementsOf(template, Properties.PolicyDocument)), wanted);
    assert.equal(template.Outputs['ShopTikvPolicy'], undefined);
  });
});
