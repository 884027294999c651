// Who may do what: every action of every role, by name, so that a right that is added is added here, too.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { roleFacts } from '../../lib/config/deployed-roles.ts';
import {
  clusterDocument,
  linesOf,
  resourcesOf,
  rightsOf,
  synthesize,
  type Template,
} from '../support/synthesized-stack.ts';

const table = '<shop/State.Arn>';
const bucket = '<shop/Backup.Arn>';
const objects = `${bucket}/backup-data/*`;
const log = `${bucket}/backup-data/log-backup*`;

const state = ['ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'].map(
  (action) => `dynamodb:${action} on ${table}`,
);
const ownLog = ['logs:CreateLogStream on <shop/Log.Arn>', 'logs:PutLogEvents on <shop/Log.Arn>'];
const reads = [`s3:GetObject on ${objects}`, `s3:ListBucket on ${bucket}`];
const everyFlow = ['log-task', 'restore-to-point', 'snapshot', 'truncate'].map(
  (flow) => `<shop/Flows/${flow}>`,
);

const expected: Readonly<Record<string, readonly string[]>> = {
  'Roles/planner': [...state, ...ownLog, ...reads, 'sqs:SendMessage on <shop/Unheard.Arn>'],
  'Roles/observer': [
    ...state,
    ...ownLog,
    ...reads,
    ...['AssignPrivateIpAddresses', 'CreateNetworkInterface', 'DeleteNetworkInterface'].map(
      (a) => `ec2:${a} on *`,
    ),
    ...['DescribeNetworkInterfaces', 'DescribeSubnets', 'UnassignPrivateIpAddresses'].map(
      (a) => `ec2:${a} on *`,
    ),
  ],
  'Roles/launcher': [
    ...state,
    ...ownLog,
    ...reads,
    `s3:DeleteObject on ${log}/truncating.lock*`,
    `s3:DeleteObject on ${log}/v1/APPEND_LOCK*`,
    `s3:DeleteObject on ${log}/v1/LOCK*`,
    `s3:DeleteObject on ${bucket}/backup-data/snapshot-*/backup.lock`,
    ...['deleter', 'restorer', 'writer'].map((task) => `ecs:RunTask on <shop/Runner/${task}>`),
    ...['DescribeTasks', 'StopTask', 'TagResource'].map(
      (action) =>
        `ecs:${action} on arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<shop/Runner/Cluster>/*`,
    ),
    'ecs:ListTasks on *',
    ...['StartRole', 'deleter-role', 'restorer-role', 'writer-role'].map(
      (role) => `iam:PassRole on <shop/Runner/${role}.Arn>`,
    ),
    ...['CreateLogStream', 'GetLogEvents', 'PutLogEvents'].map(
      (action) => `logs:${action} on <shop/Runner/Log.Arn>`,
    ),
    ...['Failure', 'Heartbeat', 'Success'].flatMap((kind) =>
      everyFlow.map((flow) => `states:SendTask${kind} on ${flow}`),
    ),
  ],
  'Roles/reactor': [
    ...state,
    ...ownLog,
    ...['DescribeStream', 'GetRecords', 'GetShardIterator'].map(
      (action) => `dynamodb:${action} on <shop/State.StreamArn>`,
    ),
    'dynamodb:ListStreams on *',
    'sqs:SendMessage on <shop/Unheard.Arn>',
    'events:PutEvents on arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default',
    ...['adopt', 'take-snapshot', 'truncate-log'].map(
      (name) => `lambda:InvokeFunction on <shop/Functions/${name}.Arn>`,
    ),
    ...everyFlow.map((flow) => `states:StartExecution on ${flow}`),
  ],
  'Roles/remover': [
    ...state,
    ...ownLog,
    ...reads,
    `s3:DeleteObject on ${objects}`,
    `s3:PutObject on ${log}/v1_stream_trancate_safepoint.txt`,
    'sqs:SendMessage on <shop/Unheard.Arn>',
  ],
  'Roles/cutter': [
    ...state,
    ...ownLog,
    ...reads,
    ...['DeleteObject', 'GetObject', 'PutObject'].map((action) => `s3:${action} on ${log}`),
  ],
  // FACTS §8.1
  'Runner/writer-role': [
    ...reads,
    `s3:AbortMultipartUpload on ${objects}`,
    `s3:DeleteObject on ${objects}`,
    `s3:GetBucketObjectLockConfiguration on ${bucket}`,
    `s3:PutObject on ${objects}`,
  ],
  'Runner/deleter-role': [
    `s3:DeleteObject on ${log}`,
    `s3:GetObject on ${log}`,
    `s3:ListBucket on ${bucket}`,
    `s3:PutObject on ${log}`,
  ],
  'Runner/restorer-role': [...reads, `s3:DeleteObject on ${log}`, `s3:PutObject on ${log}`],
  'Runner/StartRole': [
    'logs:CreateLogStream on <shop/Runner/Log.Arn>',
    'logs:PutLogEvents on <shop/Runner/Log.Arn>',
  ],
  'Schedules/Role': [
    ...['br-ended', 'observe', 'react', 'retention-apply', 'retention-plan', 'take-snapshot'].map(
      (name) => `lambda:InvokeFunction on <shop/Functions/${name}.Arn>`,
    ),
    'sqs:SendMessage on <shop/Unheard.Arn>',
  ],
  RestoreRequestRole: ['states:StartExecution on <shop/Flows/restore-to-point>'],
};

describe('the roles of a cluster', () => {
  let template: Template;
  before(() => {
    template = synthesize([clusterDocument('shop')]).template;
  });

  test('are these, and those of the flows', () => {
    const roles = [...resourcesOf(template, 'AWS::IAM::Role').keys()].map((path) =>
      path.replace('shop/', ''),
    );
    assert.deepEqual(roles.filter((path) => !path.startsWith('Flows/')).sort(), Object.keys(expected).sort());
  });

  for (const [role, lines] of Object.entries(expected)) {
    test(`${role} may do what it needs, and nothing else`, () => {
      assert.deepEqual(linesOf(rightsOf(template, `shop/${role}`)), [...lines].sort());
    });
  }

  test('only br, our own engine, the retention and whoever takes locks away may delete', () => {
    const deleters = Object.keys(expected).filter((role) =>
      linesOf(rightsOf(template, `shop/${role}`)).some((line) => line.startsWith('s3:Delete')),
    );
    // br needs the right to give its own locks back, so the writer has it, too. FACTS §8.1
    assert.deepEqual(deleters.sort(), [
      'Roles/cutter',
      'Roles/launcher',
      'Roles/remover',
      'Runner/deleter-role',
      'Runner/restorer-role',
      'Runner/writer-role',
    ]);
  });

  test('br is started in its own cluster only, and only roles of its tasks are passed, to ECS only', () => {
    const rights = rightsOf(template, 'shop/Roles/launcher');
    const inCluster = { ArnEquals: { 'ecs:cluster': '<shop/Runner/Cluster.Arn>' } };
    for (const { actions, condition } of rights.filter(({ actions }) => actions[0]?.startsWith('ecs:'))) {
      const wanted = actions.includes('ecs:TagResource')
        ? { StringEquals: { 'ecs:CreateAction': 'RunTask' } }
        : inCluster;
      assert.deepEqual(condition, wanted, actions.join());
    }
    const pass = rights.find(({ actions }) => actions.includes('iam:PassRole'));
    assert.deepEqual(pass?.condition, { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
  });

  test('listing goes no further than the prefix, and the probe for the region, which names none, still passes', () => {
    for (const role of [
      'Roles/planner',
      'Runner/writer-role',
      'Runner/deleter-role',
      'Runner/restorer-role',
    ]) {
      const list = rightsOf(template, `shop/${role}`).find(({ actions }) =>
        actions.includes('s3:ListBucket'),
      );
      assert.deepEqual(list?.condition, {
        StringLikeIfExists: { 's3:prefix': ['backup-data', 'backup-data/*'] },
      });
    }
  });

  test('services that say for whom they ask take a role for this account only', () => {
    for (const [path, { Properties }] of resourcesOf(template, 'AWS::IAM::Role')) {
      const [{ Principal, Condition }] = Properties.AssumeRolePolicyDocument.Statement;
      const wanted = /^(?:lambda|events)\./.test(Principal.Service)
        ? undefined
        : { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
      assert.deepEqual(Condition, wanted, path);
    }
  });
});

describe('rights that the settings ask for', () => {
  const linesAt = (cluster: object, role: string) =>
    linesOf(rightsOf(synthesize([clusterDocument('shop', cluster)]).template, `shop/${role}`));

  test('a key of KMS may be used by whoever reads or writes, and by them alone', () => {
    const key = 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
    const cluster = { bucket: { kmsKey: key } };
    const kms = (role: string) => linesAt(cluster, role).filter((line) => line.startsWith('kms:'));
    assert.deepEqual(kms('Roles/planner'), [`kms:Decrypt on ${key}`]);
    for (const role of ['writer-role', 'deleter-role', 'restorer-role']) {
      assert.deepEqual(kms(`Runner/${role}`), [`kms:Decrypt on ${key}`, `kms:GenerateDataKey on ${key}`]);
    }
    assert.deepEqual(kms('Roles/reactor'), []);
  });

  test('an alias of a key is a condition, since no policy takes it as a resource', () => {
    const { template } = synthesize([clusterDocument('shop', { bucket: { kmsKey: 'alias/shop' } })]);
    const right = rightsOf(template, 'shop/Roles/observer').find(({ actions }) =>
      actions.includes('kms:Decrypt'),
    );
    assert.deepEqual(right?.resources, ['arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*']);
    assert.deepEqual(right?.condition, {
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/shop' },
    });
  });

  test('certificates are read by the observer and by ECS, the address of a webhook by the reactor', () => {
    const cluster = { tls: { secret: 'pitr/tls' }, notifications: { webhook: { secret: 'pitr/hook' } } };
    const secrets = (role: string) =>
      linesAt(cluster, role).filter((line) => line.startsWith('secretsmanager:'));
    const named = (name: string) => [
      `secretsmanager:GetSecretValue on arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${name}-??????`,
    ];
    assert.deepEqual(secrets('Roles/observer'), named('pitr/tls'));
    assert.deepEqual(secrets('Runner/StartRole'), named('pitr/tls'));
    assert.deepEqual(secrets('Roles/reactor'), named('pitr/hook'));
    for (const role of ['Roles/planner', 'Roles/launcher', 'Runner/writer-role']) {
      assert.deepEqual(secrets(role), [], role);
    }
  });

  test('topics and the bus of the settings may be told, and no others', () => {
    const topic = 'arn:aws:sns:eu-central-1:111122223333:pitr';
    const lines = linesAt({ notifications: { sns: [topic], eventBus: 'ops' } }, 'Roles/reactor');
    assert.deepEqual(
      lines.filter((line) => /^(sns|events):/.test(line)),
      [
        'events:PutEvents on arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/ops',
        `sns:Publish on ${topic}`,
      ],
    );
  });

  test('an image of ECR may be pulled from its own repository', () => {
    const image = '111122223333.dkr.ecr.eu-central-1.amazonaws.com/tidb/br:v8.5.4';
    const lines = linesAt({ runner: { kind: 'fargate', image } }, 'Runner/StartRole');
    const repository = 'arn:<AWS::Partition>:ecr:eu-central-1:111122223333:repository/tidb/br';
    assert.deepEqual(
      lines.filter((line) => line.startsWith('ecr:')),
      [
        `ecr:BatchCheckLayerAvailability on ${repository}`,
        `ecr:BatchGetImage on ${repository}`,
        'ecr:GetAuthorizationToken on *',
        `ecr:GetDownloadUrlForLayer on ${repository}`,
      ],
    );
  });

  test('no role may delete a version for good, end or weaken a lock, or set one, whatever the bucket', () => {
    const locked = { bucket: { objectLock: { mode: 'governance', retention: '7d' } } };
    for (const document of [{}, locked]) {
      const { template: made } = synthesize([clusterDocument('shop', document)]);
      for (const path of resourcesOf(made, 'AWS::IAM::Role').keys()) {
        for (const line of linesOf(rightsOf(made, path))) {
          assert.doesNotMatch(
            line,
            /s3:(?:Bypass|DeleteObjectVersion|Put(?:Bucket|Lifecycle|ObjectRetention|ObjectLegal))/,
            path,
          );
          assert.doesNotMatch(line, /s3:\*/, path);
        }
      }
    }
  });

  test('who writes backups cannot be who deletes them by plan: no role has both parts, and the planner neither', () => {
    const parts = Object.values(roleFacts).map((role) => role.parts);
    assert.ok(
      !parts.some((of) => of.includes('writer') && (of.includes('remover') || of.includes('deleter'))),
    );
    assert.deepEqual(roleFacts.planner.parts, ['reader']);
    const remover = linesAt({}, 'Roles/remover').filter((line) => line.startsWith('s3:PutObject'));
    assert.deepEqual(remover, [`s3:PutObject on ${log}/v1_stream_trancate_safepoint.txt`]);
  });

  test('without a prefix the rights are on the whole bucket', () => {
    const lines = linesAt({ bucket: { prefix: '' } }, 'Runner/deleter-role');
    assert.ok(lines.includes(`s3:DeleteObject on ${bucket}/log-backup*`));
  });

  test('of an adopted log in a folder of its own br and the launcher work in that folder, too', () => {
    const document = { policy: { logFolder: 'logs' } };
    const [own, adopted] = [`${bucket}/backup-data/log-backup*`, `${bucket}/backup-data/logs`];
    for (const role of ['Runner/deleter-role', 'Runner/restorer-role']) {
      const lines = linesAt(document, role);
      assert.ok(lines.includes(`s3:DeleteObject on ${own}`), role);
      assert.ok(lines.includes(`s3:DeleteObject on ${adopted}/*`), role);
      assert.ok(!lines.some((line) => /DeleteObject.*snapshot/.test(line)), role);
    }
    assert.ok(linesAt(document, 'Roles/launcher').includes(`s3:DeleteObject on ${adopted}/truncating.lock*`));
  });

  test('br on a machine by its tags: commands go only to machines with these tags', () => {
    const runner = { kind: 'ssm', target: { tags: { role: 'br' } } };
    const { template } = synthesize([clusterDocument('shop', { runner })]);
    const sends = rightsOf(template, 'shop/Roles/launcher').filter(({ actions }) =>
      actions.includes('ssm:SendCommand'),
    );
    assert.deepEqual(
      sends.map(({ resources, condition }) => ({ resources, condition })),
      [
        {
          resources: ['arn:<AWS::Partition>:ssm:<AWS::Region>::document/AWS-RunShellScript'],
          condition: undefined,
        },
        {
          resources: [
            'arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*',
            'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:managed-instance/mi-*',
          ],
          condition: { StringEquals: { 'ssm:resourceTag/role': 'br' } },
        },
      ],
    );
    assert.deepEqual(
      linesOf(rightsOf(template, 'shop/Roles/launcher')).filter((line) => /^(ecs|iam):/.test(line)),
      [],
    );
  });

  test('br on a machine by its id: commands go to that machine', () => {
    const runner = { kind: 'ssm', target: { instanceIds: ['i-0a1b2c3d4e5f60718'] }, document: 'RunBr' };
    const lines = linesAt({ runner }, 'Roles/launcher').filter((line) => line.startsWith('ssm:'));
    assert.deepEqual(lines, [
      'ssm:DescribeInstanceInformation on *',
      'ssm:GetCommandInvocation on *',
      'ssm:SendCommand on arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/i-0a1b2c3d4e5f60718',
      'ssm:SendCommand on arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/RunBr',
    ]);
  });

  test('where there are several machines the choice is kept in parameters of ours', () => {
    const runner = { kind: 'ssm', target: { tags: { role: 'br' } } };
    const lines = linesAt({ runner }, 'Roles/launcher').filter((line) => /^ssm:(?!Send)/.test(line));
    const choices = 'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/tidb-pitr/machines/*';
    assert.deepEqual(lines, [
      `ssm:DeleteParameters on ${choices}`,
      'ssm:DescribeInstanceInformation on *',
      'ssm:GetCommandInvocation on *',
      `ssm:GetParameter on ${choices}`,
      `ssm:GetParametersByPath on ${choices}`,
      `ssm:PutParameter on ${choices}`,
    ]);
  });
});
