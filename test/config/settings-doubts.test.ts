import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSettings } from '../../lib/config/settings.ts';
import { cluster, told } from '../support/settings-text.ts';

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
    [
      'our own engine beside a br that it was not compared with',
      cluster('policy: {retention: {engine: native}}'),
      /engine is native: its cuts were compared with those of br v9\.0\.0-beta\.2, and not with those of v8\.5\.4/,
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
  test('our own engine is none beside the br that it was compared with', () => {
    assert.deepEqual(
      told(cluster('tidbVersion: v9.0.0-beta.2', 'policy: {retention: {engine: native}}')),
      [],
    );
  });

  for (const [title, text, ...says] of doubts) {
    test(`${title} is a warning, and the file still counts`, () => {
      const { settings, problems } = checkSettings(text);
      assert.ok(settings !== undefined, told(text).join('\n'));
      assert.ok(problems.length > 0 && problems.every(({ severity }) => severity === 'warning'));
      for (const say of says) assert.match(told(text).join('\n'), say);
    });
  }
});
