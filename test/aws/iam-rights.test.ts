import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openIamRights } from '../../lib/aws/iam-rights.ts';
import type { RightQuestion } from '../../lib/domain/doctor/role-rights.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import { FakeIam, type FakeRole } from '../support/fake-iam.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const arnOf = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const objects = 'arn:aws:s3:::backups/backup-data/*';

function deployed(name: string, role: string, cluster: string, more: object = {}): FakeRole {
  return {
    arn: arnOf(name),
    description: 'br as writer of the backup',
    tags: { 'pitr:cluster': cluster, 'pitr:role': role, 'pitr:bucket': 'backups', ...more },
  };
}

async function start(t: TestContext, roles: readonly FakeRole[]) {
  const iam = new FakeIam();
  iam.roles.push(...roles);
  const endpoint = await iam.listen();
  t.after(() => iam.close());
  return { iam, rights: openIamRights({ endpoint, region: 'eu-central-1' }) };
}

const question = (over: Partial<RightQuestion> = {}): RightQuestion => ({
  actions: ['s3:GetObject', 's3:PutObject'],
  resource: 'arn:aws:s3:::backups/backup-data/log-backup/v1/backupmeta/doctor.meta',
  named: objects,
  conditions: {},
  ...over,
});

test('roles of a cluster are found by their tags over several pages, and only those described as ours are asked for tags', async (t) => {
  const { iam, rights } = await start(t, [
    { arn: arnOf('somebody'), description: 'a web server' },
    deployed('crm-writer', 'writer', 'crm'),
    { arn: arnOf('nobody') },
    deployed('shop-writer', 'writer', 'shop'),
    {
      ...deployed('path/shop-planner', 'planner', 'shop', { 'pitr:table': 'shop-State' }),
      description: 'reads the backup and the state, decides, writes the state',
    },
    { arn: arnOf('like-ours'), description: 'br as writer of the backup' },
  ]);
  iam.pageSize = 1;
  assert.deepEqual(await rights.findRoles('shop'), [
    { purpose: 'writer', arn: arnOf('shop-writer'), bucket: 'backups', tableArn: undefined },
    {
      purpose: 'planner',
      arn: arnOf('path/shop-planner'),
      bucket: 'backups',
      tableArn: 'arn:aws:dynamodb:eu-central-1:111122223333:table/shop-State',
    },
  ]);
  const asked = iam.requests
    .filter(({ Action }) => Action === 'ListRoleTags')
    .map(({ RoleName }) => RoleName);
  assert.deepEqual(asked, ['crm-writer', 'shop-writer', 'shop-planner', 'like-ours']);
  assert.deepEqual(await rights.findRoles('other'), []);
});

test('each action of a question is answered by the policies of the role, over several pages', async (t) => {
  const statements = [
    { actions: ['s3:GetObject', 's3:Put*'], resources: [objects] },
    { effect: 'Deny', actions: ['s3:PutObject'], resources: ['*'] },
  ] as const;
  const { iam, rights } = await start(t, [{ arn: arnOf('writer'), statements }]);
  iam.pageSize = 1;
  const answers = await rights.simulate(
    arnOf('writer'),
    question({ actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'] }),
  );
  assert.deepEqual(Object.fromEntries(answers), {
    's3:GetObject': 'allowed',
    's3:PutObject': 'denied',
    's3:DeleteObject': 'denied',
  });
});

test('what a request would tell is told with the question', async (t) => {
  const statements = [
    {
      actions: ['kms:Decrypt'],
      resources: ['arn:aws:kms:eu-central-1:111122223333:key/*'],
      conditions: { 'kms:ResourceAliases': ['alias/shop'] },
    },
    {
      actions: ['s3:ListBucket'],
      resources: ['arn:aws:s3:::backups'],
      conditions: { 's3:prefix': ['backup-data/*'] },
    },
  ];
  const { rights } = await start(t, [{ arn: arnOf('writer'), statements }]);
  const key = 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000';
  for (const [alias, answer] of [
    ['alias/shop', 'allowed'],
    ['alias/crm', 'denied'],
  ] as const) {
    const conditions = { 'kms:ResourceAliases': [alias] };
    const answers = await rights.simulate(
      arnOf('writer'),
      question({ actions: ['kms:Decrypt'], resource: key, conditions }),
    );
    assert.deepEqual([...answers], [['kms:Decrypt', answer]]);
  }
  const listing = { actions: ['s3:ListBucket'], resource: 'arn:aws:s3:::backups' };
  const told = await rights.simulate(
    arnOf('writer'),
    question({ ...listing, conditions: { 's3:prefix': ['backup-data/'] } }),
  );
  assert.deepEqual([...told], [['s3:ListBucket', 'allowed']]);
  const untold = await rights.simulate(arnOf('writer'), question(listing));
  assert.deepEqual([...untold], [['s3:ListBucket', 'unknown']], 'nobody can tell without the prefix');
});

test('whoever may not ask is told which right that needs, and a silent IAM may pass', async (t) => {
  const { iam, rights } = await start(t, [deployed('shop-writer', 'writer', 'shop')]);
  const actions = [
    ['ListRoles', () => rights.findRoles('shop')],
    ['ListRoleTags', () => rights.findRoles('shop')],
    ['SimulatePrincipalPolicy', () => rights.simulate(arnOf('shop-writer'), question())],
  ] as const;
  for (const [action, call] of actions) {
    iam.fail(action, 'AccessDenied');
    await assert.rejects(call(), (error: PitrError) => {
      assert.equal(error.code, 'AWS_DENIED');
      assert.match(error.message, new RegExp(`iam:${action} is denied`));
      return true;
    });
    for (let attempt = 0; attempt < 3; attempt++) iam.fail(action, 'ServiceUnavailable', 503);
    await assert.rejects(call(), { code: 'AWS_UNAVAILABLE', retryable: true });
  }
});

test('a role that is not there is INVALID_INPUT and named', async (t) => {
  const { rights } = await start(t, []);
  await assert.rejects(rights.simulate(arnOf('gone'), question()), {
    code: 'INVALID_INPUT',
    message: `role ${arnOf('gone')}: it is not there (NoSuchEntityException)`,
  });
});
