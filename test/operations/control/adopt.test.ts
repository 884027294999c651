// What the control plane makes known of a bucket that it meets, and what it makes again of one whose state was lost.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logHeadObjects } from '../../../lib/br/backup-writer.ts';
import { readCatalog } from '../../../lib/br/catalog.ts';
import type { LogTaskState } from '../../../lib/domain/state/log-task-state.ts';
import type { SnapshotRun } from '../../../lib/domain/state/snapshot-run.ts';
import { msOfTs, tsFromMs } from '../../../lib/domain/ts.ts';
import { adopt } from '../../../lib/operations/control/adopt.ts';
import { currentLogPath } from '../../../lib/operations/control/keeper/log-place.ts';
import { rebuild } from '../../../lib/operations/control/rebuild.ts';
import { taskStoreOn } from '../../../lib/ports/state/table-task-store.ts';
import type { RecordWrite } from '../../../lib/ports/task-store.ts';
import {
  controlStage,
  refusalOf,
  type Stage,
  type StageOptions,
  stageText,
} from '../../support/control-stage.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { collect, recordedCopy, shopBucket, variantsStorage } from '../../support/recorded-store.ts';
import { completeSnapshot, runningSnapshot } from '../../support/state-builders.ts';

const ids = ['20261122042442', '20261122042455', '20261122042552'];

const shopStage = async (options: StageOptions = {}): Promise<Stage> =>
  controlStage({ bucket: await recordedCopy(shopBucket), ...options });
const adoptNow = (stage: Stage) => adopt.run(stage, { dueMs: undefined, who: 'a test', task: undefined });
const rebuildNow = (stage: Stage, dryRun = false) => rebuild.run(stage, { dryRun, who: 'a test' });

async function snapshots(stage: Stage): Promise<readonly SnapshotRun[]> {
  const { entries } = await stage.store.list('snapshot', 'shop', { nowMs: stage.nowMs() });
  return entries.map(({ record }) => record);
}

const keeperOf = async (stage: Stage) =>
  (await stage.store.get({ cluster: 'shop', kind: 'keeper', id: 'current' }, stage.nowMs()))?.record;

async function put(stage: Stage, ...records: readonly RecordWrite[]): Promise<void> {
  await stage.store.commit({ cluster: 'shop', nowMs: stage.nowMs(), records });
}

const running = (stage: Stage): LogTaskState => ({
  shape: 'log-task/v1',
  state: 'running',
  cluster: 'shop',
  observedMs: stage.nowMs(),
  task: 'pitr',
  storage: 'file:///backups/shop/log-backup',
  startTs: 1n,
  checkpointTs: 2n,
});

const signals = async (stage: Stage) =>
  (await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() })).entries.map(({ topic }) => topic);

describe('adopt', () => {
  test('makes records of the complete snapshots of the bucket, as the bucket tells them', async () => {
    const stage = await shopStage();
    const answer = await adoptNow(stage);
    assert.deepEqual(answer['adopted'], ids);
    const [first] = await snapshots(stage);
    assert.ok(first?.state === 'complete');
    assert.deepEqual([first.id, first.folder, first.trigger], [ids[0], `snapshot-${ids[0]}`, 'adopted']);
    assert.equal(new Date(msOfTs(first.backupTs)).toISOString().slice(0, 16), '2026-11-22T04:24');
    assert.ok(first.bytes > 0n);
  });

  test('does nothing the second time, and changes no record that is there', async () => {
    const stage = await shopStage();
    const mine = { ...completeSnapshot(Date.UTC(2026, 10, 22, 4, 24, 42)), trigger: 'schedule' } as const;
    await put(stage, { record: mine, expect: 'absent' });
    assert.deepEqual((await adoptNow(stage))['known'], [ids[0]]);
    const before = await snapshots(stage);
    assert.deepEqual(before[0], mine);
    const again = await adoptNow(stage);
    assert.deepEqual([again['adopted'], again['known']], [[], ids]);
    assert.deepEqual(await snapshots(stage), before);
  });

  test('makes each record once when two adopt at once', async () => {
    for (let seed = 1; seed < 12; seed++) {
      const stage = await shopStage();
      let state = seed;
      const turn = async () => {
        state = (state * 48271) % 2147483647;
        for (let turns = state % 4; turns > 0; turns--) await Promise.resolve();
      };
      const other = { ...stage, store: taskStoreOn(stage.table.seenBy(turn)) };
      const answers = await Promise.all([adoptNow(stage), adoptNow(other)]);
      assert.deepEqual(answers.flatMap((answer) => answer['adopted'] as string[]).sort(), ids);
      const { entries } = await stage.store.audit('shop', { nowMs: stage.nowMs() });
      assert.equal(entries.length, 3, `seed ${seed}`);
    }
  });

  test('only tells of an incremental, an encrypted and an unfinished snapshot', async () => {
    const bucket = await recordedCopy(variantsStorage);
    const dead = await recordedCopy('faults/backup-1-left', 'f/snapshot-20261122060000/');
    for await (const { key } of dead.list('')) {
      const bytes = await dead.get(key);
      if (bytes !== undefined) await bucket.put(`snapshot-dead/${key}`, bytes);
    }
    const answer = await adoptNow(await shopStage({ bucket }));
    const told = new Map(
      (answer['told'] as { folder: string; reason: string }[]).map((one) => [one.folder, one.reason]),
    );
    assert.match(told.get('snapshot-incremental') ?? '', /incremental/);
    assert.match(told.get('snapshot-aes256') ?? '', /not readable/);
    assert.match(told.get('snapshot-dead') ?? '', /unfinished/);
    assert.equal((answer['adopted'] as string[]).length, 5);
  });

  test('asks for the first snapshot when the log runs and the bucket has none, once for one signal', async () => {
    const stage = controlStage();
    assert.match(JSON.stringify((await adoptNow(stage))['first']), /the log task is not known yet/);
    await put(stage, { record: running(stage), expect: 'absent' });
    const dueMs = stage.nowMs() - 30_000;
    const input = { dueMs, who: 'react', task: undefined };
    const first = await adopt.run(stage, input);
    assert.equal((first['first'] as { decision: string }).decision, 'planned');
    await stage.clock.sleep(5000);
    const again = await adopt.run(stage, input);
    assert.equal((again['first'] as { decision: string }).decision, 'skipped');
    assert.equal((await snapshots(stage)).length, 1);
    assert.deepEqual(await signals(stage), ['snapshot-planned']);
  });

  test('asks for no first snapshot where there is one, where the settings wait, or where the log is still to start', async () => {
    const full = await shopStage();
    await put(full, { record: running(full), expect: 'absent' });
    assert.match(JSON.stringify((await adoptNow(full))['first']), /is complete/);
    const scheduled = controlStage({
      settings: stageText.replace('policy:', 'policy:\n      firstSnapshot: scheduled'),
    });
    await put(scheduled, { record: running(scheduled), expect: 'absent' });
    assert.match(
      JSON.stringify((await adoptNow(scheduled))['first']),
      /leave the first snapshot to the schedule/,
    );
    const off = controlStage({ settings: stageText.replace('policy:', 'policy:\n      log: off') });
    assert.equal(((await adoptNow(off))['first'] as { decision: string }).decision, 'planned');
  });

  test('its input is a cluster, and perhaps the time of the wish', () => {
    const dueAt = '2026-11-22T12:00:00.000Z';
    assert.equal(adopt.parseInput({ cluster: 'shop', dueAt }).dueMs, Date.parse(dueAt));
    assert.throws(() => adopt.parseInput({ cluster: 'shop', dueAt: 'noon' }), { name: 'INVALID_INPUT' });
    assert.throws(() => adopt.parseInput({ cluster: 'shop', dryRun: true }), { name: 'INVALID_INPUT' });
  });
});

describe('rebuild', () => {
  test('makes an empty state again from the bucket, and nothing the second time', async () => {
    const stage = await shopStage();
    const answer = await rebuildNow(stage);
    assert.deepEqual([answer['added'], answer['corrected'], answer['written']], [3, 0, 5]);
    assert.deepEqual(
      (await snapshots(stage)).map(({ id, state }) => [id, state]),
      ids.map((id) => [id, 'complete']),
    );
    const key = { cluster: 'shop', kind: 'log-task', id: 'current' } as const;
    const task = (await stage.store.get(key, stage.nowMs()))?.record;
    assert.ok(task?.state === 'stopped');
    assert.equal(task.checkpointTs, 470632777030303745n);
    assert.equal(task.startTs, 470632753594630146n);
    const { entries } = await stage.store.checkpoints('shop', 'hour', { nowMs: stage.nowMs() });
    assert.deepEqual(
      entries.map(({ checkpointTs }) => checkpointTs),
      [470632777030303745n],
    );
    await stage.clock.sleep(60_000);
    const again = await rebuildNow(stage);
    assert.deepEqual([again['planned'], again['written'], again['agreeing']], [0, 0, 3]);
  });

  test('of a bucket with several epochs knows the log that began last', async () => {
    const stage = await shopStage();
    const path = 'log-backup/epoch-20261122042438';
    for (const { key } of await collect(stage.bucket.list('log-backup/'))) {
      const bytes = (await stage.bucket.get(key)) ?? new Uint8Array();
      if (key === 'log-backup/backupmeta') continue;
      await stage.bucket.put(key.replace('log-backup', path), bytes);
    }
    // The old one began before, as its head says; without a head of its own the copy began at nothing.
    await rebuildNow(stage);
    const task = await stage.store.get({ cluster: 'shop', kind: 'log-task', id: 'current' }, stage.nowMs());
    assert.equal(
      task?.record.state === 'stopped' ? task.record.storage : '',
      'local:///backups/shop/log-backup',
    );
    const head = (await stage.bucket.get('log-backup/backupmeta')) ?? new Uint8Array();
    await stage.bucket.put(`${path}/backupmeta`, head);
    await stage.bucket.delete('log-backup/backupmeta');
    const again = await shopStage({ bucket: stage.bucket });
    await rebuildNow(again);
    const moved = await again.store.get({ cluster: 'shop', kind: 'log-task', id: 'current' }, again.nowMs());
    assert.equal(
      moved?.record.state === 'stopped' ? moved.record.storage : '',
      `local:///backups/shop/${path}`,
    );
  });

  test('brings the epochs of the log back, with what ended them, and the next look goes on in the newest', async () => {
    const stage = await shopStage();
    const path = 'log-backup/epoch-20261122050000';
    const startTs = tsFromMs(Date.UTC(2026, 10, 22, 5));
    const { logs } = await readCatalog({ snapshots: undefined, log: stage.bucket, keys: {} });
    const clusterId = logs[0]?.clusterId ?? 0n;
    for (const { key, bytes } of logHeadObjects({ clusterId, clusterVersion: '8.5.4', startTs }))
      await stage.bucket.put(`${path}/${key}`, bytes);
    const answer = await rebuildNow(stage);
    assert.equal(answer['epochs'], 2);
    assert.match(
      JSON.stringify(answer['plan']),
      /log-backup is an epoch from 2026-11-22T04:24:38.* to 2026-/,
    );
    const keeper = await keeperOf(stage);
    assert.deepEqual(
      keeper?.epochs.map((epoch) => [epoch.path, epoch.endTs, epoch.why]),
      [
        ['log-backup', 470632777030303745n, `a later log begins in ${path}, as the bucket tells`],
        [path, null, ''],
      ],
    );
    assert.equal(keeper?.aliveMs, null, 'a keeper that never saw a task starts none unasked');
    assert.equal(await currentLogPath(stage), path);
    await stage.clock.sleep(60_000);
    assert.deepEqual((await rebuildNow(stage))['epochs'], 0);
  });

  test('shows its plan and writes nothing in a dry run', async () => {
    const stage = await shopStage();
    const answer = await rebuildNow(stage, true);
    assert.deepEqual([answer['planned'], answer['written'], answer['logTask']], [3, 0, 'stopped']);
    assert.match(JSON.stringify(answer['plan']), /snapshot-20261122042442 is complete and had no record/);
    assert.deepEqual(await snapshots(stage), []);
  });

  test('corrects a record that says complete and whose folder is gone', async () => {
    const stage = await shopStage();
    await put(stage, { record: completeSnapshot(), expect: 'absent' });
    const answer = await rebuildNow(stage);
    assert.equal(answer['corrected'], 1);
    const record = (await snapshots(stage)).find(({ id }) => id === completeSnapshot().id);
    assert.equal(record?.state, 'expired');
  });

  test('refuses while a lease is held, tells of it in a dry run, and ends the run once it is proven over', async () => {
    const stage = await shopStage();
    await put(stage, { record: runningSnapshot(), expect: 'absent' });
    const lease = { cluster: 'shop', work: 'snapshot', holder: 'execution-1', ttlMs: 60_000 } as const;
    await stage.store.acquireLease({ ...lease, nowMs: stage.nowMs() });
    const refusal = await refusalOf(rebuildNow(stage));
    assert.equal(refusal.code, 'WORK_IN_PROGRESS');
    assert.match(refusal.message, /execution-1 holds the lease "snapshot"/);
    const shown = await rebuildNow(stage, true);
    assert.deepEqual([shown['planned'], (shown['inProgress'] as string[]).length], [3, 1]);
    await stage.clock.sleep(61_000);
    await rebuildNow(stage);
    const record = (await snapshots(stage)).find(({ id }) => id === runningSnapshot().id);
    assert.ok(record?.state === 'failed');
    assert.equal(record.failure.code, 'RUN_LOST');
  });

  test('says nothing of a task where the bucket holds no log, or where one is known', async () => {
    const empty = controlStage({ bucket: new MemoryObjectStore() });
    assert.equal((await rebuildNow(empty))['logTask'], '');
    const known = await shopStage();
    await put(known, { record: running(known), expect: 'absent' });
    assert.equal((await rebuildNow(known))['logTask'], '');
  });
});
