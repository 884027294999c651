import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import {
  nameForms,
  readBucketName,
  readEndpoint,
  readName,
  readPrefix,
  readWebhookUrl,
} from '../../lib/config/aws-names.ts';
import { formatDurationSetting, readDuration } from '../../lib/config/duration.ts';
import { nearestWord } from '../../lib/config/nearest-word.ts';
import { pdListOf, readPdAddress } from '../../lib/config/pd-address.ts';
import type { Reading } from '../../lib/config/reading.ts';
import { formatSizeSetting, readSize } from '../../lib/config/size.ts';
import { canLock, readTidbVersion, whatFallsAway } from '../../lib/config/tidb-version.ts';
import { clockJumps, readZone } from '../../lib/config/zone.ts';
import { parseVersion } from '../../lib/domain/versions.ts';

/** The value, or `! hint`. */
function answer<T>(reading: Reading<T>): T | string {
  return 'value' in reading ? reading.value : `! ${reading.hint ?? reading.expected}`;
}

describe('lengths of time and sizes', () => {
  test('units may be combined, the larger first', () => {
    assert.equal(answer(readDuration('30d')), 30 * 86_400_000);
    assert.equal(answer(readDuration('1d12h')), 36 * 3_600_000);
    assert.equal(answer(readDuration('1d1h1m1s')), 90_061_000);
    assert.equal(answer(readDuration('0s')), 0);
    for (const text of ['', '30', 'd', '12h1d', '1.5d', '-1d', '1 d', '1D', '99999999d', '1d ']) {
      assert.match(String(answer(readDuration(text))), /^!/, text);
    }
  });

  test('what is written back is short and reads the same', () => {
    for (const text of ['30d', '1d12h', '45s', '0s', '365d6h']) {
      assert.equal(formatDurationSetting(Number(answer(readDuration(text)))), text);
    }
    for (const text of ['16GiB', '512MiB', '1TiB', '1KiB']) {
      assert.equal(formatSizeSetting(Number(answer(readSize(text)))), text);
    }
  });

  test('sizes are binary; the hint for a decimal one names the nearest form', () => {
    assert.equal(answer(readSize('0.5GiB')), 2 ** 29);
    assert.equal(answer(readSize('16GB')), '! write 16GiB');
    assert.equal(answer(readSize('16g')), '! write 16GiB');
    assert.match(String(answer(readSize('16'))), /^! the units are/);
  });
});

describe('addresses of PD', () => {
  const read = (text: string) => answer(readPdAddress(text));
  test('a port and a scheme may be left out, and IPv6 stands in brackets', () => {
    assert.deepEqual(read('10.0.0.1'), { host: '10.0.0.1', port: 2379, scheme: undefined });
    assert.deepEqual(read('HTTPS://x'), '! host and port only: no path, no options');
    assert.deepEqual(read('https://PD-0.internal:12379/'), {
      host: 'pd-0.internal',
      port: 12_379,
      scheme: 'https',
    });
    assert.deepEqual(read('http://[fd00::1]:2379'), { host: '[fd00::1]', port: 2379, scheme: 'http' });
  });
  test('what cannot be PD is refused with the reason', () => {
    for (const text of [
      '',
      'a b',
      'http://',
      'tikv://a:2379',
      'a:0',
      'a:65536',
      'a:2379?x',
      'a:2379/v2',
      'a:b',
      '10.0.0.1:2379,10.0.0.2:2379',
      '10.0.0.1:20160',
    ]) {
      assert.match(String(read(text)), /^!/, text);
    }
  });
  test('the list for br has hosts and ports only', () => {
    assert.equal(pdListOf(['http://a:2379', 'https://[fd00::1]:2379']), 'a:2379,[fd00::1]:2379');
  });
});

describe('names in AWS', () => {
  test('every form takes real names and refuses others', () => {
    const names: Readonly<
      Record<keyof typeof nameForms, readonly [good: readonly string[], bad: readonly string[]]>
    > = {
      cluster: [
        ['a', 'shop', 'shop-2'],
        ['', '2a', 'a-', 'A', 'a_b', 'x'.repeat(33)],
      ],
      region: [
        ['eu-central-1', 'us-gov-west-1', 'cn-north-1', 'ap-southeast-4'],
        ['eu-central', 'frankfurt', 'eu-central-1a'],
      ],
      logFolder: [
        ['log-backup', 'logs', '_pitr.2'],
        ['', '-x', '.x', 'a/b', 'logs/', 'snapshot-1'],
      ],
      vpc: [
        ['vpc-0a1b2c3d', 'vpc-0a1b2c3d4e5f60718'],
        ['vpc-', 'subnet-0a1b2c3d', 'vpc-0A1B2C3D'],
      ],
      subnet: [['subnet-0a1b2c3d'], ['subnet-xyz', 'vpc-0a1b2c3d']],
      securityGroup: [['sg-0a1b2c3d'], ['sg-', 'default']],
      zone: [
        ['eu-central-1a', 'us-west-2-lax-1a'],
        ['eu', 'a b'],
      ],
      secret: [
        ['pitr/shop/tls', 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:pitr/tls-AbCdEf'],
        ['', 'a b', 'arn:aws:s3:::x'],
      ],
      kmsKey: [
        [
          'alias/x',
          '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
          'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
          'arn:aws-cn:kms:cn-north-1:111122223333:alias/x',
        ],
        ['x', 'arn:aws:kms:eu-central-1:1:key/x'],
      ],
      topic: [
        ['arn:aws:sns:eu-central-1:111122223333:pitr', 'arn:aws:sns:eu-central-1:111122223333:a.fifo'],
        ['pitr', 'arn:aws:sqs:eu-central-1:111122223333:pitr'],
      ],
      eventBus: [
        ['ops', 'arn:aws:events:eu-central-1:111122223333:event-bus/ops'],
        ['', 'a b'],
      ],
      role: [['arn:aws:iam::111122223333:role/path/tikv'], ['tikv', 'arn:aws:iam::111122223333:user/tikv']],
      instance: [
        ['i-0a1b2c3d4e5f60718', 'mi-0a1b2c3d4e5f60718'],
        ['i-', 'x'],
      ],
      document: [
        ['AWS-RunShellScript', 'arn:aws:ssm:eu-central-1:111122223333:document/x-y'],
        ['ab', 'a b c'],
      ],
      taskName: [
        ['pitr', 'Task_1'],
        ['my-task', '', 'a b'],
      ],
      image: [
        [
          'pingcap/br:v8.5.4',
          '111122223333.dkr.ecr.eu-central-1.amazonaws.com/br:v8.5.4',
          'localhost:5000/a/b',
          `a@sha256:${'0'.repeat(64)}`,
        ],
        ['', 'A/B', 'a b'],
      ],
      path: [
        ['/a', '/etc/pitr/ca.crt'],
        ['a', './a', ''],
      ],
    };
    for (const [form, [good, bad]] of Object.entries(names) as [
      keyof typeof nameForms,
      (typeof names)['vpc'],
    ][]) {
      for (const name of good) assert.equal(answer(readName(name, nameForms[form])), name);
      for (const name of bad) assert.match(answer(readName(name, nameForms[form])), /^! /, `${form} ${name}`);
    }
  });

  test('buckets follow the rules of S3', () => {
    for (const name of ['abc', 'shop-backup', 'a.b.c', '1-2'])
      assert.equal(answer(readBucketName(name)), name);
    for (const name of [
      'ab',
      'A-b',
      'a_b',
      '-ab',
      'a..b',
      '10.0.0.1',
      'xn--a',
      'x-s3alias',
      'arn:aws:s3:::x',
      's3://x',
      'a/b',
      'x'.repeat(64),
    ]) {
      assert.match(answer(readBucketName(name)), /^! /, name);
    }
  });

  test('a prefix loses the slashes at its ends and has no empty part', () => {
    assert.equal(answer(readPrefix('/a/b/')), 'a/b');
    assert.equal(answer(readPrefix('')), '');
    for (const prefix of ['a//b', 'a/../b', './a', 'a b', 'ä', 'x'.repeat(600)])
      assert.match(answer(readPrefix(prefix)), /^! /, prefix);
  });

  test('URLs have the parts that they may have', () => {
    assert.equal(answer(readEndpoint('http://127.0.0.1:9000/')), 'http://127.0.0.1:9000');
    for (const url of ['127.0.0.1:9000', 'ftp://a', 'http://a/b', 'http://a?b', 'http://u@a'])
      assert.match(answer(readEndpoint(url)), /^! /, url);
    assert.equal(answer(readWebhookUrl('https://a.example/b?c=d')), 'https://a.example/b?c=d');
    for (const url of ['http://a', 'a', 'https://u:p@a'])
      assert.match(answer(readWebhookUrl(url)), /^! /, url);
  });
});

describe('versions', () => {
  test('below v6.5 the losses are told, from v6.5 on there are none', () => {
    const losses = ['v6.1.0', 'v6.2.0', 'v6.4.9', 'v6.5.0', 'v8.5.4'].map(
      (version) => whatFallsAway(parseVersion(version)).length,
    );
    assert.deepEqual(losses, [3, 2, 2, 0, 0]);
  });
  test('hotfix builds and pre-releases are read', () => {
    for (const text of ['v8.5.4-20260812-784eac0', '9.0.0-beta.2', '6.1.0'])
      assert.ok('value' in readTidbVersion(text));
    for (const text of ['', 'v8', '8.5', 'latest', 'v5.4.0', 'v6.0.9'])
      assert.ok('expected' in readTidbVersion(text), text);
  });
  test('Object Lock needs v6.3 for snapshots and v8.0 for the log', () => {
    assert.deepEqual(
      ['v6.1.0', 'v6.3.0', 'v7.5.0', 'v8.0.0'].map((text) => [
        canLock(parseVersion(text), false),
        canLock(parseVersion(text), true),
      ]),
      [
        [false, false],
        [true, false],
        [true, false],
        [true, true],
      ],
    );
  });
});

describe('zones', () => {
  test('a zone is an IANA name in its own case, older names too', () => {
    for (const zone of [
      'UTC',
      'Europe/Berlin',
      'America/Argentina/Buenos_Aires',
      'Asia/Calcutta',
      'Asia/Kolkata',
      'Asia/Saigon',
    ]) {
      assert.equal(answer(readZone(zone)), zone);
    }
    assert.equal(answer(readZone('europe/berlin')), '! did you mean Europe/Berlin?');
    assert.equal(answer(readZone('Europe/Berln')), '! did you mean Europe/Berlin?');
    assert.equal(answer(readZone('berlin')), '! did you mean Europe/Berlin?');
    assert.match(answer(readZone('GMT+8')), /^! an offset knows no summer time/);
    for (const zone of ['', 'CST', 'EST', 'Mars/Base', '+08:00', 'UTC+1', 'x'.repeat(200)])
      assert.match(answer(readZone(zone)), /^! /, zone);
  });

  test('the jumps of a zone are found to the minute, on both halves of the earth', () => {
    const jumps = (zone: string) =>
      clockJumps(zone, Date.UTC(2027, 0, 1), Date.UTC(2028, 0, 1)).map(({ fromLocalMs, toLocalMs }) =>
        [fromLocalMs, toLocalMs].map((ms) => new Date(ms).toISOString().slice(0, 16)),
      );
    assert.deepEqual(jumps('Europe/Berlin'), [['2027-03-28T02:00', '2027-03-28T03:00']]);
    assert.deepEqual(jumps('America/New_York'), [['2027-03-14T02:00', '2027-03-14T03:00']]);
    assert.deepEqual(jumps('Australia/Sydney'), [['2027-10-03T02:00', '2027-10-03T03:00']]);
    assert.deepEqual(jumps('Australia/Lord_Howe'), [['2027-10-03T02:00', '2027-10-03T02:30']]);
    assert.deepEqual(jumps('Asia/Shanghai'), []);
    assert.deepEqual(jumps('UTC'), []);
  });
});

describe('the nearest word', () => {
  const words = ['policy', 'objectives', 'runner', 'pd', 'tls', 'vpc', 'logTaskName'];
  test('is found over letters left out, added, wrong or swapped, and over styles', () => {
    for (const [typed, meant] of [
      ['polcy', 'policy'],
      ['policyy', 'policy'],
      ['pollcy', 'policy'],
      ['oplicy', 'policy'],
      ['log_task_name', 'logTaskName'],
      ['LOG-TASK-NAME', 'logTaskName'],
      ['dp', 'pd'],
      ['tsl', 'tls'],
    ]) {
      assert.equal(nearestWord(typed ?? '', words), meant);
    }
  });
  test('is none when nothing is near', () => {
    for (const typed of ['', 'xyz', 'completely-else', 'q'])
      assert.equal(nearestWord(typed, words), undefined);
  });
});
