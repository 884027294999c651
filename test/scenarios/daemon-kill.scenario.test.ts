// `pitr local up` as a real process against a PD over HTTP and a br that plays back, killed with SIGKILL again and again: one
// snapshot is asked for, one br runs, one snapshot is there.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { runningIn } from '../../lib/local/control/daemon-claim.ts';
import { writePlaybackBr } from '../../lib/local/playback-br.ts';
import { openSqliteTaskStore } from '../../lib/local/sqlite-task-store.ts';
import { FakePd } from '../support/fake-pd.ts';
import { completeRecording } from '../support/recorded-cluster.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sample = resolve('test/fixtures/shop/bucket/backup-data');
const newest = 'snapshot-20261122042552';

interface Stage {
  readonly folder: string;
  readonly settings: string;
  readonly calls: string;
  readonly up: () => ChildProcess;
}

async function makeStage(folder: string, pd: string): Promise<Stage> {
  const bucket = join(folder, 'bucket');
  cpSync(sample, bucket, { recursive: true });
  rmSync(join(bucket, newest), { recursive: true });
  const calls = join(folder, 'calls');
  const br = writePlaybackBr(join(folder, 'bin'), {
    recordings: [resolve('test/fixtures/shop/br')],
    speed: 2,
    countFolder: calls,
    rules: [
      {
        command: 'backup full',
        recording: '13-backup-full',
        effects: [{ kind: 'snapshot', from: join(sample, newest) }],
      },
    ],
  });
  const settings = join(folder, 'pitr.yaml');
  writeFileSync(
    settings,
    `version: 1
clusters:
  - name: shop
    tidbVersion: v9.0.0-beta.2
    pd: [${pd}]
    bucket: { folder: ${JSON.stringify(bucket)} }
    runner: { kind: local, brPath: ${JSON.stringify(br)} }
    policy: { firstSnapshot: scheduled }
`,
  );
  const up = () =>
    spawn(process.execPath, ['bin/pitr.ts', 'local', 'up', '--settings', settings, '--quiet'], {
      stdio: 'ignore',
    });
  return { folder, settings, calls, up };
}

async function snapshotStates(folder: string): Promise<readonly string[]> {
  const store = await openSqliteTaskStore(join(folder, '.pitr/state.sqlite'));
  try {
    const page = await store.list('snapshot', 'shop', { nowMs: Date.now(), newestFirst: true });
    return page.entries.flatMap(({ record }) => (record.trigger === 'person' ? [record.state] : []));
  } finally {
    await store.close();
  }
}

/** Waits until it is so, or the time is over; what is then so is for the asserts. */
async function within(limitMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + limitMs;
  while (!(await isSo()) && Date.now() < untilMs) await setTimeout(200);
}

test('killed again and again while a snapshot is taken, the daemon goes on: one br, one snapshot', {
  timeout: 120_000,
}, async () => {
  const temporary = await temporaryFolder();
  const pd = new FakePd(completeRecording('shop/pd/5-before-end'));
  let daemon: ChildProcess | undefined;
  try {
    const stage = await makeStage(temporary.path, await pd.listen());
    const asked = spawnSync(
      process.execPath,
      ['bin/pitr.ts', 'take-snapshot', '--settings', stage.settings],
      { encoding: 'utf8', timeout: 60_000 },
    );
    assert.equal(asked.status, 0, asked.stderr);
    for (const afterMs of [900, 1300, 1100, 1700, 2100]) {
      daemon = stage.up();
      await setTimeout(afterMs);
      daemon.kill('SIGKILL');
    }
    daemon = stage.up();
    await within(60_000, async () => (await snapshotStates(stage.folder))[0] === 'complete');
    assert.deepEqual(await snapshotStates(stage.folder), ['complete']);
    assert.deepEqual(
      readdirSync(stage.calls).filter((name) => name.startsWith('backup-full')),
      ['backup-full.1'],
    );
    const folders = readdirSync(join(stage.folder, 'bucket')).filter((name) => name.startsWith('snapshot-2'));
    assert.equal(
      folders.filter((name) => existsSync(join(stage.folder, 'bucket', name, 'backupmeta'))).length,
      3,
    );
    // The last but one may have completed it, and then the last one has hardly begun.
    await within(30_000, async () => runningIn(join(stage.folder, '.pitr'))?.pid === daemon?.pid);
    const second = spawnSync(process.execPath, ['bin/pitr.ts', 'local', 'up', '--settings', stage.settings], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.match(second.stderr, /is in use by the runtime with the pid/, 'one runtime per folder');
  } finally {
    daemon?.kill('SIGTERM');
    await setTimeout(500);
    daemon?.kill('SIGKILL');
    await pd.close();
    await temporary.remove();
  }
});
