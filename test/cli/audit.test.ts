// `pitr audit` and `pitr cost` from words to exit code, on copies of the recorded bucket and with the state of a runtime beside them.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type AuditHands, bindAudit } from '../../lib/cli/bind-audit.ts';
import { formatMoney } from '../../lib/cli/render/cost-text.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import type { BrRun } from '../../lib/domain/state/br-run.ts';
import { openCleanupPlans } from '../../lib/local/cleanup-plan-files.ts';
import { openState } from '../../lib/local/control/this-machine.ts';
import { lockHolder } from '../../lib/local/lock-holder.ts';
import { openBackup } from '../../lib/local/open-backup.ts';
import { openCluster } from '../../lib/local/open-cluster.ts';
import { openUploads } from '../../lib/local/open-store.ts';
import { openSqliteTaskStore } from '../../lib/local/sqlite-task-store.ts';
import { taskStoreOn } from '../../lib/ports/state/table-task-store.ts';
import { MemoryStateTable } from '../support/memory-task-store.ts';
import { fixtures } from '../support/recorded-backups.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { auditReport, cleanUpReport, costView, plannedCleanup } from './bucket-views.ts';
import { pitr } from './fake-host.ts';

const nowMs = Date.UTC(2027, 0, 1);
const hands: AuditHands = {
  ...{ openBackup, openCluster, openState, openUploads, wallMs: () => nowMs },
  openDeployedState: async () => undefined,
  openCleanupPlans: async (folder) => openCleanupPlans(folder),
  lockHolder: async (detail) => lockHolder(detail),
};
const operations = bindAudit(hands);

/** The run that took the recorded lock. */
const deadCut: BrRun = {
  ...{
    shape: 'br-run/v1',
    state: 'ended',
    cluster: 'shop',
    id: '20261122051700-truncation-1',
    work: 'truncation',
  },
  ...{
    workId: '20261122051700',
    attempt: 1,
    command: 'log-truncate',
    argv: [],
    env: {},
    decidedMs: nowMs,
    token: '',
  },
  ...{
    startedMs: nowMs,
    endedMs: nowMs,
    end: 'signal SIGKILL',
    verdict: 'failed',
    waitSeconds: 0,
    isAnswered: true,
  },
  failure: { code: 'RUN_LOST', message: 'it died', hint: '' },
  facts: { operationId: 'dc72202d-48f3-4736-8bb8-c9f5d5693a59', host: 'vm', pid: '9701' },
};

/** A copy of the bucket of the shop on disk. */
async function shop(t: TestContext): Promise<string> {
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  cpSync(join(fixtures, 'shop/bucket/backup-data'), join(folder.path, 'bucket'), { recursive: true });
  return folder.path;
}

/** Below a folder, the first object that ends so. */
function firstObject(folder: string, ending: string): string {
  const found = readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .find((name) => name.endsWith(ending));
  assert.ok(found);
  return found;
}

describe('pitr audit', () => {
  test('ends with 0 on a whole bucket, and with 4 when an object is gone that a moment needs', async (t) => {
    const bucket = join(await shop(t), 'bucket');
    const whole = await pitr(['audit', '--storage', bucket], { operations });
    assert.equal(whole.exit, 0);
    assert.match(whole.stdout, /^Whole: everything is named/);
    const gone = firstObject(bucket, '.log');
    rmSync(join(bucket, gone));
    const broken = await pitr(['audit', '--storage', bucket, '--json'], { operations });
    assert.equal(broken.exit, 4);
    const { findings, failed } = JSON.parse(broken.stdout);
    assert.equal(failed, 1);
    assert.deepEqual(findings[0].keys, [gone]);
    assert.match(findings[0].namedBy[0], /^log-backup\/v1\/backupmeta\/.*\.meta$/);
  });

  test('proves by the state of the runtime whose lock it is, and tells PD that does not answer', async (t) => {
    const folder = await shop(t);
    const left = join(fixtures, 'faults/truncate-1-left-objects/log/truncating.lock');
    cpSync(left, join(folder, 'bucket/log-backup/truncating.lock'));
    mkdirSync(join(folder, '.pitr'));
    const store = await openSqliteTaskStore(join(folder, '.pitr/state.sqlite'));
    await store.commit({ cluster: 'shop', nowMs, records: [{ record: deadCut, expect: 'absent' }] });
    await store.close();
    const file = join(folder, 'pitr.yaml');
    const settings = `version: 1
clusters:
  - {name: shop, tidbVersion: v8.5.4, pd: [127.0.0.1:1], bucket: {folder: ${join(folder, 'bucket')}}, runner: {kind: local}}
`;
    const words = ['audit', '--settings', file, '--json'];
    const { exit, stdout, stderr } = await pitr(words, {
      operations,
      files: { [file]: Buffer.from(settings) },
    });
    assert.equal(exit, 0, stderr);
    const { findings, notes } = JSON.parse(stdout);
    assert.equal(findings.length, 1);
    assert.deepEqual([findings[0].kind, findings[0].proof.proven], ['lock', true]);
    assert.match(findings[0].proof.text, /20261122051700-truncation-1 .* over \(signal SIGKILL\)/);
    assert.equal(notes.length, 1);
    assert.match(notes[0], /^PD was not looked at: /);
  });

  test('proves it by the state table of a deployed cluster, too, and goes on without one that refuses', async (t) => {
    const bucket = join(await shop(t), 'bucket');
    const left = join(fixtures, 'faults/truncate-1-left-objects/log/truncating.lock');
    cpSync(left, join(bucket, 'log-backup/truncating.lock'));
    const table = taskStoreOn(new MemoryStateTable());
    await table.commit({ cluster: 'shop', nowMs, records: [{ record: deadCut, expect: 'absent' }] });
    const yaml =
      'version: 1\nclusters: [{name: shop, tidbVersion: v8.5.4, pd: [10.255.255.1:1], vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}}]\n';
    const audited = async (openDeployedState: typeof hands.openDeployedState) => {
      const words = ['audit', '--settings', 'p.yaml', '--pd', '127.0.0.1:1', '--storage', bucket, '--json'];
      const world = { operations: bindAudit({ ...hands, openDeployedState }) };
      const { exit, stdout, stderr } = await pitr(words, {
        ...world,
        files: { 'p.yaml': Buffer.from(yaml) },
      });
      assert.equal(exit, 0, stderr);
      return JSON.parse(stdout);
    };
    const known = await audited(async (cluster) => (cluster === 'shop' ? table : undefined));
    assert.deepEqual([known.findings[0].kind, known.findings[0].proof.proven], ['lock', true]);
    const refused = await audited(async () => {
      throw new PitrError('AWS_DENIED', 'dynamodb:Query is denied');
    });
    assert.equal(refused.findings[0].proof.proven, false);
    assert.match(
      refused.notes.join(),
      /the state: dynamodb:Query is denied: whose a lock is cannot be proven/,
    );
  });

  test('tells as many keys as were asked for, and counts all', async (t) => {
    const bucket = join(await shop(t), 'bucket');
    for (const name of readdirSync(join(bucket, 'log-backup/v1'))) {
      if (/^\d{8}$/.test(name)) rmSync(join(bucket, 'log-backup/v1', name), { recursive: true });
    }
    const { stdout } = await pitr(['audit', '--storage', bucket, '--limit', '2', '--json'], { operations });
    const [{ keys, count }] = JSON.parse(stdout).findings;
    assert.equal(keys.length, 2);
    assert.ok(count > 2, `${count}`);
  });

  test('says of each finding what it is, whether it is proven, and what to do', async () => {
    const { stdout, stderr } = await pitr(['audit', '--storage', 'x'], {
      operations: { auditBucket: async () => auditReport },
    });
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'Not whole: 1 damage, 1 warning, 1 note',
      '1,234 objects, 4.7 GiB in file:///backups/shop',
      '',
      '  fail  missing-log-data  log-backup/v1/20261121  5',
      '        changes are gone',
      '        proven: asked for by name',
      '        → bring them back',
      '        a.log',
      '        b.log',
      '        c.log',
      '        and 2 more',
      '',
      '  warn  lock  log-backup/truncating.lock  1, 400 B',
      '        a lock',
      '        not proven: not proven',
      '        → look whether it runs',
      '',
      '  info  epochs  logs  2',
      '        2 logs',
      '        proven: each has a task',
    ]);
    assert.match(stderr, /note: no cluster was given/);
  });

  test('plans a cleanup, keeps the plan beside the settings, and carries it out once', async (t) => {
    const folder = await shop(t);
    const bucket = join(folder, 'bucket');
    const left = join(bucket, 'snapshot-20261122042442/checkpoints/backup/checkpoint.meta');
    mkdirSync(dirname(left), { recursive: true });
    writeFileSync(left, '{}');
    const words = ['audit', '--storage', bucket, '--state', join(folder, '.pitr')];
    const shown = await pitr([...words, '--plan'], { operations });
    assert.equal(shown.exit, 0, shown.stderr);
    assert.match(
      shown.stdout,
      /^Would remove 1 object, 2 B\nin .*\nplan 20270101000000-audit: pitr audit --apply/,
    );
    assert.match(shown.stdout, /\n {2}finished-checkpoint {2}snapshot-20261122042442 {2}1, 2 B\n/);
    assert.ok(existsSync(left));
    const second = JSON.parse((await pitr([...words, '--plan', '--json'], { operations })).stdout);
    assert.equal(second.planId, '20270101000000-audit-2', 'two plans of one second are two');
    const done = await pitr([...words, '--apply', '20270101000000-audit'], { operations });
    assert.equal(done.exit, 0, done.stderr);
    assert.match(done.stdout, /^Removed 1 object, 2 B\n/);
    assert.equal(existsSync(left), false);
    for (const [id, why] of [
      ['20270101000000-audit', /was carried out before/],
      ['20261122120000-audit', /is not there/],
      ['../x', /is no id of a plan/],
    ] as const) {
      const { exit, stderr } = await pitr([...words, '--apply', id], { operations });
      assert.equal(exit, 1);
      assert.match(stderr, why);
    }
    writeFileSync(join(folder, '.pitr/audit-plans/20270101000000-audit-2.json'), '{"shape":"cleanup/v1"}');
    const damaged = await pitr([...words, '--apply', '20270101000000-audit-2'], { operations });
    assert.match(damaged.stderr, /does not hold this plan/);
    const nothing = await pitr([...words, '--plan'], { operations });
    assert.match(nothing.stdout, /^Nothing is to be removed\n/);
  });

  test('says what stays and what to type, and ends a cleanup with 1 when something stayed', async () => {
    const plan = await pitr(['audit', '--storage', 'x', '--plan'], {
      operations: { planCleanup: async () => plannedCleanup },
    });
    assert.equal(plan.exit, 4, 'something is damaged, whatever can be removed');
    assert.match(plan.stdout, /\nStays\n {2}safe-point {2}x {2}1\n {6}it goes by itself\n {6}\$ pd-ctl -u/);
    const done = await pitr(['audit', '--storage', 'x', '--apply', '20261122120000-audit'], {
      operations: { cleanUp: async () => cleanUpReport },
    });
    assert.equal(done.exit, 1);
    assert.match(done.stdout, /^Removed 2 objects, 200 B; 1 object stayed\n/);
    assert.match(done.stdout, /2 of 4, 200 B, 1 gone before\n {6}stayed {2}d\.log: it is locked/);
  });

  test('refuses what it cannot look at before it reads anything', async () => {
    const yaml =
      'version: 1\nclusters: [{name: a, tidbVersion: v8.5.4, pd: [p], vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}}]\n';
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['audit'], /--storage is missing/],
      [['audit', '--storage', 'x', '--memory', '1MiB'], /--memory is/],
      [['audit', '--storage', 'x', '--limit', 'all'], /--limit is `all`/],
      [
        ['audit', '--settings', 'p.yaml'],
        /--storage is missing, and the settings leave the name of the bucket to the stack/,
      ],
      [['audit', '--storage', 'x', '--plan', '--apply', 'y'], /--plan and --apply are both given/],
      [['audit', '--storage', 'x', '--unsafe-remove-lock', 'y'], /--unsafe-remove-lock is given without/],
      [['cost', '--storage', 'x', '--price-per-gb', 'cheap'], /--price-per-gb is `cheap`/],
      [['cost', '--storage', 'x', '--window', '7'], /--window is `7`, expected lengths of time/],
      [['cost', '--storage', 'x', '--window', '0d'], /--window is `0d`/],
    ];
    for (const [words, message] of cases) {
      const { exit, stderr } = await pitr(words, { operations, files: { 'p.yaml': Buffer.from(yaml) } });
      assert.equal(exit, 2, words.join(' '));
      assert.match(stderr, message);
    }
  });
});

describe('pitr cost', () => {
  test('tells the sum first, then parts, growth and windows', async () => {
    const { stdout } = await pitr(['cost', '--storage', 'x'], {
      operations: { costBucket: async () => costView },
    });
    const lines = stdout.split('\n');
    assert.equal(lines[0], '100 GiB, 2.30 a month');
    for (const line of [
      '  snapshot-20261122050000                                  3   400 B   < 0.01',
      '  STANDARD       39  100 GiB     2.30',
      '  1 GiB of log a day; a snapshot of 50 GiB every 1d 00h; together 51 GiB a day',
      '  7d             100 GiB     2.30    458 GiB    10.53',
      '  1h                 1 B   < 0.01    unknown',
    ])
      assert.ok(lines.includes(line), `${line}\n${stdout}`);
  });

  test('takes a price and windows, and passes them on', async () => {
    const asked: unknown[] = [];
    const costBucket = async (request: unknown) => {
      asked.push(request);
      return costView;
    };
    const words = ['cost', '--storage', 'x', '--price-per-gb', '0.0245', '--window', '12h,1d12h'];
    const { stdout } = await pitr(words, { operations: { costBucket } });
    const [{ price, windowsMs }] = asked as [{ price: unknown; windowsMs: unknown }];
    assert.deepEqual([price, windowsMs], [{ nanosPerGb: 24_500_000n }, [43_200_000, 129_600_000]]);
    assert.match(stdout, /at the price that was given/);
  });

  test('shows money with two digits, rounded, and less than half a cent as such', () => {
    const shown = [0n, 1n, 4_999_999n, 5_000_000n, 14_999_999n, 15_000_000n, 1_234_567_890_000_000_000n].map(
      formatMoney,
    );
    assert.deepEqual(shown, ['0.00', '< 0.01', '< 0.01', '0.01', '0.01', '0.02', '1,234,567,890.00']);
  });
});
