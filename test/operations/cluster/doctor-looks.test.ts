// The doctor's looks beside the cluster: what TiKV wrote into a bucket, the schedule, the roles and the settings of a bucket, and how they
// come together in one report.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openIamRights } from '../../../lib/aws/iam-rights.ts';
import { openS3BucketSettings } from '../../../lib/aws/s3-bucket-settings.ts';
import { readSchedule } from '../../../lib/config/schedule.ts';
import { parseSettings } from '../../../lib/config/settings.ts';
import type { ClusterSettings } from '../../../lib/config/settings-types.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { nextFiring } from '../../../lib/local/firings.ts';
import {
  checkCluster,
  type DoctorDeps,
  type DoctorInput,
} from '../../../lib/operations/cluster/check-cluster.ts';
import { lookAtWrites } from '../../../lib/operations/cluster/look-at-writes.ts';
import { scheduleFinding } from '../../../lib/operations/cluster/schedule-finding.ts';
import type { ObjectInfo } from '../../../lib/ports/object-store.ts';
import { FakeBucketSettings } from '../../support/fake-bucket-settings.ts';
import { FakeIam, type FakeStatement } from '../../support/fake-iam.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';
import { useTestCredentials } from '../../support/s3-environment.ts';
import { clusterDocument } from '../../support/synthesized-stack.ts';

useTestCredentials();

const nowMs = Date.UTC(2026, 10, 22, 4, 26, 12);

describe('what TiKV wrote', () => {
  const uuid = '201c0b0b-e1c4-4b67-8355-a6ee0aa6adda';
  const times = new Map<string, number>();
  /** A store whose objects were written when a test says. */
  async function written(objects: Readonly<Record<string, number>>): Promise<MemoryObjectStore> {
    const store = new MemoryObjectStore();
    times.clear();
    for (const [key, atMs] of Object.entries(objects)) {
      await store.put(key, new Uint8Array(8));
      times.set(key, atMs);
    }
    const { list } = store;
    store.list = (prefix, options) => withTimes(list.call(store, prefix, options));
    return store;
  }
  async function* withTimes(objects: AsyncIterable<ObjectInfo>): AsyncGenerator<ObjectInfo> {
    for await (const object of objects) yield { ...object, modifiedMs: times.get(object.key) ?? 0 };
  }

  test('is the newest of each store’s checkpoint, and the newest data of the newest hour', async () => {
    const store = await written({
      'log-backup/v1/global_checkpoint/1.ts': 100,
      'log-backup/v1/global_checkpoint/4.ts': 200,
      'log-backup/v1/global_checkpoint/central_global.ts': 900,
      [`log-backup/v1/20261121/23/1/470632756047773698-${uuid}.log`]: 950,
      [`log-backup/v1/20261122/03/1/470632756047773698-${uuid}.log`]: 960,
      [`log-backup/v1/20261122/04/1/470632756047773698-${uuid}.log`]: 300,
      [`log-backup/v1/20261122/04/4/schema-meta/470632756047773699-${uuid}.log`]: 400,
      'log-backup/v1/20261122/04/what-is-this': 990,
    });
    assert.deepEqual(await lookAtWrites(store, 'log-backup'), {
      checkpoints: [
        { storeId: 1n, atMs: 100 },
        { storeId: 4n, atMs: 200 },
      ],
      newestLog: { storeId: 4n, atMs: 400 },
    });
  });

  test('is nothing where nothing was written, in a folder of 6.1, and in the bucket’s own root', async () => {
    assert.deepEqual(await lookAtWrites(new MemoryObjectStore(), 'log-backup'), {
      checkpoints: [],
      newestLog: undefined,
    });
    const old = await written({
      [`v1/t00000071/20261122-470632756047773698-${uuid}.log`]: 100,
      'v1/global_checkpoint/1.ts': 5,
    });
    assert.deepEqual(await lookAtWrites(old, ''), {
      checkpoints: [{ storeId: 1n, atMs: 5 }],
      newestLog: undefined,
    });
  });
});

describe('the schedule', () => {
  const policy = (text: string, zone: string) => {
    const reading = readSchedule(text);
    assert.ok('value' in reading);
    return { schedule: reading.value, zone, onOverlap: 'skip' } as const;
  };

  test('tells its next three firings in local time and in UTC', () => {
    const { level, found } = scheduleFinding(
      policy('every 2 days at 00:30', 'Asia/Shanghai'),
      nextFiring,
      nowMs,
    );
    assert.equal(level, 'ok');
    assert.equal(
      found,
      'every 2 days at 00:30 (Asia/Shanghai), next 2026-11-23 00:30 +08:00 = 2026-11-22 16:30 UTC, 2026-11-25 00:30 +08:00 = 2026-11-24 16:30 UTC, 2026-11-27 00:30 +08:00 = 2026-11-26 16:30 UTC',
    );
    const plain = scheduleFinding(policy('cron(0 3 * * ? *)', 'UTC'), nextFiring, nowMs);
    assert.match(plain.found, /next 2026-11-23 03:00 UTC, 2026-11-24 03:00 UTC, 2026-11-25 03:00 UTC$/);
    const west = scheduleFinding(policy('every day at 23:45', 'America/St_Johns'), nextFiring, nowMs);
    assert.match(west.found, /next 2026-11-22 23:45 -03:30 = 2026-11-23 03:15 UTC/);
  });

  test('of a rate is counted from the deployment, which nobody knows here', () => {
    assert.match(
      scheduleFinding(policy('rate(12 hours)', 'UTC'), nextFiring, nowMs).found,
      /counted from the deployment$/,
    );
  });

  test('that is over, or whose zone this Node does not know, fails', () => {
    const over = scheduleFinding(policy('cron(0 0 1 1 ? 2027)', 'UTC'), nextFiring, Date.UTC(2028, 0, 1));
    assert.equal(over.level, 'fail');
    assert.match(over.found, /fires never again$/);
    const zone = scheduleFinding(policy('every day at 02:00', 'Europe/Atlantis'), nextFiring, nowMs);
    assert.equal(zone.level, 'fail');
    assert.match(zone.found, /does not know the zone Europe\/Atlantis/);
  });
});

describe('a cluster on AWS', () => {
  const region = 'eu-central-1';
  const everything: readonly FakeStatement[] = [{ actions: ['*'], resources: ['*'] }];
  const tikv = 'arn:aws:iam::111122223333:role/tikv';

  async function stage(t: TestContext, bucket: object, statements: readonly FakeStatement[]) {
    const [iam, s3] = [new FakeIam(), new FakeBucketSettings()];
    const [iamEndpoint, s3Endpoint] = [await iam.listen(), await s3.listen()];
    t.after(async () => {
      await iam.close();
      await s3.close();
    });
    iam.roles.push({ arn: tikv, statements });
    const document = clusterDocument('shop', { bucket, tikvRole: tikv });
    const [cluster] = parseSettings(JSON.stringify({ version: 1, clusters: [document] })).clusters;
    assert.ok(cluster !== undefined);
    const opened: string[] = [];
    const deps: DoctorDeps = {
      ...{ cluster: undefined, br: undefined, nowMs: () => nowMs, nextFiring },
      bucket: { kind: 'not-told', reason: 'the stack chooses it' },
      rights: openIamRights({ endpoint: iamEndpoint, region }),
      openBucketConfig: (url) =>
        openS3BucketSettings(
          `${url}${url.includes('?') ? '&' : '?'}region=${region}&endpoint=${encodeURIComponent(s3Endpoint)}`,
        ),
      bucketAt: (url) => {
        opened.push(url);
        const store = new MemoryObjectStore();
        const keys = { snapshot: undefined, log: undefined };
        return { kind: 'told', url, open: async () => ({ snapshots: store, log: store, keys }) };
      },
    };
    return { iam, s3, cluster, deps, opened };
  }
  const inputOf = (cluster: ClusterSettings): DoctorInput => ({
    ...{ name: 'shop', settings: undefined, cluster, storageUrl: undefined, taskName: 'pitr' },
    ...{ brVersion: 'v8.5.4', isBrNeeded: false, maxLagMs: 600_000 },
  });
  const told = async (deps: DoctorDeps, input: DoctorInput) =>
    (await checkCluster(deps, input)).findings.map(({ check, about = '', level }) =>
      `${level} ${check} ${about}`.trim(),
    );

  test('that is not deployed is told so, and the role of TiKV is asked for all the same', async (t) => {
    const { cluster, deps } = await stage(t, { name: 'backups' }, everything);
    const report = await told(deps, inputOf(cluster));
    assert.deepEqual(report.slice(-3), ['ok schedule', 'warn stack', 'ok rights TiKV']);
  });

  test('whose bucket got its name from the stack is looked at by the name that the roles have', async (t) => {
    const { iam, cluster, deps, opened } = await stage(t, { prefix: 'backup-data' }, []);
    iam.roles.push({
      arn: 'arn:aws:iam::111122223333:role/w',
      description: 'br as writer of the backup',
      tags: { 'pitr:cluster': 'shop', 'pitr:role': 'writer', 'pitr:bucket': 'made-backups' },
      statements: everything,
    });
    const report = await told(deps, inputOf(cluster));
    assert.deepEqual(opened, ['s3://made-backups/backup-data']);
    assert.deepEqual(report, [
      ...[
        'ok storage',
        'ok window',
        'warn bucket-versioning',
        'warn bucket-public-access',
        'warn bucket-tls',
      ],
      ...[
        'warn bucket-lifecycle',
        'ok bucket-object-lock',
        'ok bucket-encryption',
        'ok storage-clock',
        'ok schedule',
      ],
      ...['fail stack', 'ok rights writer', 'fail rights TiKV'],
    ]);
  });

  test('whose bucket this version cannot open is told by its content alone, and is no crash', async (t) => {
    const { cluster, deps } = await stage(t, { name: 'backups' }, everything);
    const refuse = async (): Promise<never> => {
      throw new PitrError('UNSUPPORTED', 'role-arn in a storage URL is not taken by this version');
    };
    const bucket = { kind: 'told', url: 's3://backups', open: refuse } as const;
    const closed = { ...deps, bucket, openBucketConfig: refuse };
    const input = { ...inputOf(cluster), storageUrl: 's3://backups?role-arn=x' };
    assert.deepEqual(await told(closed, input), [
      'fail storage',
      'ok schedule',
      'warn stack',
      'ok rights TiKV',
    ]);
  });

  test('that nobody may ask IAM about is a warning with the right that it needs', async (t) => {
    const { iam, cluster, deps } = await stage(t, { name: 'backups' }, everything);
    iam.fail('ListRoles', 'AccessDenied');
    iam.fail('Simulate', 'AccessDenied');
    iam.fail('Simulate', 'AccessDenied');
    const { findings } = await checkCluster(deps, inputOf(cluster));
    const unknown = findings.filter(({ found }) => found.startsWith('not known'));
    assert.deepEqual(
      unknown.map(({ check, level, hint }) => [check, level, /iam:\w+/.exec(hint)?.[0]]),
      [
        ['stack', 'warn', 'iam:ListRoles'],
        ['rights', 'warn', 'iam:SimulatePrincipalPolicy'],
      ],
    );
  });

  test('has its rows beside those of the cluster in one report', async (t) => {
    const { cluster, deps } = await stage(t, { name: 'backups' }, everything);
    const recorded = new RecordedCluster('shop/pd/5-before-end', new ManualClock(nowMs));
    const report = await told({ ...deps, cluster: recorded }, inputOf(cluster));
    assert.ok(report.includes('ok pd-reachable') && report.includes('ok rights TiKV'));
    assert.equal(report.at(-1), 'ok tikv-writes');
  });
});
