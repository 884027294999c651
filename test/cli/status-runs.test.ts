import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bindOperations } from '../../lib/cli/bind-operations.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { openState } from '../../lib/local/control/this-machine.ts';
import { openBackup } from '../../lib/local/open-backup.ts';
import { openCluster } from '../../lib/local/open-cluster.ts';
import { openSqliteTaskStore } from '../../lib/local/sqlite-task-store.ts';
import type { TaskStore } from '../../lib/ports/task-store.ts';
import { memoryTaskStore } from '../support/memory-task-store.ts';
import { keeperRecord, noon, runningSnapshot } from '../support/state-builders.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { statusReport } from './cluster-views.ts';
import { pitr } from './fake-host.ts';

const notHere = (): never => {
  throw new Error('not part of this test');
};
const deployed = { open: async (): Promise<TaskStore | undefined> => undefined };
const operations = bindOperations({
  openDeployedState: () => deployed.open(),
  ...{ openBackup, openCluster, openState, wallMs: () => noon, random: () => 0 },
  ...{ openWork: notHere, openTarget: notHere, openQuery: notHere, openObject: notHere, openBr: notHere },
  ...{ openRights: notHere, openBucketConfig: notHere, openFirings: notHere, openUploads: notHere },
  ...{ openCleanupPlans: notHere, forceFlush: notHere },
  ...{ openFlowConsole: notHere, callFunction: notHere, localUp: notHere, lockHolder: notHere },
});

/** The status of a cluster whose PD is silent, with this in its state folder. */
async function statusWith(t: TestContext, fill: (folder: string) => Promise<void>, runner = 'local') {
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  await fill(folder.path);
  const network =
    runner === 'local'
      ? `bucket: {folder: ${folder.path}}`
      : 'vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}';
  const settings = `version: 1
clusters:
  - name: shop
    tidbVersion: v8.5.4
    pd: [10.0.0.1]
    ${network}
    runner: {kind: ${runner}}
`;
  const file = join(folder.path, 'pitr.yaml');
  const files = { [file]: Buffer.from(settings) };
  const run = await pitr(['status', '--settings', file, '--pd', 'http://127.0.0.1:1', '--json'], {
    operations,
    files,
  });
  assert.equal(run.exit, 1, run.stderr);
  return JSON.parse(run.stdout);
}

const snapshotIn = async (folder: string) => {
  mkdirSync(join(folder, '.pitr'));
  const store = await openSqliteTaskStore(join(folder, '.pitr', 'state.sqlite'));
  await store.commit({
    cluster: 'shop',
    nowMs: noon,
    records: [{ record: runningSnapshot(), expect: 'absent' }],
  });
  await store.close();
};

test('what a runtime of this machine does is in the status, also while PD is silent', async (t) => {
  const { runs, problem } = await statusWith(t, snapshotIn);
  assert.equal(problem.code, 'PD_UNREACHABLE');
  assert.deepEqual(
    runs.map(({ id, state }: { id: string; state: string }) => [id, state]),
    [['20261122120000', 'running']],
  );
});

test('where no runtime ever was, nothing is said of runs, and no state is made', async (t) => {
  assert.equal((await statusWith(t, async () => {})).runs, null);
  const { runs, keeper } = await statusWith(t, snapshotIn, 'fargate');
  assert.deepEqual([runs, keeper], [null, null], 'a state of this machine is not that of a stack');
});

test('what a deployed stack knows is in the status: its keeper and its runs, from the table', async (t) => {
  const store = memoryTaskStore();
  const adopted = { name: 'old', path: 'logs', atMs: noon, who: 'observe' };
  const records = [runningSnapshot(), keeperRecord({ adopted })].map((record) => ({
    record,
    expect: 'absent' as const,
  }));
  await store.commit({ cluster: 'shop', nowMs: noon, records });
  t.mock.method(deployed, 'open', async () => store);
  const { runs, keeper, problem } = await statusWith(t, async () => {}, 'fargate');
  assert.equal(problem.code, 'PD_UNREACHABLE', 'PD is behind the network of the cluster, as a rule');
  assert.deepEqual([runs.length, keeper.state, keeper.adopted.task], [1, 'healthy', 'old']);
});

test('a table that may not be read is a note with the right that is missing', async (t) => {
  t.mock.method(deployed, 'open', async () => {
    throw new PitrError('AWS_DENIED', 'states:ListStateMachines is denied');
  });
  const { runs, notes } = await statusWith(t, async () => {}, 'fargate');
  assert.equal(runs, null);
  const note = notes.find(({ code }: { code: string }) => code === 'STATE_UNREADABLE');
  assert.match(note.text, /states:ListStateMachines is denied/);
});

test('a state that cannot be read is a note, and the rest is told', async (t) => {
  const { runs, notes } = await statusWith(t, async (folder) => {
    mkdirSync(join(folder, '.pitr'));
    writeFileSync(
      join(folder, '.pitr', 'state.sqlite'),
      'this is no database, and long enough to be sure of it',
    );
  });
  assert.equal(runs, null);
  const note = notes.find(({ code }: { code: string }) => code === 'STATE_UNREADABLE');
  assert.match(note.text, /state\.sqlite: file is not a database/);
});

test('a state without any run says so on the page', async () => {
  const describeStatus = async () => ({ ...statusReport, runs: [] });
  const { stdout } = await pitr(['status', '--pd', 'a:1'], { operations: { describeStatus } });
  assert.match(stdout, /\nRuns\n {2}none yet\n/);
});

test('what the keeper of the log did last and will do next, its alarms and epochs stand on the page', async () => {
  const { stdout } = await pitr(['status', '--pd', 'a:1'], {
    operations: { describeStatus: async () => statusReport },
  });
  const page = /\nKeeper\n((?: {2}.*\n)+)/.exec(stdout)?.[1] ?? '';
  assert.match(page, /^ {2}state +error since 2026-11-22T04:26:00.000Z, quota: no.*space\n/);
  assert.match(page, /\n {2}task +old in logs, adopted at 2026-\S+ by ann\n/);
  assert.match(page, /\n {2}did last +resume at 2026-11-22T04:26:10.000Z: it did not help;/);
  assert.match(page, /\n {2}does next +resume at 2026-11-22T04:28:40.000Z: space/);
  assert.match(page, /\n {2}alarm +critical error: no space\n/);
  assert.match(page, /\n {2}epoch +log-backup, from .*, to/);
  assert.match(page, /\n {2}epoch +log-backup\/epoch-20261122042540, from .*goes on/s);
  assert.ok(!page.includes('\u001b'));
});
