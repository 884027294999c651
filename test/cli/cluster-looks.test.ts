import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { bindOperations } from '../../lib/cli/bind-operations.ts';
import type { DoctorRequest } from '../../lib/cli/operations.ts';
import { nextFiring } from '../../lib/local/firings.ts';
import { openBackup } from '../../lib/local/open-backup.ts';
import { openCluster } from '../../lib/local/open-cluster.ts';
import { openBucketConfig } from '../../lib/local/open-store.ts';
import { FakePd } from '../support/fake-pd.ts';
import { fixtures } from '../support/recorded-backups.ts';
import { completeRecording } from '../support/recorded-cluster.ts';
import { doctorReport, silentReport, statusReport } from './cluster-views.ts';
import { type FakeWorld, pitr } from './fake-host.ts';

const bucket = `${fixtures}shop/bucket/backup-data`;

const notHere = (): never => {
  throw new Error('not part of this test');
};

/** The real operations over a real connection; only the program br is given. */
const operations = bindOperations({
  openBackup,
  openWork: notHere,
  openTarget: notHere,
  openQuery: notHere,
  openObject: notHere,
  openCluster,
  openBr: async () => ({ describe: async () => ({ path: '/usr/bin/br', version: 'v9.0.0-beta.2' }) }),
  openRights: notHere,
  openUploads: notHere,
  openCleanupPlans: notHere,
  forceFlush: notHere,
  openBucketConfig,
  openFirings: async () => nextFiring,
  openFlowConsole: notHere,
  callFunction: notHere,
  localUp: notHere,
  openState: async () => undefined,
  openDeployedState: async () => undefined,
  lockHolder: notHere,
  wallMs: Date.now,
  random: () => 0,
});

async function startPd(
  t: TestContext,
  situation: string,
): Promise<{ readonly pd: FakePd; readonly url: string }> {
  const pd = new FakePd(completeRecording(situation));
  const url = await pd.listen();
  t.after(() => pd.close());
  return { pd, url };
}

async function statusOf(t: TestContext, situation: string) {
  const { url } = await startPd(t, situation);
  const run = await pitr(['status', '--pd', url, '--storage', bucket, '--json'], { operations });
  assert.equal(run.stderr, '');
  assert.equal(run.exit, 0);
  return JSON.parse(run.stdout);
}

const notesOf = (document: { readonly notes: readonly { readonly code: string }[] }) =>
  document.notes.map(({ code }) => code);

describe('pitr status over HTTP', () => {
  test('reads a running task and the window beside it', async (t) => {
    const document = await statusOf(t, 'shop/pd/5-before-end');
    assert.equal(document.task.state, 'normal');
    assert.equal(document.task.lag.checkpoint.at.tso, '470632777030303745');
    assert.equal(document.bucket.latest.tso, '470632777030303745');
    assert.equal(document.bucket.newestSnapshot.name, 'snapshot-20261122042552');
    assert.equal(document.cluster.stores.length, 1);
  });

  test('tells paused by a person, stopped by an error, frozen and no task apart', async (t) => {
    const paused = await statusOf(t, 'shop/pd/3-paused');
    assert.equal(paused.task.pausedBy, 'person');
    assert.match(paused.task.words, /^paused by a person on vm/);
    const error = await statusOf(t, 'error-state/pd/7-error');
    assert.equal(error.task.state, 'error');
    assert.equal(error.task.errors[0].code, 'KV:LogBackup:Io');
    const frozen = await statusOf(t, 'faults/pd/frozen-2-no-tidb-120s');
    assert.equal(frozen.task.state, 'normal');
    assert.ok(notesOf(frozen).includes('NO_ADVANCER'));
    const none = await statusOf(t, 'shop/pd/0-no-task');
    assert.equal(none.task, null);
    assert.deepEqual(notesOf(none), ['NO_TASK']);
  });

  test('ends with 1 when PD is down, and shows the window all the same', async (t) => {
    const { pd, url } = await startPd(t, 'shop/pd/5-before-end');
    await pd.close();
    const run = await pitr(['status', '--pd', url, '--storage', bucket], { operations });
    assert.equal(run.exit, 1);
    assert.match(run.stdout, /PD does not answer/);
    assert.match(run.stdout, /PD_UNREACHABLE: no PD answered/);
    assert.match(run.stdout, /any moment of 1m 25s, up to 2026-11-22T04:26:07\.651Z/);
  });

  test('reads nothing but answers: it never writes to PD', async (t) => {
    const { pd, url } = await startPd(t, 'shop/pd/5-before-end');
    await pitr(['status', '--pd', url], { operations });
    await pitr(['doctor', '--pd', url], { operations });
    assert.ok(pd.requests.length >= 10);
    assert.deepEqual(
      pd.requests.filter((request) => !/^(GET \/pd\/api\/v1\/|POST \/v3\/kv\/range$)/.test(request)),
      [],
    );
  });
});

describe('pitr doctor over HTTP', () => {
  test('has a row for each check, and ends with 1 when one fails', async (t) => {
    const { url } = await startPd(t, 'error-state/pd/7-error');
    const run = await pitr(['doctor', '--pd', url, '--storage', bucket, '--json'], { operations });
    assert.equal(run.exit, 1);
    const { findings, failed } = JSON.parse(run.stdout);
    const levels = new Map(findings.map(({ check, level }: Record<string, string>) => [check, level]));
    assert.equal(levels.get('task-state'), 'fail');
    assert.equal(levels.get('storage'), 'ok');
    assert.equal(levels.get('br-version'), 'ok');
    assert.ok(failed >= 2);
  });

  test('ends with 0 when nothing fails', async (t) => {
    const { url } = await startPd(t, 'shop/pd/0-no-task');
    const run = await pitr(['doctor', '--pd', url, '--storage', bucket], { operations });
    assert.match(run.stdout, / {2}ok {4}log-task +no task\n/);
    assert.equal(run.exit, 0, run.stdout);
  });

  test('tells a PD that is down as the one failure', async (t) => {
    const { pd, url } = await startPd(t, 'shop/pd/0-no-task');
    await pd.close();
    const run = await pitr(['doctor', '--pd', url, '--json'], { operations });
    assert.equal(run.exit, 1);
    assert.equal(JSON.parse(run.stdout).failed, 1);
  });
});

const settings = (more: string) =>
  Buffer.from(`version: 1
clusters:
  - name: shop
    tidbVersion: v9.0.0-beta.2
    pd: [10.0.0.1]
    runner: {kind: local}
    bucket: {folder: /backups/shop}
${more}`);

describe('which cluster is meant', () => {
  const requestOf = async (argv: readonly string[], world: FakeWorld = {}) => {
    let request: DoctorRequest | undefined;
    const checkCluster = async (asked: DoctorRequest) => {
      request = asked;
      return doctorReport;
    };
    const run = await pitr(['doctor', ...argv], { ...world, operations: { checkCluster } });
    return { run, request };
  };

  test('options alone name it, and nothing is read from the folder', async () => {
    const { request } = await requestOf(
      ['--pd', 'http://a:2379, b:2379', '--br-version', '8.5.4', '--task', 'mine', '--pd-ca', 'ca.pem'],
      { files: { 'pitr.yaml': settings('') } },
    );
    assert.deepEqual(request?.pd, ['http://a:2379', 'b:2379']);
    assert.equal(request?.brVersion, 'v8.5.4');
    assert.equal(request?.taskName, 'mine');
    assert.deepEqual(request?.tls, { ca: 'ca.pem', cert: undefined, key: undefined });
    assert.deepEqual(request?.storage, { kind: 'not-told', reason: undefined });
    assert.equal(request?.settings, undefined);
  });

  test('pitr.yaml names it without options, and an option wins over it', async () => {
    const files = { 'pitr.yaml': settings('') };
    const { request } = await requestOf([], { files });
    assert.deepEqual(request?.pd, ['http://10.0.0.1:2379']);
    assert.deepEqual(request?.storage, { kind: 'told', url: '/backups/shop', shown: 'file:///backups/shop' });
    assert.equal(request?.taskName, 'pitr');
    assert.equal(request?.brVersion, 'v9.0.0-beta.2');
    assert.equal(request?.isBrNeeded, true);
    assert.equal(request?.clusterName, 'shop');
    const other = await requestOf(
      ['--settings', 'pitr.yaml', '--pd', 'c:2379', '--storage', 's3://x/y?region=r'],
      {
        files,
      },
    );
    assert.deepEqual(other.request?.pd, ['c:2379']);
    assert.deepEqual(other.request?.storage, { kind: 'told', url: 's3://x/y?region=r', shown: 's3://x/y' });
  });

  test('settings with mistakes are a finding of the doctor, and wrong usage for the status', async () => {
    const files = { 'pitr.yaml': settings('    polcy: 1\n') };
    const { request } = await requestOf([], { files });
    assert.match(request?.settings?.errors[0] ?? '', /^8:5 clusters\[0\]\.polcy is not known/);
    assert.deepEqual(request?.pd, []);
    const status = await pitr(['status'], { files });
    assert.equal(status.exit, 2);
    assert.match(status.stderr, /polcy is not known/);
  });

  const refusals: readonly (readonly [title: string, argv: readonly string[], says: RegExp])[] = [
    [
      'nothing that names a cluster',
      ['status'],
      /pitr\.yaml is not there.*\nhint: name the cluster by its settings/,
    ],
    [
      'an unknown cluster',
      ['status', '--settings', 's', '--cluster', 'x'],
      /--cluster is `x`.*\nhint: its clusters are shop/,
    ],
    ['an empty --pd', ['status', '--pd', ' , '], /--pd is empty/],
    ['a version that is none', ['doctor', '--pd', 'a:1', '--br-version', 'new'], /"new" is not a version/],
    [
      'a storage that is none',
      ['status', '--pd', 'a:1', '--storage', 'ftp://x'],
      /storage scheme "ftp:\/\/" is not known/,
    ],
    ['--watch without a terminal', ['status', '--pd', 'a:1', '--watch'], /--watch draws on a terminal/],
  ];
  for (const [title, argv, says] of refusals) {
    test(`${title} is wrong usage, exit 2`, async () => {
      const run = await pitr(argv, { files: { s: settings('') } });
      assert.equal(run.exit, 2);
      assert.match(run.stderr, says);
    });
  }

  test('a PD address with a password is refused, and the password is not repeated', async () => {
    for (const command of ['status', 'doctor']) {
      const run = await pitr([command, '--pd', 'http://user:hunter2@pd:2379'], { operations });
      assert.equal(run.exit, 2);
      assert.ok(!`${run.stdout}${run.stderr}`.includes('hunter2'));
    }
  });
});

describe('the pages', () => {
  test('status shows state, lag, fuse, window and stores, and no value of the cluster steers the terminal', async () => {
    const run = await pitr(['status', '--pd', 'a:1'], {
      operations: { describeStatus: async () => statusReport },
    });
    assert.equal(run.exit, 0);
    assert.ok(!run.stdout.includes('\u001b'));
    for (const line of [
      /^shop {2}log stopped by an error, 1m 07s behind\ncluster 7710846925929674311, TiKV 8\.5\.4, as of 2026-11-22T04:27:00\.000Z\n/,
      /\nNeeds somebody\n {2}fail {2}the task stopped on an error\n {2}warn {2}something/,
      / {2}error {8}store 1, 2026-11-22T04:27:00\.000Z: KV:LogBackup:Io no\\u001b\[2J space\n/,
      / {2}saved {8}2026-11-22T04:25:52\.\d+Z {2}\d{18} {2}1m 07s behind\n/,
      / {2}in bucket {4}.* behind, 1m 09s less than PD says\n/,
      / {2}history {6}1h 00m left, by pitr-1-pause-guard\n/,
      / {2}window {7}any moment of 1m 00s in 2 intervals, up to /,
      / {2}snapshots {4}3 complete, 1 that cannot serve\n/,
      /\nRuns\n {2}2026-11-22 04:26:00 UTC {2}snapshot {4}running 40% {3}snapshot-20261122042600\n/,
      / UTC {2}restore {5}failed {8}into 10\.0\.9\.1\\u001b\[2J:2379\n {27}TARGET_NOT_EMPTY: it has tables\n/,
      /\nStores\n {2}id {2}engine {2}version {2}state {2}address\n/,
    ])
      assert.match(run.stdout, line);
  });

  test('doctor begins with the verdict and follows what is not well with what to do', async () => {
    const run = await pitr(['doctor', '--pd', 'a:1'], {
      operations: { checkCluster: async () => doctorReport },
    });
    assert.equal(
      run.stdout,
      [
        'shop: 1 check failed, 2 warnings',
        '',
        '  ok    pd-reachable   cluster 7',
        '  warn  br-version     none',
        '                       expected br 8.5.4',
        '                       → set it',
        '  warn  rights writer  not known',
        '                       expected every right',
        '                       → ask',
        '  fail  task-state     in error: \\u001b[2J',
        '                       expected a task',
        '                       → resume',
        '',
      ].join('\n'),
    );
  });

  test('a watch draws over its page every ten seconds, also while PD is silent, until it is stopped', async () => {
    const stop = new AbortController();
    const slept: number[] = [];
    const reports = [statusReport, silentReport, statusReport];
    let asked = 0;
    const run = await pitr(['status', '--pd', 'a:1', '--watch'], {
      tty: true,
      signal: stop.signal,
      operations: { describeStatus: async () => reports[asked++]! },
      sleep: async (ms) => {
        slept.push(ms);
        if (slept.length === 3) stop.abort();
      },
    });
    assert.equal(run.exit, 0);
    assert.deepEqual(slept, [10_000, 10_000, 10_000]);
    assert.equal(run.stdout.split('\u001b[H').length, 4);
    assert.equal(run.stdout.split('\u001b[2J').length, 2);
    assert.match(run.stdout, /PD does not answer/);
  });
});
