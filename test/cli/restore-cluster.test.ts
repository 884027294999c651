import assert from 'node:assert/strict';
import test from 'node:test';
import { bindControl } from '../../lib/cli/bind-control.ts';
import type { RestoreClusterRequest } from '../../lib/cli/control-operations.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { FakeFlowConsole, runningAt } from '../support/fake-flow-console.ts';
import { restoredReport, startedReport } from './control-views.ts';
import { type FakeWorld, pitr } from './fake-host.ts';

const settings = (runner: string, more = '') => `version: 1
clusters:
  - name: shop
    tidbVersion: v8.5.4
    pd: [10.0.0.1]
    bucket: {${runner === 'local' ? 'folder: /backup' : 'name: shop-backup'}}
    runner: {kind: ${runner}}
${runner === 'local' ? '' : '    vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}\n'}${more}`;
const local = { 'pitr.yaml': Buffer.from(settings('local')) };
const onAws = { 'pitr.yaml': Buffer.from(settings('fargate')) };
const wanted = ['restore-cluster', '--at', '-10m', '--target', '10.0.9.1:2379'] as const;

/** What the operation is asked, of a command line that is understood. */
async function asked(argv: readonly string[], world: FakeWorld): Promise<RestoreClusterRequest> {
  const requests: RestoreClusterRequest[] = [];
  const restoreCluster = async (request: RestoreClusterRequest) => {
    requests.push(request);
    return startedReport;
  };
  const run = await pitr(argv, { ...world, operations: { restoreCluster } });
  assert.equal(run.exit, 0, run.stderr);
  assert.ok(requests[0]);
  return requests[0];
}

test('a wish is handed on as it was typed: the moment, each PD, each rule', async () => {
  const more = ['--tables', 'shop.*', '!shop.tmp_*', '--tables', 'audit.*', '--dry-run', '--no-wait'];
  const argv = ['restore-cluster', '--at', 'latest', '--target', '10.0.9.1:2379, 10.0.9.2:2379', ...more];
  const { wish } = await asked(argv, { files: local, env: { USER: 'ann' } });
  assert.deepEqual(wish, {
    ...{
      kind: 'restore',
      cluster: 'shop',
      restoreTo: 'latest',
      targetPd: ['10.0.9.1:2379', '10.0.9.2:2379'],
    },
    ...{ tables: ['shop.*', '!shop.tmp_*', 'audit.*'], dryRun: true, who: 'ann', wait: false },
  });
  const small = await asked(wanted, { files: local });
  assert.deepEqual(small.wish, {
    ...{ kind: 'restore', cluster: 'shop', restoreTo: '-10m', targetPd: ['10.0.9.1:2379'] },
    ...{ tables: [], dryRun: false, who: undefined, wait: true },
  });
});

test('a cluster whose runner is local is of this machine, its state beside the settings or where --state says', async () => {
  const { place, cluster } = await asked([...wanted, '--settings', '/etc/pitr/x.yaml'], {
    files: { '/etc/pitr/x.yaml': Buffer.from(settings('local')) },
  });
  assert.equal(cluster, 'shop');
  assert.equal(place.kind === 'local' && place.folder, '/etc/pitr/.pitr');
  const given = await asked([...wanted, '--state', '/var/lib/pitr'], { files: local });
  assert.equal(given.place.kind === 'local' && given.place.folder, '/var/lib/pitr');
});

test('a cluster of another runner is on AWS, also without a settings file when it is named', async () => {
  assert.deepEqual((await asked(wanted, { files: onAws })).place, { kind: 'aws' });
  const named = await asked([...wanted, '--cluster', 'crm'], {});
  assert.deepEqual([named.cluster, named.place], ['crm', { kind: 'aws' }]);
});

test('a runtime of this machine gets the clusters of this machine alone', async () => {
  const both = `${settings('local')}  - name: crm
    tidbVersion: v8.5.4
    pd: [10.1.0.1]
    vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}
`;
  const { place } = await asked([...wanted, '--cluster', 'shop'], {
    files: { 'pitr.yaml': Buffer.from(both) },
  });
  assert.deepEqual(place.kind === 'local' && place.settings.clusters.map(({ name }) => name), ['shop']);
});

const mistakes: readonly (readonly [title: string, argv: readonly string[], ...says: readonly RegExp[]])[] = [
  ['no moment', ['restore-cluster', '--target', 'a'], /--at is missing/],
  [
    'no target',
    ['restore-cluster', '--at', 'latest'],
    /--target is missing, expected PD of the cluster/,
    /empty cluster/,
  ],
  ['a word of its own', ['restore-cluster', 'shop'], /too many words/, /pitr restore-cluster --help/],
  [
    'a folder on AWS',
    [...wanted, '--state', 'x', '--cluster', 'crm'],
    /--state is `x`, and the cluster's state is on AWS/,
  ],
  ['no settings at all', wanted, /pitr\.yaml is not there/, /--cluster NAME alone/],
  [
    'a wish beside --watch',
    ['restore-cluster', '--watch', 'x', '--at', 'latest', '--no-wait'],
    /--watch follows a restore that was begun before, expected no --at, --no-wait/,
  ],
];

for (const [title, argv, ...says] of mistakes) {
  test(`wrong usage of restore-cluster exits with 2 and asks nobody: ${title}`, async () => {
    const run = await pitr(argv);
    assert.equal(run.exit, 2, run.stderr);
    assert.equal(run.stdout, '');
    for (const sentence of says) assert.match(run.stderr, sentence);
  });
}

/** The real operation over a console that shows what a test scripted. */
function world(console: FakeFlowConsole, more: Partial<FakeWorld> = {}): FakeWorld {
  const notHere = (): never => {
    throw new Error('not part of this test');
  };
  const operations = bindControl({
    openFlowConsole: async () => console,
    callFunction: notHere,
    localUp: notHere,
    forceFlush: notHere,
    openState: notHere,
    wallMs: () => Date.UTC(2026, 10, 22, 12),
    random: () => 0,
  });
  return { files: local, operations, ...more };
}
const name = '20261122120000-0000-restore';
const place = `https://console.example/${name}`;

test('without a terminal each state is a line of its own on stderr, and the report alone is on stdout', async () => {
  const states = ['', 'Plan', 'IsDryRun', 'CheckTarget', 'RunRestore', 'Verify', 'Settle'].map(runningAt);
  const console = new FakeFlowConsole([
    ...states,
    { state: 'succeeded', output: { message: 'all is equal' } },
  ]);
  const run = await pitr(wanted, world(console));
  assert.equal(run.exit, 0);
  assert.equal(console.isClosed, true);
  assert.deepEqual(run.stderr.split('\n'), [
    `begun ${name}`,
    `  ${place}`,
    'waiting to begin',
    'making the plan',
    'looking at the target',
    'br restores',
    'reading back what is there',
    'writing down how it ended',
    '',
  ]);
  assert.equal(run.stdout, `Restored shop\n  proof      all is equal\n  execution  ${place}\n`);
});

test('a terminal shows what is over and one line that is drawn again; --quiet and --json say nothing', async () => {
  const script = [runningAt('Plan'), runningAt('RunRestore'), { state: 'succeeded', output: {} } as const];
  const live = await pitr(wanted, world(new FakeFlowConsole(script), { tty: true, env: { NO_COLOR: '1' } }));
  const shown = live.stderr.split('\n').map((line) => line.split('\r\u001b[K').at(-1));
  assert.deepEqual(shown, [`begun ${name}`, `  ${place}`, '✓ making the plan               in 0 s', '']);
  assert.match(live.stderr, / {2}br restores …/);
  for (const option of ['--quiet', '--json']) {
    assert.equal((await pitr([...wanted, option], world(new FakeFlowConsole(script)))).stderr, '');
  }
});

test('how far br is has a line for each tenth of a step, not for each look', async () => {
  const console = new FakeFlowConsole([
    ...Array(6).fill(runningAt('RunRestore')),
    { state: 'succeeded', output: {} },
  ]);
  const { run: done } = restoredReport;
  assert.ok(done);
  const { endedMs: _ended, proof: _proof, ...run } = done;
  let looks = 0;
  const sleep = async () => {
    const progress = [null, 0.31, 0.34, 0.38, 0.61, 0.62][looks] ?? null;
    looks += 1;
    console.run = {
      ...{
        ...run,
        id: `20261122120001-${name}`,
        state: 'running',
        attempt: 2,
        heartbeatMs: 0,
        step: 'log',
        progress,
      },
      runner: { kind: 'local', ref: '1' },
    };
  };
  const { stderr } = await pitr(wanted, world(console, { sleep }));
  assert.deepEqual(stderr.split('\n').slice(3, -1), [
    '  replaying the log (attempt 2)',
    '  replaying the log, 31% (attempt 2)',
    '  replaying the log, 61% (attempt 2)',
  ]);
});

test('Ctrl-C ends the watching with 130, says that the restore goes on, and how it is watched again', async () => {
  const stop = new AbortController();
  const console = new FakeFlowConsole([runningAt('RunRestore')]);
  const sleep = async () => stop.abort();
  const run = await pitr([...wanted, '--json'], world(console, { sleep, signal: stop.signal }));
  assert.equal(run.exit, 130);
  assert.equal(
    run.stderr,
    `error: the watching was stopped; the restore ${name} goes on (${place})\n` +
      `hint: watch it again with pitr restore-cluster --cluster shop --watch ${name}; stop it in its console\n`,
  );
  assert.equal(JSON.parse(run.stdout).code, 'INTERRUPTED');
  assert.equal(console.isClosed, true);
});

test('a restore that was begun before is watched by its name', async () => {
  const console = new FakeFlowConsole([runningAt('Verify'), { state: 'succeeded', output: {} }]);
  const run = await pitr(['restore-cluster', '--watch', name], world(console));
  assert.equal(run.exit, 0);
  assert.equal(run.stderr, 'reading back what is there\n');
  assert.equal(console.started.length, 0);
});

test('the exit code is that of the code that the flow ended with', async () => {
  const ends = [
    ['MOMENT_NOT_IN_WINDOW', 3],
    ['INVALID_TABLE_FILTER', 2],
    ['OBJECT_DAMAGED', 4],
    ['TARGET_NOT_EMPTY', 1],
    ['States.Runtime', 1],
    ['aborted', 130],
  ] as const;
  for (const [code, exit] of ends) {
    const console = new FakeFlowConsole([{ state: 'failed', code, message: 'why' }]);
    const run = await pitr([...wanted, '--json', '--quiet'], world(console));
    assert.equal(run.exit, exit, code);
    assert.equal(JSON.parse(run.stdout).exitCode, exit);
  }
});

test('what goes wrong on the way is a note, and the console is closed also after an error', async () => {
  const busy = new PitrError('RUNNER_UNAVAILABLE', 'too many requests');
  const console = new FakeFlowConsole([busy, { state: 'failed', code: 'BR_REFUSED', message: 'no' }]);
  const run = await pitr(wanted, world(console));
  assert.match(run.stderr, /note: too many requests\nerror: no\nhint: where: https/);
  assert.equal(console.isClosed, true);
});
