// A log task that was there before us, under another name and in a folder of its own: from the first look on the keeper, the cut of the log,
// the window and the adoption of snapshots go by its name and folder; and what is not taken over without a word.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { readCatalog } from '../../../../lib/br/catalog.ts';
import { StorageBackendSchema, StreamBackupTaskInfoSchema } from '../../../../lib/br/proto/gen/task_pb.js';
import type { KeeperRecord } from '../../../../lib/domain/state/keeper-record.ts';
import { computeWindow } from '../../../../lib/domain/window.ts';
import { adopt } from '../../../../lib/operations/control/adopt.ts';
import { observe } from '../../../../lib/operations/control/keeper/observe.ts';
import { startBr } from '../../../../lib/operations/control/runs/start-br.ts';
import { truncateLog } from '../../../../lib/operations/control/truncate-log.ts';
import type { EtcdKeyValue } from '../../../../lib/pd/range.ts';
import { refusalOf, withWindow } from '../../../support/control-stage.ts';
import type { MemoryObjectStore } from '../../../support/memory-object-store.ts';
import { type ObserveStage, observeStage } from '../../../support/observe-stage.ts';
import { recordedPd } from '../../../support/recorded-pd.ts';
import { collect, recordedCopy, shopBucket } from '../../../support/recorded-store.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 22, 4, 26, 12);
const watch = { purpose: 'watch' } as const;

/** The shop's task as if somebody had started it so. */
function taskKeys(name: string, path: string, bucket = 'tidb-pitr-bucket'): EtcdKeyValue[] {
  return recordedPd('shop/pd/5-before-end').keyValues.map((one) => {
    const text = Buffer.from(one.key).toString('latin1');
    const key = Buffer.from(text.replace(/\/pitr(?=\/|$)/, `/${name}`), 'latin1');
    if (!text.startsWith('/tidb/br-stream/info/')) return { ...one, key };
    const info = fromBinary(StreamBackupTaskInfoSchema, one.value);
    info.name = name;
    const s3 = { bucket, prefix: `backup-data/${path}` };
    info.storage = create(StorageBackendSchema, { backend: { case: 's3', value: s3 } });
    return { ...one, key, value: toBinary(StreamBackupTaskInfoSchema, info) };
  });
}

/** The shop's bucket with its log in another folder. */
async function movedTo(folder: string): Promise<MemoryObjectStore> {
  const bucket = await recordedCopy(shopBucket);
  for (const { key } of await collect(bucket.list('log-backup/'))) {
    await bucket.put(key.replace('log-backup', folder), (await bucket.get(key)) ?? new Uint8Array());
    await bucket.delete(key);
  }
  return bucket;
}

async function keeperOf(stage: ObserveStage): Promise<KeeperRecord> {
  const found = await stage.store.get({ cluster: 'shop', kind: 'keeper', id: 'current' }, stage.nowMs());
  assert.ok(found !== undefined);
  return found.record;
}

async function lookAgain(stage: ObserveStage) {
  await stage.clock.sleep(minute);
  return await observe.run(stage, watch);
}

const asked = (stage: ObserveStage, task?: string) =>
  adopt.run(
    stage,
    adopt.parseInput({ cluster: 'shop', who: 'ann', ...(task === undefined ? {} : { task }) }),
  );

const told = async (stage: ObserveStage) =>
  (await stage.store.waitingSignals('shop', { nowMs: stage.nowMs(), limit: 1000 })).entries;

describe('a task that was there before us', () => {
  test('is adopted at the first look with its name and folder, told and written down', async () => {
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start, bucket: await movedTo('logs') });
    stage.showKeys(taskKeys('old', 'logs'));
    const answer = await observe.run(stage, watch);
    assert.deepEqual([answer['state'], answer['task'], answer['keeper']], ['running', 'old', 'healthy']);
    assert.equal(answer['objectsTs'], '470632777030303745');
    const { adopted, epochs } = await keeperOf(stage);
    assert.deepEqual(adopted, { name: 'old', path: 'logs', atMs: start, who: 'observe' });
    assert.deepEqual(
      epochs.map(({ path }) => path),
      ['logs'],
    );
    const { entries } = await stage.store.audit('shop', { nowMs: stage.nowMs() });
    assert.ok(entries.some(({ facts }) => facts['adopted'] === 'old' && facts['adoptedPath'] === 'logs'));
    const well = (await told(stage)).find(({ topic }) => topic === 'log-task-well');
    assert.match(
      String(well?.facts['done']),
      /found running in logs, and is adopted as it is: .* names it old/,
    );
    assert.equal((await lookAgain(stage))['told'], 0, 'it is told once');
  });

  test('is started again by its own name in its own folder when it was stopped', async () => {
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start, bucket: await movedTo('logs') });
    stage.showKeys(taskKeys('old', 'logs'));
    await observe.run(stage, watch);
    stage.show('shop/pd/6-stopped');
    let answer = await lookAgain(stage);
    for (let count = 0; answer['planned'] === '' && count < 10; count++) answer = await lookAgain(stage);
    const id = String(answer['planned']);
    await startBr.run(stage, { work: 'log-task', id, execution: `${id}-log-task`, token: 't' });
    const { argv } = stage.runner.run(`shop.${id}-log-task-1`).request;
    assert.deepEqual(argv.slice(1, 3), ['log', 'start']);
    assert.ok(argv.includes('--task-name=old'), argv.join(' '));
    assert.ok(argv.includes('--storage=s3://tidb-pitr-bucket/backup-data/logs'), argv.join(' '));
  });

  test('has its log cut in its folder, and its moments in the window, also beside a later epoch of ours', async () => {
    const bucket = await movedTo('logs');
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start, bucket });
    stage.showKeys(taskKeys('old', 'logs'));
    await observe.run(stage, watch);
    const facts = await readCatalog({ snapshots: bucket, log: bucket, keys: {} });
    const own = await recordedCopy(shopBucket);
    const before = computeWindow(await readCatalog({ snapshots: own, log: own, keys: {} }));
    assert.deepEqual(computeWindow(facts).merged, before.merged);
    await bucket.put('log-backup/notes.txt', Buffer.from('a later epoch will lie here'));
    const beside = await readCatalog({ snapshots: bucket, log: bucket, keys: {} });
    assert.deepEqual(
      beside.logs.map(({ path, problem }) => [path, problem === undefined]),
      [
        ['log-backup', false],
        ['logs', true],
      ],
    );
    await bucket.delete('log-backup/notes.txt');
    const brief = { ...stage, settings: withWindow(stage.settings, 10_000) };
    const cut = await truncateLog.run(brief, { dueMs: undefined, who: 'ann', dryRun: false });
    assert.equal(cut['decision'], 'planned', JSON.stringify(cut));
    const [planned] = (await stage.store.list('truncation', 'shop', { nowMs: stage.nowMs() })).entries;
    assert.ok(planned?.record.state === 'planned');
    assert.equal(planned.record.path, 'logs');
  });

  test('beside snapshots of its cluster lets them be adopted, and is no snapshot itself', async () => {
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start, bucket: await movedTo('logs') });
    stage.showKeys(taskKeys('old', 'logs'));
    await observe.run(stage, watch);
    const answer = await asked(stage);
    assert.equal((answer['adopted'] as string[]).length, 3);
    assert.deepEqual([answer['told'], answer['logTask']], [[], null]);
  });
});

describe('a task that takes the place of ours', () => {
  const replaced = async () => {
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start });
    await observe.run(stage, watch);
    stage.showKeys(taskKeys('other', 'log-backup/epoch-20261122042600'));
    const answer = await lookAgain(stage);
    assert.deepEqual([answer['state'], answer['keeper']], ['foreign', 'replaced']);
    return stage;
  };

  test('is told with the command that makes it ours, and is ours after it, by its own name and folder', async () => {
    const stage = await replaced();
    const trouble = (await told(stage)).find(({ topic }) => topic === 'log-task-trouble');
    assert.match(String(trouble?.facts['todo']), /pitr adopt --task other/);
    const { logTask } = await asked(stage, 'other');
    const path = 'log-backup/epoch-20261122042600';
    assert.deepEqual(logTask, { decision: 'taken-over', task: 'other', path });
    const answer = await lookAgain(stage);
    assert.deepEqual([answer['state'], answer['task']], ['running', 'other']);
    const { adopted, epochs } = await keeperOf(stage);
    assert.deepEqual([adopted?.name, adopted?.who], ['other', 'ann']);
    assert.deepEqual(
      epochs.map((epoch) => epoch.path),
      ['log-backup', path],
    );
    assert.deepEqual((await asked(stage, 'other'))['logTask'], { decision: 'known', task: 'other', path });
  });

  test('is not taken over under a name that nobody saw, nor before anybody looked', async () => {
    const stage = await replaced();
    const error = await refusalOf(asked(stage, 'pitr_2'));
    assert.equal(error.code, 'TASK_MISSING');
    assert.match(error.message, /the last look, at 2026-.*, found another one/);
    const fresh = observeStage('shop/pd/5-before-end', { nowMs: start });
    assert.match((await refusalOf(asked(fresh, 'pitr'))).message, /nobody has looked yet/);
  });

  test('and writes into another bucket stays a stranger, whatever a person says', async () => {
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start });
    stage.showKeys(taskKeys('other', 'log-backup', 'another-bucket'));
    assert.equal((await observe.run(stage, watch))['state'], 'foreign');
    const error = await refusalOf(asked(stage, 'other'));
    assert.equal(error.code, 'TASK_EXISTS');
    assert.match(
      error.message,
      /s3:\/\/another-bucket\/backup-data\/log-backup, ours to s3:\/\/tidb-pitr-bucket/,
    );
    assert.equal((await keeperOf(stage)).adopted, null);
  });
});
