// Names of things in AWS as settings write them: ARNs, buckets, networks, roles. Checks their form, never whether they exist.

import { expected, type Reading } from './reading.ts';

const partition = 'arn:aws(-cn|-us-gov|-iso[a-z-]*)?';
const regionName = '[a-z]{2}(-[a-z]+){1,3}-\\d';
const account = '\\d{12}';

/** One kind of name: its form for editors (a regular expression) and the words for people. */
export interface NameForm {
  readonly pattern: string;
  readonly expected: string;
  readonly hint?: string;
}

/** The forms of names; each is a whole-text pattern. */
export const nameForms = {
  cluster: {
    pattern: '^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$',
    expected: 'a name such as shop: up to 32 of a-z, 0-9 and -, from a letter on',
  },
  region: { pattern: `^${regionName}$`, expected: 'a region such as eu-central-1' },
  vpc: { pattern: '^vpc-[0-9a-f]{8,17}$', expected: 'the id of a VPC such as vpc-0a1b2c3d4e5f60718' },
  subnet: {
    pattern: '^subnet-[0-9a-f]{8,17}$',
    expected: 'the id of a subnet such as subnet-0a1b2c3d4e5f60718',
  },
  securityGroup: {
    pattern: '^sg-[0-9a-f]{8,17}$',
    expected: 'the id of a security group such as sg-0a1b2c3d4e5f60718',
  },
  zone: { pattern: '^[a-z]{2}(-[a-z0-9]+){2,6}$', expected: 'an availability zone such as eu-central-1a' },
  secret: {
    pattern: `^(${partition}:secretsmanager:${regionName}:${account}:secret:[A-Za-z0-9/_+=.@-]{1,519}|[A-Za-z0-9/_+=.@-]{1,512})$`,
    expected: 'the name or ARN of a secret in Secrets Manager such as pitr/shop/tls',
  },
  kmsKey: {
    pattern: `^(${partition}:kms:${regionName}:${account}:(key|alias)/[A-Za-z0-9/_-]{1,256}|alias/[A-Za-z0-9/_-]{1,250}|(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}))$`,
    expected: 'a KMS key: its ARN, its id, or alias/name',
  },
  topic: {
    pattern: `^${partition}:sns:${regionName}:${account}:[A-Za-z0-9_-]{1,256}(\\.fifo)?$`,
    expected: 'the ARN of an SNS topic such as arn:aws:sns:eu-central-1:111122223333:pitr',
  },
  eventBus: {
    pattern: `^(${partition}:events:${regionName}:${account}:event-bus/[A-Za-z0-9/_.-]{1,256}|[A-Za-z0-9/_.-]{1,256})$`,
    expected: 'the name or ARN of an EventBridge bus such as ops',
  },
  role: {
    pattern: `^${partition}:iam::${account}:role/[A-Za-z0-9/_+=,.@-]{1,576}$`,
    expected: 'the ARN of a role such as arn:aws:iam::111122223333:role/tikv',
  },
  instance: {
    pattern: '^(i-[0-9a-f]{8,17}|mi-[0-9a-f]{17})$',
    expected: 'the id of an instance such as i-0a1b2c3d4e5f60718',
  },
  document: {
    pattern: `^(${partition}:ssm:${regionName}:${account}:document/)?[A-Za-z0-9_.-]{3,128}$`,
    expected: 'the name or ARN of an SSM document such as AWS-RunShellScript',
  },
  taskName: {
    pattern: '^[0-9A-Za-z_]{1,64}$',
    expected: 'a task name such as pitr: letters, digits and _ only',
    hint: 'br takes no dashes here',
  },
  logFolder: {
    pattern: '^(?!snapshot-)[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$',
    expected: 'the name of one folder such as log-backup, which does not begin with snapshot-',
    hint: 'a log is looked for one folder below bucket.prefix',
  },
  image: {
    pattern:
      '^[a-z0-9][a-z0-9._:-]*(/[a-z0-9._-]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$',
    expected: 'an image such as pingcap/br:v8.5.4',
  },
  path: { pattern: '^/[^\\u0000-\\u001f]{1,1023}$', expected: 'an absolute path such as /etc/tidb/ca.crt' },
} as const satisfies Readonly<Record<string, NameForm>>;

/** The text itself when it is of the form. */
export function readName(text: string, form: NameForm): Reading<string> {
  return new RegExp(form.pattern).test(text) ? { value: text } : expected(form.expected, form.hint);
}

/** For the JSON schema. */
export const bucketPattern = '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$';

/** The rules of S3 for names of buckets. */
export function readBucketName(text: string): Reading<string> {
  const form = 'the name of a bucket such as shop-backup';
  if (/^s3:\/\//i.test(text))
    return expected(form, 'the name alone, without s3://; what follows it is the prefix');
  if (text.startsWith('arn:')) return expected(form, 'the name alone, not the ARN');
  if (text.includes('/')) return expected(form, 'what follows the slash is the prefix');
  if (!new RegExp(bucketPattern).test(text)) {
    return expected(form, '3 to 63 of a-z, 0-9, - and ., with a letter or digit at both ends');
  }
  if (/\.\.|^\d+(\.\d+){3}$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|--x-s3|--table-s3)$/.test(text)) {
    return expected(
      form,
      'S3 does not allow this one: two dots, the form of an IP address, or a reserved beginning or end',
    );
  }
  return { value: text };
}

/** A prefix below which all objects lie; slashes at its ends are dropped, empty means the whole bucket. */
export function readPrefix(text: string): Reading<string> {
  const form = 'a prefix such as backup-data or tidb/shop';
  const prefix = text.replace(/^\/+|\/+$/g, '');
  if (prefix.length > 512) return expected(`${form}, of at most 512 characters`);
  if (prefix.split('/').some((part) => /^\.{1,2}$/.test(part)) || prefix.includes('//')) {
    return expected(form, 'no part between slashes may be empty, "." or ".."');
  }
  if (!/^[A-Za-z0-9!_.*'()/=+@-]*$/.test(prefix)) {
    return expected(form, "letters, digits and ! _ . * ' ( ) = + @ - are safe in every tool");
  }
  return { value: prefix };
}

/** `http://host:port` or `https://…` of what speaks S3 and is not AWS. Comes back without a slash at its end. */
export function readEndpoint(text: string): Reading<string> {
  const form = 'a URL such as http://127.0.0.1:9000';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '') return expected(form);
  if (url.search !== '' || url.hash !== '' || url.pathname !== '/') {
    return expected(form, 'scheme, host and port only');
  }
  return { value: url.origin };
}

/** An https URL that a notification is posted to. */
export function readWebhookUrl(text: string): Reading<string> {
  const form = 'a URL such as https://alerts.example.com/pitr';
  const url = URL.canParse(text) && text.length <= 2048 ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '' || url.username !== '') return expected(form);
  if (url.protocol !== 'https:')
    return expected(form, 'only https: a notification tells what can be attacked');
  return { value: text };
}
