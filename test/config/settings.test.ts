import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { describe } from 'node:test';
import { checkSettings, parseSettings } from '../../lib/config/settings.ts';
import { bucketUrl } from '../../lib/config/settings-bucket.ts';
import { parseStorageUrl } from '../../lib/config/storage-url.ts';
import { PitrError } from '../../lib/domain/errors.ts';

const example = readFileSync(new URL('../../pitr.example.yaml', import.meta.url), 'utf8');
const network = 'vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}';

/** A file with one cluster of these lines; what every cluster needs is there unless a line gives it. */
function cluster(...lines: readonly string[]): string {
  const given = (key: string): boolean => lines.some((line) => line.startsWith(`${key}:`));
  const all = [
    ...(given('name') ? [] : ['name: shop']),
    ...(given('tidbVersion') ? [] : ['tidbVersion: v8.5.4']),
    ...(given('pd') ? [] : ['pd: [10.0.0.1]']),
    ...(given('vpc') || lines.includes('runner: {kind: local}') ? [] : [network]),
    ...lines,
  ];
  return `version: 1\nclusters:\n  - ${all.join('\n    ')}\n`;
}

/** The problems as `severity path message | hint`, and their place for those who ask. */
function told(text: string): readonly string[] {
  return checkSettings(text).problems.map(
    ({ severity, message, hint }) => `${severity}: ${message}${hint === undefined ? '' : ` | ${hint}`}`,
  );
}

describe('a right file', () => {
  test('needs only name, version, PD addresses and VPC of a cluster; all the rest has the defaults of the design', () => {
    const { settings, problems } = checkSettings(cluster());
    assert.deepEqual(problems, []);
    const [shop] = settings?.clusters ?? [];
    assert.deepEqual(shop?.pd, ['http://10.0.0.1:2379']);
    assert.deepEqual(shop?.bucket, {
      kind: 'new',
      name: undefined,
      prefix: 'backup-data',
      region: undefined,
      kmsKey: undefined,
      objectLock: undefined,
    });
    assert.deepEqual(shop?.policy, {
      log: { kind: 'on', taskName: 'pitr' },
      snapshot: {
        schedule: { kind: 'every', days: 2, hour: 0, minute: 0 },
        zone: 'UTC',
        onOverlap: 'skip',
      },
      firstSnapshot: 'now',
      retention: {
        windowMs: 30 * 86_400_000,
        minBases: 2,
        coolOffMs: 86_400_000,
        keepUnfinishedMs: 7 * 86_400_000,
      },
      onFailure: { retries: 3, backoffMs: 300_000, maxBackoffMs: 3_600_000 },
      keeper: { heals: true, attemptsPerHour: 6, onStop: 'restart', onLoss: 'epoch' },
    });
    assert.deepEqual(shop?.objectives, { rpoMs: 600_000, rtoMs: undefined, snapshotsEarly: false });
    assert.deepEqual(shop?.runner, {
      kind: 'fargate',
      cpuUnits: 4096,
      memoryBytes: 16 * 2 ** 30,
      image: 'pingcap/br:v8.5.4',
    });
    assert.deepEqual(shop?.notifications, { snsTopics: [], eventBus: undefined, webhook: undefined });
  });

  test('the example passes without a word', () => {
    assert.deepEqual(told(example), []);
  });

  const lines = example.split('\n');
  for (const [index, line] of lines.entries()) {
    const alternative = /^(\s*)#: (([a-zA-Z]+):.*)$/.exec(line);
    if (alternative === null) continue;
    test(`the example passes with its alternative "${alternative[2]}" in use`, () => {
      const text = withAlternative(lines, index, alternative[1] ?? '', alternative[2] ?? '');
      assert.deepEqual(
        checkSettings(text).problems.filter(({ severity }) => severity === 'error'),
        [],
      );
    });
  }
});

/** The marked line in use; the value of the same key (and, in a webhook, of its other form) goes. */
function withAlternative(lines: readonly string[], index: number, indent: string, line: string): string {
  const key = line.slice(0, line.indexOf(':'));
  const excluded = key === 'secret' ? [key, 'url'] : [key];
  const kept: string[] = [];
  let dropping = false;
  const itemStart = lines.slice(0, index).findLastIndex((one) => /^ {2}- /.test(one));
  const itemEnd = lines.findIndex((one, at) => at > index && /^ {2}- /.test(one));
  let blockStart = index;
  const inBlock = (one: string): boolean => one.startsWith(indent) || one.trim() === '';
  while (blockStart > itemStart && inBlock(lines[blockStart - 1] ?? '')) blockStart -= 1;
  for (const [at, one] of lines.entries()) {
    if (at === index) {
      kept.push(`${indent}${line}`);
      continue;
    }
    const isRival =
      at >= blockStart &&
      (itemEnd < 0 || at < itemEnd) &&
      excluded.some((name) => one.startsWith(`${indent}${name}:`));
    if (isRival) dropping = true;
    else if (dropping && !one.startsWith(`${indent} `)) dropping = false;
    if (!dropping) kept.push(one);
  }
  return kept.join('\n');
}

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

  test('a misspelt key is not told as missing, too', () => {
    assert.deepEqual(told(cluster('tidbVersoin: v8.5.4', 'tidbVersion:')), [
      'error: clusters[0].tidbVersoin is not known in clusters[0] | did you mean tidbVersion?',
    ]);
  });

  test('several mistakes are told at once, in the order of the file, each at its line and column', () => {
    const text =
      'version: 1\nclusters:\n  - name: Shop\n    tidbVersion: v8.5.4\n    pd: [a, "b c"]\n    polcy: {}\n  - name: b\n';
    assert.deepEqual(
      checkSettings(text).problems.map(({ path, line, column }) => `${line}:${column} ${path}`),
      [
        '3:11 clusters[0].name',
        '5:13 clusters[0].pd[1]',
        '6:5 clusters[0].polcy',
        '7:5 clusters[1].tidbVersion',
        '7:5 clusters[1].pd',
      ],
    );
  });

  test('a mistake in one cluster hides no doubt about another', () => {
    const text = `${cluster('name: Shop')}${cluster('name: b', 'policy: {log: off}').split('\n').slice(2).join('\n')}`;
    assert.deepEqual(
      checkSettings(text).problems.map(({ severity, path }) => `${severity} ${path}`),
      ['error clusters[0].name', 'warning clusters[1].policy.log'],
    );
  });

  test('parseSettings throws INVALID_INPUT with the place of the first mistake and all of them as facts', () => {
    assert.throws(
      () => parseSettings(cluster('name: Shop', 'polcy: {}'), 'x.yaml'),
      (error) => {
        assert.ok(error instanceof PitrError);
        assert.equal(error.code, 'INVALID_INPUT');
        assert.match(error.message, /^x\.yaml:6:5?|^x\.yaml:\d+:\d+: clusters\[0\]/);
        assert.match(error.message, /\(and 1 more\)$/);
        assert.equal((error.details['problems'] as readonly unknown[]).length, 2);
        return true;
      },
    );
    assert.equal(parseSettings(cluster()).clusters.length, 1);
  });
});

describe('syntax', () => {
  const mistakes: readonly (readonly [title: string, text: string, place: string, says: RegExp])[] = [
    ['a tab', 'version: 1\n\tclusters: []\n', '2:1', /this is not YAML.*/],
    ['a key twice', 'version: 1\nversion: 1\n', '2:1', /map keys must be unique \| keep one of the two/],
    ['an open bracket', 'version: 1\nclusters: [\n', '3:1', /this is not YAML/],
    [
      'two documents',
      'version: 1\n---\nversion: 1\n',
      '2:1',
      /this is not YAML.*\| a settings file holds one document/,
    ],
    ['an alias to nothing', 'version: *one\n', '1:10', /an alias \(\*name\) needs its anchor/],
  ];
  for (const [title, text, place, says] of mistakes) {
    test(`${title} is told with its place`, () => {
      const { problems, settings } = checkSettings(text);
      assert.equal(settings, undefined);
      assert.ok(
        problems.some(({ line, column }) => `${line}:${column}` === place),
        JSON.stringify(problems),
      );
      assert.match(told(text).join('\n'), says);
    });
  }

  test('anchors, aliases and merge keys may be used to say a thing once', () => {
    const text = `${cluster('policy: &usual {retention: {window: 60d}}')}${cluster('name: b', 'pd: [10.0.0.2]', 'policy: {<<: *usual, firstSnapshot: scheduled}').split('\n').slice(2).join('\n')}`;
    const { settings, problems } = checkSettings(text);
    assert.deepEqual(problems, []);
    assert.equal(settings?.clusters[1]?.policy.retention.windowMs, 60 * 86_400_000);
  });

  test('a key with nothing after it counts as not written', () => {
    assert.deepEqual(told(cluster('policy:', 'bucket:')), []);
  });

  test('what would eat the memory or the stack is refused at once', () => {
    const bomb = `a: &a [${'x,'.repeat(20)}]\n${[...'bcdefgh'].map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(20)}]`).join('\n')}\n`;
    for (const text of [
      '['.repeat(100_000),
      '- '.repeat(100_000),
      `${' x:\n'.repeat(3)}${'a: '.repeat(50_000)}`,
      'x'.repeat(1_000_000),
      bomb,
    ]) {
      const { settings, problems } = checkSettings(text);
      assert.equal(settings, undefined);
      assert.ok(problems.length > 0);
    }
  });
});

describe('secrets', () => {
  const key = ['AKIA', 'ABCDEFGHIJKLMNOP'].join('');
  const files: readonly (readonly [title: string, text: string, secret: string, says: RegExp])[] = [
    [
      'an access key of AWS',
      cluster(`bucket: {name: ${key}}`),
      key,
      /bucket\.name holds an access key of AWS/,
    ],
    ['an access key in a comment', cluster(`# ${key}`), key, /this line holds|holds an access key/],
    [
      'a password in a URL',
      cluster('pd: ["http://root:hunter2@10.0.0.1:2379"]'),
      'hunter2',
      /pd\[0\] holds a user and password in a URL/,
    ],
    [
      'a key in a URL',
      cluster('bucket: {prefix: "a?secret-access-key=hunter2"}'),
      'hunter2',
      /holds a key in a URL/,
    ],
    [
      'a private key',
      cluster('tls:', '  key: |', `    ${['-----BEGIN', 'PRIVATE KEY-----'].join(' ')}`, '    hunter2'),
      'hunter2',
      /tls\.key holds a private key or certificate in PEM.* name it as tls\.secret/,
    ],
    [
      'a webhook that is a secret',
      cluster('notifications: {webhook: {url: https://hooks.slack.com/services/T0/B0/hunter2}}'),
      'hunter2',
      /name it as notifications\.webhook\.secret/,
    ],
    [
      'a key that is named like a secret',
      cluster('password: hunter2'),
      'hunter2',
      /password is a secret by its name/,
    ],
    [
      'a secret access key',
      cluster('bucket: {secretAccessKey: hunter2}'),
      'hunter2',
      /secretAccessKey is a secret by its name/,
    ],
    ['a secret in a file that is not YAML', `a: [\n# ${key}\n`, key, /holds an access key/],
    [
      'a secret that came by an alias',
      cluster('x: &a "http://root:hunter2@h"', 'pd: [*a]'),
      'hunter2',
      /x holds a user and password/,
    ],
  ];
  for (const [title, text, secret, says] of files) {
    test(`${title} is refused with the reason and never repeated`, () => {
      assert.equal(checkSettings(text).settings, undefined);
      const found = told(text).join('\n');
      assert.match(found, says);
      assert.match(found, /settings hold no secrets/);
      assert.ok(!JSON.stringify(checkSettings(text)).includes(secret), found);
    });
  }
});

describe('doubts', () => {
  const doubts: readonly (readonly [title: string, text: string, ...says: readonly RegExp[]])[] = [
    [
      'a version before v6.5',
      cluster('tidbVersion: v6.1.0'),
      /log backup is an experiment/,
      /old log is never truncated/,
      /cannot continue an interrupted snapshot/,
    ],
    [
      'a load balancer before PD',
      cluster('pd: [pd-1.elb.eu-central-1.amazonaws.com]'),
      /pd\[0\] is a load balancer/,
    ],
    [
      'a window shorter than two intervals',
      cluster('policy: {retention: {window: 3d}}'),
      /window is 3d and snapshots are up to 2d apart.* \| write at least 4d/,
    ],
    [
      'a schedule with long pauses',
      cluster('policy: {snapshot: {schedule: cron(0 0 1 * ? *)}, retention: {window: 90d}}'),
      /leaves up to 31d between snapshots/,
    ],
    [
      'snapshots by the minute',
      cluster('policy: {snapshot: {schedule: rate(30 minutes)}, onFailure: {retries: 0}}'),
      /less than an hour apart/,
    ],
    [
      'a schedule that ends',
      cluster('policy: {snapshot: {schedule: cron(0 0 * * ? 2026-2027)}}'),
      /ends with the year 2027/,
    ],
    [
      'a time that summer time leaves out',
      cluster('policy: {snapshot: {schedule: every day at 02:30, zone: Europe/Berlin}}'),
      /there is no 2027-03-28 02:30 in Europe\/Berlin.*AWS leaves that firing out/,
    ],
    [
      'midnight where summer time begins at midnight',
      cluster('policy: {snapshot: {schedule: every day at 00:00, zone: Asia/Beirut}}'),
      /there is no \d{4}-03-\d\d 00:00 in Asia\/Beirut/,
    ],
    [
      'retries longer than the interval',
      cluster('policy: {snapshot: {schedule: rate(2 hours)}, onFailure: {retries: 10}}'),
      /onFailure waits .* and the next snapshot begins after 2h/,
    ],
    ['no log', cluster('policy: {log: off}'), /only the moments of the snapshots themselves/],
    [
      'an objective below the flush',
      cluster('objectives: {rpo: 1m}'),
      /TiKV writes the log every 3 to 5 minutes/,
    ],
    [
      'a bucket without its region on one machine',
      cluster('runner: {kind: local}', 'bucket: {name: lab}'),
      /bucket\.region is missing: TiKV then takes/,
    ],
    ['a bucket with a dot', cluster('bucket: {name: a.b.c}'), /certificates of S3 do not cover/],
    [
      'a lock that TiKV cannot write',
      cluster('tidbVersion: v7.5.0', 'bucket: {objectLock: {retention: 7d}}'),
      /cannot write its log to such a bucket \| it can from v8\.0 on/,
    ],
    [
      'a lock longer than the window',
      cluster('bucket: {objectLock: {retention: 60d}}'),
      /retention is longer than policy\.retention\.window/,
    ],
    ['little memory', cluster('runner: {kind: fargate, memory: 8GiB}'), /runner\.memory is less than 16GiB/],
  ];
  for (const [title, text, ...says] of doubts) {
    test(`${title} is a warning, and the file still counts`, () => {
      const { settings, problems } = checkSettings(text);
      assert.ok(settings !== undefined, told(text).join('\n'));
      assert.ok(problems.length > 0 && problems.every(({ severity }) => severity === 'warning'));
      for (const say of says) assert.match(told(text).join('\n'), say);
    });
  }
});

describe('two clusters', () => {
  const two = (first: readonly string[], second: readonly string[]): string =>
    `${cluster(...first)}${cluster(...second)
      .split('\n')
      .slice(2)
      .join('\n')}`;

  test('must not have one name', () => {
    assert.match(
      told(two([], ['pd: [10.0.0.2]'])).join(),
      /clusters\[1\]\.name is "shop" and so is clusters\[0\]\.name/,
    );
  });
  test('must not have one PD', () => {
    assert.match(
      told(two([], ['name: b'])).join(),
      /clusters\[1\]\.pd\[0\] is an address of clusters\[0\], too/,
    );
  });
  test('must not have one place in a bucket, nor one inside the other', () => {
    const within = (a: string, b: string) =>
      told(
        two(
          [`bucket: {name: x-y, prefix: "${a}"}`],
          ['name: b', 'pd: [10.0.0.2]', `bucket: {name: x-y, prefix: "${b}"}`],
        ),
      );
    assert.match(within('a', 'a').join(), /lies in the place of clusters\[0\]\.bucket/);
    assert.match(within('a/b', 'a').join(), /lies in the place/);
    assert.match(within('', 'a').join(), /lies in the place/);
    assert.deepEqual(within('a', 'ab'), []);
  });
});

describe('the place of a backup', () => {
  const urlOf = (...lines: readonly string[]) => {
    const bucket = parseSettings(cluster(...lines)).clusters[0]?.bucket;
    assert.ok(bucket);
    return bucketUrl(bucket, 'made-by-the-stack');
  };

  test('is a URL that our readers and br take', () => {
    assert.equal(urlOf(), 's3://made-by-the-stack/backup-data');
    assert.equal(
      urlOf('bucket: {name: shop-backup, prefix: "tidb/a+b", region: eu-central-1}'),
      's3://shop-backup/tidb/a%2Bb?region=eu-central-1',
    );
    const local = 'runner: {kind: local}';
    assert.equal(urlOf(local, 'bucket: {folder: "/backup/my shop/"}'), 'local:///backup/my%20shop');
    const url = urlOf(local, 'bucket: {name: lab, prefix: "", endpoint: "http://127.0.0.1:9000", region: r}');
    const location = parseStorageUrl(url ?? '');
    assert.deepEqual(location, {
      kind: 's3',
      bucket: 'lab',
      prefix: '',
      region: 'r',
      endpoint: 'http://127.0.0.1:9000',
      forcePathStyle: true,
    });
  });

  test('has no URL while nobody knows the name of a new bucket', () => {
    const bucket = parseSettings(cluster()).clusters[0]?.bucket;
    assert.ok(bucket);
    assert.equal(bucketUrl(bucket), undefined);
  });
});
