// The shape of `pitr.yaml` as a zod schema: every key, its meaning, its default. What two keys mean together is decided in
// settings-rules.ts; the JSON schema for editors is made from this.

import * as z from 'zod';
import {
  bucketPattern,
  nameForms,
  readBucketName,
  readEndpoint,
  readPrefix,
  readWebhookUrl,
} from './aws-names.ts';
import { pdPattern, readPdAddress } from './pd-address.ts';
import { policy } from './policy-schema.ts';
import { runner } from './runner-schema.ts';
import { choiceField, durationField, listField, mapField, nameField, textField } from './settings-fields.ts';
import { readTidbVersion } from './tidb-version.ts';

const secretId = (description: string) => nameField(nameForms.secret, description, 'pitr/shop/tls');
const file = (description: string, example: string) => nameField(nameForms.path, description, example);

const tls = mapField(
  {
    secret: secretId('Secret with a JSON object of `ca`, `cert` and `key` in PEM').optional(),
    ca: file('Local runner: file of the CA', '/etc/pitr/ca.crt').optional(),
    cert: file('Local runner: file of the client certificate', '/etc/pitr/client.crt').optional(),
    key: file('Local runner: file of the client key', '/etc/pitr/client.key').optional(),
  },
  'Client certificate for PD, TiKV and TiDB. Without it the connection is plain',
  { oneOf: [{ required: ['secret'] }, { required: ['ca', 'cert', 'key'] }] },
);

const vpc = mapField(
  {
    id: nameField(nameForms.vpc, 'VPC from which PD, TiKV and S3 can be reached', 'vpc-0a1b2c3d4e5f60718'),
    subnets: listField(
      nameField(nameForms.subnet, 'Id of a subnet', 'subnet-0a1b2c3d4e5f60718'),
      1,
      'Subnets of functions and br; they need gateway endpoints for S3 and DynamoDB, no NAT',
      ['subnet-0a1b2c3d4e5f60718'],
    ),
    securityGroup: nameField(
      nameForms.securityGroup,
      'Security group that may reach PD (2379), TiKV (20160, 20180) and TiDB (10080)',
      'sg-0a1b2c3d4e5f60718',
    ),
    availabilityZones: listField(
      nameField(nameForms.zone, 'Availability zone', 'eu-central-1a'),
      1,
      'Availability zones of the subnets, in their order. Left out: found out at deployment',
      ['eu-central-1a'],
    ).optional(),
  },
  'Network of functions and br. Needed unless the runner is local',
);

const objectLock = mapField(
  {
    mode: choiceField(
      ['governance', 'compliance'],
      'S3 Object Lock mode; nobody can end compliance early',
    ).prefault('governance'),
    retention: durationField('1d', '3650d', 'How long no object can be deleted, in whole days', '7d'),
  },
  'S3 Object Lock of a new bucket. Old log cannot be removed before it ends, so keep it short',
);

const bucket = mapField(
  {
    name: textField('the name of a bucket such as shop-backup', readBucketName, {
      description: 'Name of a bucket that is there. Left out: the stack makes one',
      examples: ['shop-backup'],
      pattern: bucketPattern,
    }).optional(),
    create: z
      .boolean({ error: () => 'true or false' })
      .meta({
        description: 'true: the stack makes the bucket `name`. Default: true without a name, false with one',
      })
      .optional(),
    prefix: textField('a prefix such as backup-data', readPrefix, {
      description: 'Below it lie snapshot-*/ and log-backup/',
      examples: ['backup-data', 'tidb/shop'],
    }).prefault('backup-data'),
    region: textField(
      nameForms.region.expected,
      // What is not AWS has regions of its own; settings-rules.ts checks those of AWS.
      (text) =>
        /^[A-Za-z0-9-]{1,40}$/.test(text) ? { value: text } : { expected: nameForms.region.expected },
      { description: 'Region of the bucket. Left out: the region of the stack', examples: ['eu-central-1'] },
    ).optional(),
    kmsKey: nameField(
      nameForms.kmsKey,
      'KMS key of the bucket. Left out: S3’s own keys',
      'alias/shop-backup',
    ).optional(),
    objectLock: objectLock.optional(),
    endpoint: textField('a URL such as http://127.0.0.1:9000', readEndpoint, {
      description: 'Local runner: what speaks S3 and is not AWS',
      examples: ['http://127.0.0.1:9000'],
    }).optional(),
    folder: file(
      'Local runner: a folder that this machine and every TiKV share, instead of a bucket',
      '/backup/shop',
    ).optional(),
  },
  'Where the backup lies. Left out: the stack makes a bucket',
);

const objectives = mapField(
  {
    rpo: durationField(
      '1m',
      '7d',
      'How much may be lost: an alarm when the log lags further behind',
      '10m',
    ).prefault('10m'),
    rto: durationField(
      '1m',
      '30d',
      'How long a restore may take; it is compared with the expected time',
      '4h',
    ).optional(),
    snapshotsEarly: z
      .boolean({ error: () => 'true or false' })
      .meta({
        description:
          'true: a snapshot is taken before its time where a restore would take longer than rto, and it helps',
      })
      .prefault(false),
  },
  'What is promised to the business',
);

const webhook = mapField(
  {
    url: textField('a URL such as https://alerts.example.com/pitr', readWebhookUrl, {
      description: 'URL that holds no secret',
      examples: ['https://alerts.example.com/pitr'],
    }).optional(),
    secret: secretId('Secret that holds the URL, for one that is a secret itself').optional(),
  },
  'An https URL that is told in JSON',
  { oneOf: [{ required: ['url'] }, { required: ['secret'] }] },
);

const notifications = mapField(
  {
    sns: listField(
      nameField(nameForms.topic, 'ARN of a topic', 'arn:aws:sns:eu-central-1:111122223333:pitr'),
      1,
      'SNS topics',
      ['arn:aws:sns:eu-central-1:111122223333:pitr'],
    ).optional(),
    eventBus: nameField(nameForms.eventBus, 'EventBridge bus. Left out: the default bus', 'ops').optional(),
    webhook: webhook.optional(),
  },
  'Who is told',
);

/** One item of `clusters`. */
export const clusterSchema = mapField(
  {
    name: nameField(nameForms.cluster, 'Name of the cluster in commands and alarms', 'shop'),
    tidbVersion: textField('the version of the cluster such as v8.5.4', readTidbVersion, {
      description: 'Version of TiDB: v6.1.0 or later, best v6.5.0 or later; br of the same one is run',
      examples: ['v8.5.4'],
      pattern: '^v?\\d+\\.\\d+\\.\\d+([-+].+)?$',
    }),
    pd: listField(
      textField('an address of PD such as 10.0.1.11:2379', readPdAddress, {
        description: 'host:port, with http:// or https:// before it when you like',
        examples: ['10.0.1.11:2379'],
        pattern: pdPattern,
      }),
      1,
      'Addresses of PD; all of them, so that one may be down',
      ['10.0.1.11:2379'],
    ),
    tls: tls.optional(),
    vpc: vpc.optional(),
    bucket: bucket.prefault({}),
    tikvRole: nameField(
      nameForms.role,
      'Role of the TiKV machines; it gets the rights it needs on the bucket',
      'arn:aws:iam::111122223333:role/tikv',
    ).optional(),
    policy: policy.prefault({}),
    objectives: objectives.prefault({}),
    runner: runner.prefault({ kind: 'fargate' }),
    notifications: notifications.prefault({}),
  },
  'A TiDB cluster',
);

/** What zod makes of one item of `clusters`. */
export type ClusterShape = z.output<typeof clusterSchema>;

const fileShape = {
  version: z.literal(1, { error: () => '1' }).meta({ description: 'Version of this file’s form' }),
};
const clustersWords = 'The clusters that are kept';

/** The file with its clusters left unread: each is read by itself, so that a mistake in one hides nothing in another. */
export const fileSchema = mapField(
  { ...fileShape, clusters: listField(z.unknown(), 1, clustersWords) },
  'Settings of pitr',
);

/** The whole file, for the JSON schema. */
export const wholeFileSchema = mapField(
  { ...fileShape, clusters: listField(clusterSchema, 1, clustersWords) },
  'Settings of pitr',
);
