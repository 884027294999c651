// What a person reads of a restore: the plan, the end, and how one that was only begun is watched.

import assert from 'node:assert/strict';
import test from 'node:test';
import { plannedReport, restoredReport, startedReport } from './control-views.ts';
import { pitr } from './fake-host.ts';

const wanted = ['restore-cluster', '--at', '-10m', '--target', '10.0.9.1:2379', '--cluster', 'shop'] as const;

test('a plan is a page: base, log, steps, estimate, and the command of br that a shell takes', async () => {
  const operations = { restoreCluster: async () => plannedReport };
  const run = await pitr([...wanted, '--dry-run'], { operations });
  assert.deepEqual(run.stdout.split('\n'), [
    'Would restore 2026-11-22T04:25:58.402Z  470632774605733889',
    'of shop, into 10.0.9.1:2379, 10.0.9.2:2379; nothing was begun',
    '',
    '  base       snapshot-20261122042442 (BackupTS 470632754705858561, 2026-11-22T04:24:42.490Z), 560 KiB',
    '             then snapshot-20261122042455',
    '  log        log-backup, 1m 16s of it: after 470632754705858561 up to 470632774605733889, size not known',
    '  tables     shop.* !shop.tmp_*',
    '  estimate   how long it takes is not known: the size of the log is not',
    '',
    'Steps',
    '  1  look at the target\\u001b[2J',
    '  2  br restore point',
    '',
    'br would get',
    '  br restore point \\',
    '    --pd=10.0.9.1:2379 \\',
    "    '--filter=!shop.tmp_*'",
    '',
  ]);
  assert.equal(run.stderr, 'note: take a snapshot afterwards\n');
});

test('the end of a restore has the proof and how long it took', async () => {
  const operations = { restoreCluster: async () => restoredReport };
  const { stdout } = await pitr(wanted, { operations });
  assert.deepEqual(stdout.split('\n'), [
    'Restored 2026-11-22T04:25:58.402Z  470632774605733889',
    'of shop from snapshot-20261122042442, into 10.0.9.1:2379',
    '',
    '  proof      every table is as it was',
    '  took       12m 10s',
    '  execution  this machine, state in /srv/.pitr',
    '',
  ]);
});

test('one that was only begun says how it is watched', async () => {
  const operations = { restoreCluster: async () => startedReport };
  const { stdout } = await pitr([...wanted, '--no-wait'], { operations });
  assert.match(stdout, /pitr restore-cluster --cluster shop --watch 20261122120000-x4f1-restore\n$/);
});

test('the document of a restore that ended has its proof and no plan', async () => {
  const operations = { restoreCluster: async () => restoredReport };
  const document = JSON.parse((await pitr([...wanted, '--json'], { operations })).stdout);
  assert.equal(document.state, 'restored');
  assert.equal(document.proof, 'every table is as it was');
  assert.equal(document.ended, '1970-01-01T00:12:11.000Z');
  assert.equal(document.plan, null);
});
