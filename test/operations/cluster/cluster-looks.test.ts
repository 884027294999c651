import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import { openFileObjectStore } from '../../../lib/local/file-object-store.ts';
import { nextFiring } from '../../../lib/local/firings.ts';
import {
  checkCluster,
  type DoctorDeps,
  type DoctorInput,
} from '../../../lib/operations/cluster/check-cluster.ts';
import { describeStatus } from '../../../lib/operations/cluster/describe-status.ts';
import type { BucketPlace } from '../../../lib/operations/cluster/look-around.ts';
import type { BackupSource } from '../../../lib/operations/deps.ts';
import type { ObjectInfo, ObjectStore } from '../../../lib/ports/object-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fixtures } from '../../support/recorded-backups.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';

const nowMs = Date.UTC(2026, 10, 22, 4, 26, 12);
const url = 's3://tidb-pitr-bucket/backup-data';

/** As if all had been written so long before the doctor looked: a checkout has times of its own. */
const writtenAgoMs = 40_000;
async function* listedAgo(objects: AsyncIterable<ObjectInfo>): AsyncGenerator<ObjectInfo> {
  for await (const object of objects) yield { ...object, modifiedMs: nowMs - writtenAgoMs };
}

/** The same store under another name, and with another `get` where one is given. */
function withUrl(
  store: ObjectStore,
  get: ObjectStore['get'] = (key, range) => store.get(key, range),
): ObjectStore {
  return {
    url,
    get,
    head: (key) => store.head(key),
    list: (prefix, options) => listedAgo(store.list(prefix, options)),
    listFolders: (prefix) => store.listFolders(prefix),
    put: (key, bytes) => store.put(key, bytes),
    delete: (key) => store.delete(key),
    deleteMany: (keys) => store.deleteMany(keys),
  };
}

/** The recorded bucket under the URL that it had when it was recorded. */
async function recordedBucket(): Promise<BackupSource> {
  const folder = await openFileObjectStore(`${fixtures}shop/bucket/backup-data`);
  const store = withUrl(folder);
  return { snapshots: store, log: store, keys: { snapshot: undefined, log: undefined } };
}

const bucket: BucketPlace = { kind: 'told', url, open: recordedBucket };
const denied: BucketPlace = {
  kind: 'told',
  url,
  open: async () => {
    throw new PitrError('STORAGE_DENIED', 'the storage refuses us', { hint: 'ask for s3:ListBucket' });
  },
};
const input: DoctorInput = {
  name: 'shop',
  settings: { file: 'pitr.yaml', errors: [], warnings: [] },
  cluster: undefined,
  storageUrl: undefined,
  taskName: 'pitr',
  brVersion: undefined,
  isBrNeeded: true,
  maxLagMs: 10 * 60_000,
};

function depsOf(situation: string): DoctorDeps & { readonly cluster: RecordedCluster } {
  const clock = new ManualClock(nowMs);
  const cluster = new RecordedCluster(situation, clock);
  cluster.settings.set('1 log-backup.enable', { kind: 'value', value: 'true' });
  const br = { describe: async () => ({ path: '/usr/bin/br', version: 'v9.0.0-beta.2' }) };
  return {
    ...{ cluster, bucket, br, nowMs: () => clock.nowMs(), nextFiring },
    rights: undefined,
    openBucketConfig: async () => undefined,
    bucketAt: () => bucket,
  };
}

const failed = (findings: readonly { readonly level: string; readonly check: string }[]) =>
  findings.filter(({ level }) => level === 'fail').map(({ check }) => check);

describe('the doctor', () => {
  test('finds nothing wrong in the recorded cluster with its bucket and the br on the path', async () => {
    const { findings } = await checkCluster(depsOf('shop/pd/5-before-end'), input);
    assert.deepEqual(failed(findings), []);
    const found = new Map(findings.map((finding) => [finding.check, finding]));
    assert.equal(found.size, 20);
    assert.equal(found.get('tikv-writes')!.found, 'store 1 wrote 40 s ago');
    assert.match(found.get('storage')!.found, /: 3 snapshots, 1 log$/);
    assert.match(found.get('window')!.found, /470632777030303745/);
    assert.equal(found.get('br-version')!.level, 'ok');
    assert.equal(found.get('log-backup-enabled')!.level, 'ok');
    assert.match(found.get('cluster-id')!.expected, /7710846925929674311/);
    assert.match(found.get('log-task')!.expected, /s3:\/\/tidb-pitr-bucket\/backup-data\/log-backup/);
  });

  test('has each recorded trouble as a row of its own', async () => {
    const error = await checkCluster(depsOf('error-state/pd/7-error'), input);
    assert.deepEqual(failed(error.findings), ['log-task', 'task-state', 'tikv-writes']);
    assert.equal(
      error.findings.at(-1)!.found,
      'store 1: the folder of the backup is not there, or is no folder: KV:LogBackup:Io [store = 1] I/O Error: Not a directory (os error 20)',
    );
    const frozen = await checkCluster(depsOf('faults/pd/frozen-2-no-tidb-120s'), input);
    assert.ok(failed(frozen.findings).includes('advancer'));
  });

  test('goes on where a bucket is closed, br is missing and the settings are wrong', async () => {
    const br = {
      describe: async () => {
        throw new PitrError('DEPENDENCY_MISSING', 'no br', { hint: 'install it' });
      },
    };
    const settings = { file: 'pitr.yaml', errors: ['7:5 clusters[0].polcy is not known'], warnings: [] };
    const deps = { ...depsOf('shop/pd/5-before-end'), bucket: denied, br };
    const { findings } = await checkCluster(deps, { ...input, settings });
    assert.deepEqual(failed(findings), ['settings', 'br-program', 'storage']);
    assert.match(findings[0]!.hint, /pitr settings check pitr\.yaml/);
    assert.equal(findings.length, 19);
    assert.match(findings.at(-1)!.found, /^not looked at: the task writes nothing into this bucket/);
  });

  test('without a known cluster tells what can be looked at all the same', async () => {
    const { findings } = await checkCluster({ ...depsOf('shop/pd/5-before-end'), cluster: undefined }, input);
    assert.deepEqual(
      findings.map(({ check }) => check),
      ['settings', 'br-program', 'storage', 'window'],
    );
  });

  test('tells a PD that does not answer from a task that cannot be read', async () => {
    for (const [code, check] of [
      ['PD_UNREACHABLE', 'pd-reachable'],
      ['OBJECT_DAMAGED', 'log-task'],
    ] as const) {
      const deps = depsOf('shop/pd/5-before-end');
      deps.cluster.fail(new PitrError(code, `about ${code}`, { hint: 'look' }));
      const { findings } = await checkCluster(deps, input);
      assert.deepEqual(failed(findings), [check]);
      assert.equal(findings.at(-1)!.found, `about ${code}`);
    }
  });

  test('sees that PD promises more than the bucket of the task holds', async () => {
    const whole = await recordedBucket();
    const log = withUrl(whole.log!, oldCheckpoint(whole.log!));
    const place: BucketPlace = { ...bucket, open: async () => ({ ...whole, snapshots: log, log }) };
    const { findings } = await checkCluster({ ...depsOf('shop/pd/5-before-end'), bucket: place }, input);
    assert.deepEqual(failed(findings), ['checkpoint-lag']);
  });
});

/** The same objects, but their checkpoints are the first tick after the log began. */
function oldCheckpoint(store: ObjectStore): ObjectStore['get'] {
  return async (key) => {
    if (!key.includes('/v1/global_checkpoint/')) return store.get(key);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(470632753594630147n);
    return bytes;
  };
}

describe('the status of a cluster', () => {
  test('has all three sources of the lag at one moment when the bucket is the task’s own', async () => {
    const report = await describeStatus(depsOf('shop/pd/5-before-end'), input);
    assert.equal(report.cluster.kind === 'read' && report.cluster.task?.lag.objects?.ts, 470632777030303745n);
    assert.equal(report.cluster.kind === 'read' && report.cluster.task?.lag.missingMs, 0);
    assert.equal(
      report.bucket.kind === 'read' && report.bucket.newestSnapshot?.name,
      'snapshot-20261122042552',
    );
    assert.deepEqual(report.notes, []);
  });

  test('keeps the window when PD is silent, and the task when the bucket is closed', async () => {
    const silent = depsOf('shop/pd/5-before-end');
    silent.cluster.fail(new PitrError('PD_UNREACHABLE', 'silence'));
    const first = await describeStatus(silent, input);
    assert.equal(first.cluster.kind, 'unreachable');
    assert.equal(first.bucket.kind === 'read' && first.bucket.window.intervals, 1);
    const second = await describeStatus({ ...depsOf('shop/pd/5-before-end'), bucket: denied }, input);
    assert.equal(second.bucket.kind === 'failed' && second.bucket.code, 'STORAGE_DENIED');
    assert.equal(second.cluster.kind === 'read' && second.cluster.task?.ownership, 'ours');
  });

  test('a fault of the program itself is no finding', async () => {
    const broken: BucketPlace = {
      ...bucket,
      open: async () => {
        throw new TypeError('a bug');
      },
    };
    await assert.rejects(
      describeStatus({ ...depsOf('shop/pd/5-before-end'), bucket: broken }, input),
      TypeError,
    );
  });
});
