import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readLogFacts } from '../../lib/br/catalog-log.ts';
import { readSnapshotFacts } from '../../lib/br/catalog-snapshot.ts';
import type { BrCommandKind } from '../../lib/br/commands/br-decision.ts';
import { type BrOutcome, outcome } from '../../lib/br/commands/br-outcome.ts';
import { readBrOutput } from '../../lib/br/commands/br-output.ts';
import { parseLock } from '../../lib/br/locks.ts';
import { readLogMeta } from '../../lib/br/log/log-selection.ts';
import type { SimRun } from '../../lib/sim/sim-br.ts';
import { judgeMoment } from '../support/sim-judge.ts';
import { hour, minute, SimStage } from '../support/sim-stage.ts';

/** What the control plane makes of what it printed. */
function read(run: SimRun, command: BrCommandKind): BrOutcome {
  const utf8 = new TextEncoder();
  const events = readBrOutput(utf8.encode(run.stdout), utf8.encode(run.stderr));
  const code = run.over?.state === 'ended' && 'exitCode' in run.over.end ? run.over.end.exitCode : undefined;
  return outcome(code, events, command);
}

const log = (stage: SimStage, verb: string, ...more: string[]) =>
  stage.run('log', verb, '--task-name=pitr', ...more);
const startLog = (stage: SimStage) => log(stage, 'start', `--storage=${stage.folderUrl('log-backup')}`);
const backup = (stage: SimStage, name: string, ...more: string[]) =>
  stage.run('backup', 'full', `--storage=${stage.folderUrl(name)}`, '--gcttl=4320', ...more);
const truncate = (stage: SimStage, until: bigint) =>
  stage.run('log', 'truncate', `--until=${until}`, `--storage=${stage.folderUrl('log-backup')}`, '-y');
const snapshot = (stage: SimStage, name: string) => readSnapshotFacts(stage.bucket, `${name}/`, {});

/** Keys below the log that hold data or name it. */
async function logObjects(stage: SimStage): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of stage.bucket.list('log-backup/v1/')) keys.push(key);
  return keys;
}

describe('the br of the simulator', () => {
  test('what it prints is read as what the real one prints: commands that end well', async () => {
    const stage = new SimStage();
    assert.equal(read(await startLog(stage), 'log-start').kind, 'succeeded');
    await stage.clock.advance(30 * minute);
    const taken = read(await backup(stage, 'snapshot-1'), 'backup-full');
    assert.equal(taken.kind, 'succeeded');
    const facts = await snapshot(stage, 'snapshot-1');
    assert.equal(facts?.state.kind, 'complete');
    assert.equal(taken.facts.backupTs, facts?.backupTs);
    assert.equal(read(await log(stage, 'pause'), 'log-pause').kind, 'succeeded');
    assert.equal(read(await log(stage, 'resume'), 'log-resume').kind, 'succeeded');
    await stage.clock.advance(hour);
    const cut = read(await truncate(stage, facts?.backupTs ?? 0n), 'log-truncate');
    assert.equal(cut.kind, 'succeeded');
    assert.ok((cut.facts.filesToTruncate ?? 0n) > 0n);
    assert.equal(read(await log(stage, 'stop'), 'log-stop').kind, 'succeeded');
    stage.stop();
  });

  test('its refusals are read by their codes', async () => {
    const stage = new SimStage();
    await startLog(stage);
    const codeOf = (run: SimRun, command: BrCommandKind) => {
      const found = read(run, command);
      return found.kind === 'succeeded' ? 'OK' : found.code;
    };
    assert.equal(codeOf(await startLog(stage), 'log-start'), 'TASK_EXISTS');
    assert.equal(codeOf(await log(stage, 'resume'), 'log-resume'), 'TASK_EXISTS');
    assert.equal(codeOf(await stage.run('log', 'stop', '--task-name=x'), 'log-stop'), 'TASK_MISSING');
    await backup(stage, 'snapshot-1');
    assert.equal(codeOf(await backup(stage, 'snapshot-1'), 'backup-full'), 'BACKUP_PATH_USED');
    stage.isPdHidden = true;
    assert.equal(codeOf(await log(stage, 'pause'), 'log-pause'), 'CLUSTER_UNAVAILABLE');
    stage.stop();
  });

  test('a backup that is killed at any step leaves what can be gone on with, once its lock is over', async () => {
    for (const atStep of [1, 2, 3, 4, 5, 6]) {
      const stage = new SimStage({ seed: atStep });
      stage.faults.set('backup full', { kind: 'die', atStep });
      const killed = await backup(stage, 'snapshot-1');
      assert.deepEqual(killed.over?.state === 'ended' && killed.over.end, { signal: 'SIGKILL' });
      const left = (await snapshot(stage, 'snapshot-1'))?.state;
      stage.faults.clear();
      if (left?.kind === 'unfinished' && left.lockExpiresMs !== undefined) {
        assert.equal(read(await backup(stage, 'snapshot-1'), 'backup-full').kind, 'failed');
        await stage.clock.advance(6 * minute);
        const other = await backup(stage, 'snapshot-1', '--ratelimit=5');
        assert.match(other.stderr, /hashs of the configs are not the same/);
      }
      // Killed between lock and checkpoint: br has no way on, and whoever knows that it is dead removes the lock.
      if (left?.kind === 'unfinished' && !left.resumable) await stage.bucket.delete('snapshot-1/backup.lock');
      assert.equal(read(await backup(stage, 'snapshot-1'), 'backup-full').kind, 'succeeded');
      const facts = await snapshot(stage, 'snapshot-1');
      if (left?.kind === 'unfinished' && left.resumable) assert.equal(facts?.backupTs, left.backupTs);
      await judgeMoment(stage.bucket, stage.history, facts?.backupTs ?? 0n);
      stage.stop();
    }
  });

  test('a cut removes data before metas, keeps what transactions need that began earlier, and ends what a killed one began', async () => {
    for (const atStep of [3, 4, 5, 7, 9, undefined]) {
      const stage = new SimStage({ seed: 20 + (atStep ?? 0) });
      await startLog(stage);
      await stage.clock.advance(90 * minute);
      await backup(stage, 'snapshot-1');
      const backupTs = (await snapshot(stage, 'snapshot-1'))?.backupTs ?? 0n;
      await stage.clock.advance(hour);
      const before = await logObjects(stage);
      if (atStep !== undefined) stage.faults.set('log truncate', { kind: 'die', atStep });
      const first = await truncate(stage, backupTs);
      stage.faults.clear();
      const locks = (await readLogFacts(stage.bucket, 'log-backup/')).locks;
      if (atStep !== undefined && first.over?.state === 'ended' && 'signal' in first.over.end) {
        const bytes = await stage.bucket.get('log-backup/truncating.lock');
        assert.equal(parseLock('lock', bytes ?? new Uint8Array()).lockType, 'log-truncate-exclusive');
        const blocked = read(await truncate(stage, backupTs), 'log-truncate');
        assert.ok(blocked.kind === 'failed' && blocked.code === 'BR_LOCKED');
        await stage.bucket.delete('log-backup/truncating.lock');
        assert.equal(read(await truncate(stage, backupTs), 'log-truncate').kind, 'succeeded');
      } else assert.deepEqual(locks, []);
      const after = await logObjects(stage);
      assert.ok(after.length < before.length, `${before.length} → ${after.length}`);
      const facts = await readLogFacts(stage.bucket, 'log-backup/');
      assert.equal(facts.minTs, backupTs);
      for (const key of after.filter((one) => one.endsWith('.meta'))) {
        for (const { path } of (await readLogMeta(stage.bucket, key)).groups) {
          assert.ok(after.includes(`log-backup/${path}`), `${key} names ${path}, which is gone`);
        }
      }
      for (const ts of [backupTs, facts.maxTs ?? 0n]) await judgeMoment(stage.bucket, stage.history, ts);
      stage.stop();
    }
  });

  test('a restore takes lease, lock and the stores’ collection, and gives them back at its end', async () => {
    const stage = new SimStage({ seed: 7 });
    const toTs = await stageWithWindow(stage);
    const run = await stage.start('restore', 'point', '--pd=10.0.1.1:2379', ...restoreWords(stage, toTs));
    await stage.clock.advance(25 * minute);
    assert.equal(stage.target.pd.settings.get('1 gc.ratio-threshold'), '-1.0');
    assert.equal(stage.target.pd.etcd.keysBelow('/tidb/brie/import/').length, 1);
    assert.equal((await readLogFacts(stage.bucket, 'log-backup/')).locks.length, 1);
    await stage.clock.advance(hour);
    const ended = read(run, 'restore-point');
    assert.equal(ended.kind, 'succeeded');
    assert.equal(ended.facts.restoredTs, toTs);
    assert.equal(stage.target.pd.settings.get('1 gc.ratio-threshold'), '1.1');
    assert.deepEqual(stage.target.pd.etcd.keysBelow('/tidb/brie/import/'), []);
    assert.deepEqual((await readLogFacts(stage.bucket, 'log-backup/')).locks, []);
    assert.deepEqual(stage.restored, [
      { restoredTs: toTs, snapshotFolder: 'snapshot-1/', logFolder: 'log-backup/' },
    ]);
    stage.stop();
  });

  test('a restore that is killed in the log leaves its marks; the same one waits, goes on and ends well', async () => {
    const stage = new SimStage({ seed: 8 });
    const toTs = await stageWithWindow(stage);
    stage.faults.set('restore point', { kind: 'die', atStep: 23 });
    await stage.run('restore', 'point', '--pd=10.0.1.1:2379', ...restoreWords(stage, toTs));
    stage.faults.clear();
    assert.equal(stage.target.registry?.state, 'running');
    assert.equal((await readLogFacts(stage.bucket, 'log-backup/')).locks.length, 1);
    const words = restoreWords(stage, toTs - (60_000n << 18n));
    const other = await stage.run('restore', 'point', '--pd=10.0.1.1:2379', ...words);
    assert.match(other.stderr, /existing task has different restoredTS/);
    const again = await stage.run('restore', 'point', '--pd=10.0.1.1:2379', ...restoreWords(stage, toTs));
    assert.equal(read(again, 'restore-point').kind, 'succeeded');
    assert.match(again.stdout, /task heartbeat unchanged, continuing to wait/);
    assert.match(again.stdout, /successfully resumed existing registration/);
    assert.equal(stage.target.registry, undefined);
    // The dead run's lock stays for ever.
    assert.equal((await readLogFacts(stage.bucket, 'log-backup/')).locks.length, 1);
    stage.stop();
  });

  test('a run that is asked to stop takes its lock away; one that hangs is killed after the grace', async () => {
    const stage = new SimStage({ seed: 9 });
    await startLog(stage);
    await stage.clock.advance(hour);
    const words = [`--until=${stage.cluster.pd.nextTs()}`, `--storage=${stage.folderUrl('log-backup')}`];
    const asked = await stage.start('log', 'truncate', ...words);
    await stage.clock.advance(900);
    await stage.br.stop({ runner: 'sim', runId: asked.runId, place: '' }, { graceMs: minute });
    await stage.clock.advance(10_000);
    assert.deepEqual(asked.over?.state === 'ended' && asked.over.end, { exitCode: 1 });
    assert.deepEqual((await readLogFacts(stage.bucket, 'log-backup/')).locks, []);
    stage.faults.set('log truncate', { kind: 'hang', atStep: 2, forMs: 9 * hour });
    const hung = await stage.start('log', 'truncate', ...words);
    await stage.clock.advance(hour);
    const stateOf = async () => (await stage.br.poll({ runner: 'sim', runId: hung.runId, place: '' })).state;
    assert.equal(await stateOf(), 'running');
    await stage.br.stop({ runner: 'sim', runId: hung.runId, place: '' }, { graceMs: minute });
    await stage.clock.advance(5 * minute);
    assert.equal(await stateOf(), 'ended');
    stage.stop();
  });

  test('a run that lies exits with 0, says that it succeeded, and has not done it', async () => {
    const stage = new SimStage({ seed: 10 });
    stage.faults.set('backup full', { kind: 'lie' });
    assert.equal(read(await backup(stage, 'snapshot-1'), 'backup-full').kind, 'succeeded');
    assert.notEqual((await snapshot(stage, 'snapshot-1'))?.state.kind, 'complete');
    stage.stop();
  });
});

async function stageWithWindow(stage: SimStage): Promise<bigint> {
  await startLog(stage);
  await stage.clock.advance(10 * minute);
  await backup(stage, 'snapshot-1');
  await stage.clock.advance(2 * hour);
  return (await readLogFacts(stage.bucket, 'log-backup/')).maxTs ?? 0n;
}

const restoreWords = (stage: SimStage, toTs: bigint) => [
  `--storage=${stage.folderUrl('log-backup')}`,
  `--full-backup-storage=${stage.folderUrl('snapshot-1')}`,
  `--restored-ts=${toTs}`,
];
