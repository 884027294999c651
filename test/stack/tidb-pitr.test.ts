// The construct as a whole: which clusters it deploys, what it refuses, what it tells, and what it leaves to CloudFormation.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { TidbPitr } from '../../lib/stack/tidb-pitr.ts';
import {
  bundledLambdas,
  clusterDocument,
  readable,
  resourcesOf,
  synthesize,
  type Template,
} from '../support/synthesized-stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Clusters of every kind, with every field that makes a resource. */
const shop = clusterDocument('shop', {
  tls: { secret: 'pitr/shop/tls' },
  bucket: { kmsKey: 'alias/shop' },
  notifications: { sns: ['arn:aws:sns:eu-central-1:111122223333:pitr'], webhook: { secret: 'pitr/hook' } },
});
const billing = clusterDocument('billing', {
  bucket: { name: 'billing-backup' },
  tikvRole: 'arn:aws:iam::111122223333:role/tikv',
  runner: { kind: 'ssm', target: { tags: { role: 'br' } } },
});
const lab = {
  name: 'lab',
  tidbVersion: 'v8.5.4',
  pd: ['127.0.0.1:2379'],
  runner: { kind: 'local' },
  bucket: { folder: '/backup/lab' },
};

describe('several clusters in one stack', () => {
  test('have everything of their own: none names anything of another', () => {
    const { template } = synthesize([shop, billing]);
    const paths = new Map(
      Object.entries(template.Resources).map(([id, resource]) => [
        id,
        resource.Metadata?.['aws:cdk:path'] ?? '',
      ]),
    );
    const ownerOf = (id: string) => /^Test\/Pitr\/(shop|billing)\//.exec(paths.get(id) ?? '')?.[1];
    for (const [id, resource] of Object.entries(template.Resources)) {
      const named = [...JSON.stringify(resource).matchAll(/"(?:Ref":"|Fn::GetAtt":\[")(\w+)"/g)];
      const owners = new Set(
        named.map((match) => ownerOf(match[1] ?? '')).filter((one) => one !== undefined),
      );
      const owner = ownerOf(id);
      if (owner !== undefined)
        assert.ok(
          [...owners].every((one) => one === owner),
          `${id}: ${[...owners]}`,
        );
    }
  });

  test('change nothing of each other when one comes or goes', () => {
    const partOf = ({ Resources }: Template) =>
      Object.fromEntries(
        Object.entries(Resources).filter(([, { Metadata }]) =>
          (Metadata?.['aws:cdk:path'] ?? '').startsWith('Test/Pitr/billing/'),
        ),
      );
    assert.deepEqual(partOf(synthesize([shop, billing]).template), partOf(synthesize([billing]).template));
  });

  const everything = { ...shop, objectives: { rto: '4h' } };
  for (const [clusters, more] of [
    [5, everything],
    [6, { ...everything, tls: undefined }],
  ] as const) {
    const which = more === everything ? 'whatever their settings' : 'whose TLS needs no network of its own';
    test(`may be ${clusters} ${which}, as docs/deploy.md says: resources, outputs and size allow it`, () => {
      const names = [...'abcdef'].slice(0, clusters);
      const { template } = synthesize(names.map((name) => ({ ...more, ...clusterDocument(name) })));
      const size = JSON.stringify(template).length;
      assert.ok(Object.keys(template.Resources).length <= 500);
      assert.ok(Object.keys(template.Outputs).length <= 200);
      assert.ok(size < 1_000_000, `${size} bytes`);
    });
  }
});

describe('clusters that are not for AWS', () => {
  test('are left out, with a warning that says who does their work', () => {
    const { stack, template } = synthesize([shop, lab]);
    assert.doesNotMatch(JSON.stringify(template), /\blab\b/);
    assert.deepEqual([...stack.pitr.machines.keys()], ['shop']);
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('lab is left out.*pitr local up'));
  });

  test('alone are an error that says so', () => {
    assert.throws(() => synthesize([lab]), {
      code: 'INVALID_INPUT',
      message: /^no cluster of the settings is for AWS/,
      hint: /pitr local up/,
    });
  });
});

describe('the settings', () => {
  const construct = (props: object) =>
    new TidbPitr(new Stack(new App(), 'Own'), 'Pitr', { lambdaFolder: bundledLambdas, ...props } as never);

  test('may be a file', async (t) => {
    const folder = await temporaryFolder();
    t.after(folder.remove);
    const file = join(folder.path, 'mine.yaml');
    writeFileSync(file, JSON.stringify({ version: 1, clusters: [shop] }));
    assert.deepEqual([...construct({ settingsFile: file }).machines.keys()], ['shop']);
  });

  test('that are not there are an error that says what to copy', () => {
    assert.throws(() => construct({ settingsFile: '/nowhere/pitr.yaml' }), {
      code: 'INVALID_INPUT',
      message: /^\/nowhere\/pitr\.yaml cannot be read/,
      hint: /copy pitr\.example\.yaml to pitr\.yaml/,
    });
  });

  test('with a mistake are refused with its place and the command that explains all of them', () => {
    const settings = { version: 1, clusters: [{ ...shop, tidbVersoin: 'v8.5.4' }] };
    assert.throws(() => construct({ settings }), {
      code: 'INVALID_INPUT',
      message: /tidbVersoin/,
      hint: /pitr settings check/,
    });
  });

  test('with a doubt deploy, and the doubt is a warning of the synth', () => {
    const { stack } = synthesize([clusterDocument('shop', { objectives: { rpo: '1m' } })]);
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('objectives.rpo is 1m'));
  });
});

describe('the template', () => {
  const { template } = synthesize([shop, billing]);

  test('names nothing: a second stack in the same account takes no name from the first', () => {
    const names = Object.values(template.Resources).flatMap(({ Type, Properties }) =>
      ['BucketName', 'TableName', 'FunctionName', 'RoleName', 'QueueName', 'StateMachineName', 'LogGroupName']
        .concat(['ClusterName', 'GroupName', 'Name'])
        .filter((key) => typeof Properties?.[key] === 'string')
        .map((key) => `${Type} ${key}`),
    );
    assert.deepEqual(names, []);
  });

  test('knows no account, region or zone, and asks nothing of AWS at synth', () => {
    const { stack } = synthesize([shop]);
    assert.equal(JSON.stringify(stack.resolve(stack.account)), '{"Ref":"AWS::AccountId"}');
    assert.equal(JSON.stringify(stack.resolve(stack.region)), '{"Ref":"AWS::Region"}');
    assert.ok(!JSON.stringify(template).includes('zone-unknown'));
  });

  test('is the same each time, so that a second deployment changes nothing', () => {
    assert.deepEqual(synthesize([shop, billing]).template, template);
  });

  test('keeps state and backups whatever happens to the stack, and nothing else', () => {
    const kept = Object.values(template.Resources).filter(
      ({ DeletionPolicy }) => DeletionPolicy === 'Retain',
    );
    assert.deepEqual([...new Set(kept.map(({ Type }) => Type))].sort(), [
      'AWS::DynamoDB::Table',
      'AWS::S3::Bucket',
    ]);
    for (const { UpdateReplacePolicy } of kept) assert.equal(UpdateReplacePolicy, 'Retain');
  });

  test('tells people where everything is: bucket, table, each flow in the console, the functions they call', () => {
    const told = Object.keys(template.Outputs).filter((name) => name.startsWith('Shop'));
    assert.deepEqual(told.sort(), [
      'ShopAdoptFunction',
      'ShopBucket',
      'ShopLogTaskFlow',
      'ShopRebuildFunction',
      'ShopRestoreToPointFlow',
      'ShopSnapshotFlow',
      'ShopTable',
      'ShopTikvPolicy',
      'ShopTruncateFlow',
    ]);
    assert.equal(
      readable(template, template.Outputs['ShopRestoreToPointFlow']?.Value),
      'https://<AWS::Region>.console.aws.amazon.com/states/home?region=<AWS::Region>#/statemachines/view/<shop/Flows/restore-to-point>',
    );
    assert.equal(readable(template, template.Outputs['BillingBucket']?.Value), 'billing-backup');
  });

  test('holds no secret: only the names of secrets', () => {
    assert.ok(!/BEGIN [A-Z ]*(PRIVATE KEY|CERTIFICATE)/.test(JSON.stringify(template)));
    assert.equal(resourcesOf(template, 'AWS::SecretsManager::Secret').size, 0);
  });
});
