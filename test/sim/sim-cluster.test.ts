import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCatalog } from '../../lib/br/catalog.ts';
import type { LogTaskFacts } from '../../lib/domain/log-task/log-task-facts.ts';
import { msOfTs } from '../../lib/domain/ts.ts';
import { computeWindow, earliest, latest } from '../../lib/domain/window.ts';
import { SimClusterView } from '../../lib/sim/cluster/sim-cluster-view.ts';
import { storageDown } from '../../lib/sim/sim-bucket.ts';
import { judgeMoment } from '../support/sim-judge.ts';
import { hour, minute, SimStage } from '../support/sim-stage.ts';

function view(stage: SimStage): SimClusterView {
  const now = () => stage.clock.nowMs();
  return new SimClusterView('10.0.0.1:2379', stage.cluster.pd, {
    isHidden: () => stage.isPdHidden,
    localMs: now,
  });
}

async function taskOf(stage: SimStage): Promise<LogTaskFacts> {
  const { task } = await view(stage).readLogTask();
  assert.equal(task.kind, 'task');
  return task as LogTaskFacts;
}

const startLog = (stage: SimStage) =>
  stage.run('log', 'start', '--task-name=pitr', `--storage=${stage.folderUrl('log-backup')}`);
const takeSnapshot = (stage: SimStage, name = 'snapshot-1') =>
  stage.run('backup', 'full', `--storage=${stage.folderUrl(name)}`, '--gcttl=4320');
const lagMs = (stage: SimStage, ts: bigint | undefined) => stage.clock.nowMs() - msOfTs(ts ?? 0n);

describe('a simulated cluster', () => {
  test('its task is read back by the reader of PD, and its checkpoint follows the clock', async () => {
    const stage = new SimStage();
    assert.equal((await startLog(stage)).over?.state, 'ended');
    await stage.clock.advance(hour);
    const task = await taskOf(stage);
    assert.equal(task.name, 'pitr');
    assert.equal(task.storage.url, stage.folderUrl('log-backup'));
    assert.equal(task.state.kind, 'normal');
    assert.ok(lagMs(stage, task.checkpoints.advanced) < 10 * minute);
    assert.ok(lagMs(stage, task.checkpoints.persisted) < 10 * minute);
    const { services, gcSafePoint } = await view(stage).readSafePoints();
    const owners = services.map(({ owner }) => owner.kind);
    assert.deepEqual([...new Set(owners)].sort(), ['advancer', 'gc-worker', 'store']);
    assert.ok(gcSafePoint < (task.checkpoints.persisted ?? 0n));
    assert.equal((await view(stage).readLogTask()).advancers.length, 1);
    stage.stop();
  });

  test('every moment of its window can be restored to the truth', async () => {
    for (const [seed, names] of [['flagged'], ['decimal'], ['hex', 'tagged']].entries()) {
      const stage = new SimStage({ seed: seed + 5, flushing: { names: names as ['flagged'] } });
      await startLog(stage);
      await stage.clock.advance(20 * minute);
      await takeSnapshot(stage);
      await stage.clock.advance(3 * hour);
      const window = computeWindow(
        await readCatalog({ snapshots: stage.bucket, log: stage.bucket, keys: {} }),
      );
      const [from, to] = [earliest(window), latest(window)];
      assert.ok(from !== undefined && to !== undefined);
      assert.ok(msOfTs(to) - msOfTs(from) > 2 * hour);
      for (const ts of [from, (from + to) / 2n, to]) await judgeMoment(stage.bucket, stage.history, ts);
      stage.stop();
    }
  });

  test('a storage that is down makes the stores give up after some minutes, with their error as bytes', async () => {
    const stage = new SimStage();
    await startLog(stage);
    await stage.clock.advance(hour);
    stage.bucket.shut('stores', storageDown);
    await stage.clock.advance(20 * minute);
    const { state } = await taskOf(stage);
    assert.ok(state.kind === 'error');
    assert.equal(state.stores[0]?.code, 'KV:LogBackup:Io');
    assert.match(state.stores[0]?.message ?? '', /^\[store = \d\] put log-backup/);
    assert.equal(state.pause.by, 'system');
    stage.bucket.shut('stores', undefined);
    const resumed = await stage.run('log', 'resume', '--task-name=pitr');
    assert.deepEqual(resumed.over?.state === 'ended' ? resumed.over.end : undefined, { exitCode: 0 });
    await stage.clock.advance(20 * minute);
    const after = await taskOf(stage);
    assert.equal(after.state.kind, 'normal');
    assert.ok(lagMs(stage, after.checkpoints.persisted) < 15 * minute);
    stage.stop();
  });

  test('without TiDB the owner goes within a minute, and the checkpoint stands while PD calls the task normal', async () => {
    const stage = new SimStage();
    await startLog(stage);
    await stage.clock.advance(hour);
    stage.cluster.tidb.stop();
    await stage.clock.advance(2 * minute);
    const before = await taskOf(stage);
    assert.deepEqual((await view(stage).readLogTask()).advancers, []);
    await stage.clock.advance(hour);
    const after = await taskOf(stage);
    assert.equal(after.state.kind, 'normal');
    assert.equal(after.checkpoints.advanced, before.checkpoints.advanced);
    stage.cluster.tidb.isUp = true;
    stage.cluster.touch();
    await stage.clock.advance(20 * minute);
    assert.ok(lagMs(stage, (await taskOf(stage)).checkpoints.persisted) < 10 * minute);
    stage.stop();
  });

  test('a pause holds history for a day: then garbage is collected, and a resume is refused', async () => {
    const stage = new SimStage();
    await startLog(stage);
    await stage.clock.advance(hour);
    await stage.run('log', 'pause', '--task-name=pitr', '--gc-ttl=86400', '--message=holiday');
    const paused = await taskOf(stage);
    assert.ok(paused.state.kind === 'paused');
    assert.equal(paused.state.by, 'person');
    assert.equal(paused.state.message, 'holiday');
    await stage.clock.advance(23 * hour);
    assert.ok(stage.cluster.pd.hasHistory(paused.checkpoints.advanced ?? 0n));
    await stage.clock.advance(2 * hour);
    assert.ok(!stage.cluster.pd.hasHistory(paused.checkpoints.advanced ?? 0n));
    const refused = await stage.run('log', 'resume', '--task-name=pitr');
    assert.deepEqual(refused.over?.state === 'ended' ? refused.over.end : undefined, { exitCode: 1 });
    assert.match(refused.stderr, /has been gc/);
    stage.stop();
  });

  test('what a lost store saw and did not flush is flushed by the others, and every moment stays right', async () => {
    const stage = new SimStage({ seed: 11 });
    await startLog(stage);
    await stage.clock.advance(10 * minute);
    await takeSnapshot(stage);
    await stage.clock.advance(30 * minute);
    stage.cluster.stores.lose(2n);
    stage.cluster.touch();
    await stage.clock.advance(hour);
    assert.ok(lagMs(stage, (await taskOf(stage)).checkpoints.persisted) < 15 * minute);
    stage.cluster.stores.bringBack(2n);
    stage.cluster.touch();
    await stage.clock.advance(hour);
    const window = computeWindow(await readCatalog({ snapshots: stage.bucket, log: stage.bucket, keys: {} }));
    await judgeMoment(stage.bucket, stage.history, latest(window) ?? 0n);
    stage.stop();
  });

  test('the same seed writes the same bytes, and another seed writes others', async () => {
    const digest = async (seed: number) => {
      const stage = new SimStage({ seed });
      await startLog(stage);
      await takeSnapshot(stage);
      await stage.clock.advance(2 * hour);
      stage.stop();
      const objects: string[] = [];
      for await (const { key } of stage.bucket.list('')) {
        objects.push(`${key} ${Buffer.from((await stage.bucket.get(key)) ?? []).toString('base64')}`);
      }
      return objects.join('\n');
    };
    const [first, again, other] = [await digest(3), await digest(3), await digest(4)];
    assert.ok(first === again, 'the two buckets of one seed differ');
    assert.ok(first !== other);
  });
});
