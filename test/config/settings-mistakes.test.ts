import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSettings } from '../../lib/config/settings.ts';
import { cluster, told } from '../support/settings-text.ts';

describe('every mistake is explained', () => {
  const mistakes: readonly (readonly [title: string, text: string, ...says: readonly RegExp[]])[] = [
    [
      'an empty file',
      '',
      /version is missing, expected 1 \| add for example version: 1/,
      /clusters is missing/,
    ],
    ['a file that is no mapping', '- a\n', /the file is a list, expected a mapping/],
    ['another version of the form', 'version: 2\nclusters: [{}]\n', /version is the number 2, expected 1/],
    [
      'no clusters',
      'version: 1\nclusters: []\n',
      /clusters is a list, expected a list with at least one item/,
    ],
    [
      'a missing field, with an example',
      cluster('name:'),
      /clusters\[0\]\.name is missing.* \| add for example name: shop/,
    ],
    [
      'a name with capitals',
      cluster('name: Shop'),
      /clusters\[0\]\.name is "Shop", expected a name such as shop/,
    ],
    [
      'a version that YAML takes for a number',
      cluster('tidbVersion: 8.5'),
      /tidbVersion is the number 8\.5.* \| put it in quotes/,
    ],
    [
      'a version without its third number',
      cluster('tidbVersion: "8.5"'),
      /tidbVersion is "8\.5".* all three numbers count/,
    ],
    [
      'a version before log backup',
      cluster('tidbVersion: v5.4.3'),
      /at least v6\.1\.0 \| older versions have no log backup/,
    ],
    ['a version of the future', cluster('tidbVersion: v10.0.0'), /expected v6\.1\.0 to v9 \| .*newer pitr/],
    [
      'one PD address that is no list',
      cluster('pd: 10.0.0.1:2379'),
      /expected a list.* \| write it as a list of one: \[10\.0\.0\.1:2379\]/,
    ],
    [
      'the port of TiDB',
      cluster('pd: [10.0.0.1:4000]'),
      /pd\[0\] is "10\.0\.0\.1:4000".* 4000 is TiDB’s port/,
    ],
    [
      'an address twice',
      cluster('pd: [10.0.0.1, "10.0.0.1:2379"]'),
      /pd\[1\] is 10\.0\.0\.1:2379 a second time/,
    ],
    ['an address with a path', cluster('pd: [http://10.0.0.1:2379/pd]'), /host and port only/],
    ['https without a certificate', cluster('pd: [https://10.0.0.1]'), /https address and there is no tls/],
    [
      'http with a certificate',
      cluster('pd: [http://10.0.0.1]', 'tls: {secret: a}'),
      /http address and tls is given, expected https/,
    ],
    [
      'this machine as PD for AWS',
      cluster('pd: [127.0.0.1]'),
      /expected an address that can be reached from the VPC/,
    ],
    [
      'files of a certificate for AWS',
      cluster('tls: {ca: /a, cert: /b, key: /c}'),
      /tls has files, expected a secret/,
    ],
    [
      'half of a certificate',
      cluster('runner: {kind: local}', 'tls: {ca: /a}', 'bucket: {folder: /b}'),
      /tls is not whole, expected ca, cert and key/,
    ],
    [
      'a secret for one machine',
      cluster('runner: {kind: local}', 'tls: {secret: a}', 'bucket: {folder: /b}'),
      /tls\.secret is given to the local runner/,
    ],
    [
      'no network',
      cluster('vpc:'),
      /vpc is missing, expected id, subnets and securityGroup for the runner fargate/,
    ],
    [
      'zones that do not match the subnets',
      cluster(
        'vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d, availabilityZones: [eu-central-1a, eu-central-1b]}',
      ),
      /availabilityZones has 2 items and vpc\.subnets 1/,
    ],
    ['a bucket as a URL', cluster('bucket: {name: s3://backup/x}'), /the name alone, without s3:\/\//],
    ['a bucket that cannot be', cluster('bucket: {name: Backup_1}'), /3 to 63 of a-z/],
    ['a prefix with dots', cluster('bucket: {prefix: a/../b}'), /no part between slashes may be empty/],
    [
      'an endpoint for AWS',
      cluster('bucket: {name: shop, endpoint: "http://10.0.0.9:9000"}'),
      /bucket\.endpoint is given and the runner is not local/,
    ],
    [
      'a folder for AWS',
      cluster('bucket: {folder: /backup}'),
      /bucket\.folder is given and the runner is not local/,
    ],
    [
      'a bucket to be made on one machine',
      cluster('runner: {kind: local}'),
      /bucket is to be made and the runner is local/,
    ],
    [
      'a region that is none',
      cluster('bucket: {name: shop, region: frankfurt}'),
      /expected a region such as eu-central-1/,
    ],
    [
      'a key of another region',
      cluster(
        'bucket: {name: shop, region: eu-central-1, kmsKey: "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"}',
      ),
      /is a key of us-east-1 and the bucket is in eu-central-1/,
    ],
    [
      'a lock on a bucket that is there',
      cluster('bucket: {name: shop, objectLock: {retention: 7d}}'),
      /expected it on a new one only/,
    ],
    ['a lock of half a day', cluster('bucket: {objectLock: {retention: 36h}}'), /not a number of whole days/],
    [
      'a length of time without a unit',
      cluster('policy: {retention: {window: "30"}}'),
      /window is "30".* \| a number alone has no unit: write 30d/,
    ],
    [
      'a number where a length of time belongs',
      cluster('policy: {retention: {window: 30}}'),
      /window is the number 30, expected a length of time from 1h/,
    ],
    ['a window too long', cluster('policy: {retention: {window: 9999d}}'), /from 1h to 3650d/],
    [
      'a count that is none',
      cluster('policy: {retention: {minBases: 0}}'),
      /minBases is the number 0, expected a whole number from 1 to 1000/,
    ],
    [
      'a task name that br refuses',
      cluster('policy: {logTaskName: my-task}'),
      /letters, digits and _ only \| br takes no dashes here/,
    ],
    [
      'a word that is near another',
      cluster('policy: {firstSnapshot: nwo}'),
      /expected one of now, scheduled \| did you mean now\?/,
    ],
    [
      'a log that is neither on nor off',
      cluster('policy: {log: maybe}'),
      /log is "maybe", expected on or off/,
    ],
    [
      'a zone that is misspelt',
      cluster('policy: {snapshot: {zone: Europe/Berln}}'),
      /did you mean Europe\/Berlin\?/,
    ],
    ['a zone by its city', cluster('policy: {snapshot: {zone: Shanghai}}'), /did you mean Asia\/Shanghai\?/],
    [
      'a zone as an offset',
      cluster('policy: {snapshot: {zone: "+08:00"}}'),
      /an offset knows no summer time/,
    ],
    [
      'a schedule of a crontab',
      cluster('policy: {snapshot: {schedule: 0 0 */2 * *}}'),
      /write cron\(0 0 \*\/2 \* \? \*\)/,
    ],
    [
      'a longest wait below the first',
      cluster('policy: {onFailure: {backoff: 1h, maxBackoff: 5m}}'),
      /maxBackoff is less than policy\.onFailure\.backoff/,
    ],
    [
      'a runner that is misspelt',
      cluster('runner: {kind: fargat}'),
      /expected one of fargate, ssm, local \| did you mean fargate\?/,
    ],
    ['a runner without its kind', cluster('runner: {cpu: 4}'), /runner\.kind is missing/],
    [
      'a task that Fargate does not have',
      cluster('runner: {kind: fargate, cpu: 4, memory: 64GiB}'),
      /memory is 64GiB, expected 8GiB to 30GiB in steps of 1GiB/,
    ],
    [
      'vCPUs that Fargate does not have',
      cluster('runner: {kind: fargate, cpu: 3}'),
      /cpu is 3, expected one of 0\.25, 0\.5, 1, 2, 4, 8, 16/,
    ],
    ['a decimal size', cluster('runner: {kind: fargate, memory: 16GB}'), /memory is "16GB".* \| write 16GiB/],
    [
      'br of another version',
      cluster('runner: {kind: fargate, image: "pingcap/br:v8.1.0"}'),
      /has the tag v8\.1\.0 and the cluster is v8\.5\.4/,
    ],
    [
      'no target of Run Command',
      cluster('runner: {kind: ssm, target: {}}'),
      /runner\.target needs one of instanceIds and tags/,
    ],
    [
      'a field of another runner',
      cluster('runner: {kind: local, cpu: 4}', 'bucket: {folder: /b}'),
      /runner\.cpu is not known in clusters\[0\]\.runner \| cpu belongs/,
    ],
    [
      'br by path and by tiup',
      cluster('runner: {kind: ssm, target: {tags: {a: b}}, brPath: /br, tiup: true}'),
      /runner\.tiup is true and runner\.brPath is given/,
    ],
    [
      'our own engine for metas that do not tell enough',
      cluster('tidbVersion: v6.1.7', 'policy: {retention: {engine: native}}'),
      /policy\.retention\.engine is native and tidbVersion is v6\.1\.7, expected v6\.2\.0 or later/,
    ],
    ['a webhook without TLS', cluster('notifications: {webhook: {url: "http://a.example/x"}}'), /only https/],
    [
      'an unknown key',
      cluster('frobnicate: 1'),
      /frobnicate is not known in clusters\[0\] \| known are name, tidbVersion, pd/,
    ],
    ['a misspelt key', cluster('polcy: {}'), /polcy is not known in clusters\[0\] \| did you mean policy\?/],
    [
      'a key in another style',
      cluster('policy: {log_task_name: x}'),
      /log_task_name is not known.* \| did you mean logTaskName\?/,
    ],
    [
      'a key in the wrong place',
      cluster('zone: UTC'),
      /zone is not known in clusters\[0\] \| zone belongs below clusters\[\]\.policy\.snapshot/,
    ],
    ['a key that is a trap of the language', cluster('__proto__: 1'), /__proto__ is not known/],
  ];
  for (const [title, text, ...says] of mistakes) {
    test(title, () => {
      assert.equal(checkSettings(text).settings, undefined);
      const found = told(text).join('\n');
      for (const say of says) assert.match(found, say);
    });
  }
});
