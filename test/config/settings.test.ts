import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { checkSettings, parseSettings } from '../../lib/config/settings.ts';
import { bucketUrl } from '../../lib/config/settings-bucket.ts';
import { parseStorageUrl } from '../../lib/config/storage-url.ts';
import { cluster, told } from '../support/settings-text.ts';

const example = readFileSync(new URL('../../pitr.example.yaml', import.meta.url), 'utf8');

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
      logFolder: 'log-backup',
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
        engine: 'br',
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
