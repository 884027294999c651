// The keeper at work: what observe writes of it minute by minute, from the error of a store through lost history to a new epoch with
// its snapshot; and that two looks at once, or a table that fails, plan an act once.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { StorageBackendSchema, StreamBackupTaskInfoSchema } from '../../../../lib/br/proto/gen/task_pb.js';
import type { KeeperRecord } from '../../../../lib/domain/state/keeper-record.ts';
import type { Facts } from '../../../../lib/domain/state/run-identity.ts';
import type { TaskChange } from '../../../../lib/domain/state/task-change.ts';
import { tsFromMs } from '../../../../lib/domain/ts.ts';
import { observe } from '../../../../lib/operations/control/keeper/observe.ts';
import { startBr } from '../../../../lib/operations/control/runs/start-br.ts';
import type { EtcdKeyValue } from '../../../../lib/pd/range.ts';
import { taskStoreOn } from '../../../../lib/ports/state/table-task-store.ts';
import { u64Bytes } from '../../../support/etcd-key-values.ts';
import { type ObserveStage, observeStage } from '../../../support/observe-stage.ts';
import { recordedPd } from '../../../support/recorded-pd.ts';
import { recordedCopy, shopBucket } from '../../../support/recorded-store.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 22, 4, 26, 12);

async function keeperOf(stage: ObserveStage): Promise<KeeperRecord> {
  const found = await stage.store.get({ cluster: 'shop', kind: 'keeper', id: 'current' }, stage.nowMs());
  assert.ok(found !== undefined);
  return found.record;
}

async function changes(stage: ObserveStage): Promise<readonly TaskChange[]> {
  const { entries } = await stage.store.list('task-change', 'shop', {
    nowMs: stage.nowMs(),
    newestFirst: true,
  });
  return entries.map(({ record }) => record);
}

async function waiting(stage: ObserveStage): Promise<string[]> {
  const { entries } = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs(), limit: 1000 });
  return entries.map(({ id }) => id);
}

/** Looks every minute until something is planned; gives its id. */
async function untilPlanned(stage: ObserveStage, minutes = 60): Promise<Facts> {
  for (let count = 0; count < minutes; count++) {
    await stage.clock.sleep(minute);
    const answer = await observe.run(stage, { purpose: 'watch' });
    if (answer['planned'] !== '') return answer;
  }
  throw new Error('nothing was planned');
}

/** The flow's end, as settle-run would write it. */
async function endChange(stage: ObserveStage, code = ''): Promise<TaskChange> {
  const [open] = await changes(stage);
  assert.ok(open?.state === 'planned' || open?.state === 'running');
  const key = { cluster: 'shop', kind: 'task-change', id: open.id } as const;
  const stored = await stage.store.get(key, stage.nowMs());
  const { shape, cluster, id, action, task, path, startTs, plannedMs, why } = open;
  const change = { shape, cluster, id, action, task, path, startTs, plannedMs, why };
  const failure = { code, message: `br said ${code}`, hint: '' };
  const endedMs = stage.nowMs();
  const record: TaskChange =
    code === ''
      ? { ...change, state: 'done', endedMs, seen: 'a test' }
      : { ...change, state: 'failed', endedMs, attempt: 1, failure };
  const records = [{ record, expect: stored?.revision ?? 0 }];
  await stage.store.commit({ cluster: 'shop', nowMs: stage.nowMs(), records });
  return record;
}

/** The recorded error as if the shop's task had it; the pause was just written. */
function errorKeys(): EtcdKeyValue[] {
  const error = recordedPd('error-state/pd/7-error').keyValues;
  const shop = recordedPd('shop/pd/5-before-end').keyValues;
  const text = ({ key }: EtcdKeyValue) => Buffer.from(key).toString('latin1');
  return [...shop, ...error.filter((one) => /\/(?:pause|last-error)\//.test(text(one)))];
}

/** The shop's task, but in another folder, begun and saved up to these. */
function keysIn(path: string, startTs: bigint, savedTs: bigint): EtcdKeyValue[] {
  return recordedPd('shop/pd/5-before-end').keyValues.map((one) => {
    const key = Buffer.from(one.key).toString('latin1');
    if (/checkpoint\//.test(key)) return { ...one, value: u64Bytes(savedTs) };
    if (!key.startsWith('/tidb/br-stream/info/')) return one;
    const info = fromBinary(StreamBackupTaskInfoSchema, one.value);
    const s3 = { bucket: 'tidb-pitr-bucket', prefix: `backup-data/${path}` };
    info.startTs = startTs;
    info.storage = create(StorageBackendSchema, { backend: { case: 's3', value: s3 } });
    return { ...one, value: toBinary(StreamBackupTaskInfoSchema, info) };
  });
}

/** PD whose garbage collection has passed everything up to now. */
function collecting(stage: ObserveStage): ObserveStage {
  const { openCluster } = stage;
  const gone = { services: [], gcSafePoint: tsFromMs(stage.nowMs()), savedSafePoint: undefined };
  return {
    ...stage,
    openCluster: async () => {
      const { cluster, close } = await openCluster();
      const seen = async () => ({ ...(await cluster.observe()), safePoints: gone });
      return { cluster: Object.create(cluster, { observe: { value: seen } }), close };
    },
  };
}

describe('a task in error', () => {
  test('is resumed by a planned change, whose audit row tells what it was based on', async () => {
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start });
    await observe.run(stage, { purpose: 'watch' });
    stage.showKeys(errorKeys());
    const answer = await untilPlanned(stage);
    assert.deepEqual([answer['keeper'], answer['cause']], ['error', 'storage-missing']);
    const [change] = await changes(stage);
    assert.deepEqual([change?.action, change?.task, change?.path], ['resume', 'pitr', 'log-backup']);
    const { entries } = await stage.store.audit('shop', { nowMs: stage.nowMs() });
    const [entry] = entries;
    assert.equal(entry?.what, 'planned the resume of the log task');
    const facts: Facts = entry?.facts ?? {};
    assert.deepEqual([facts['state'], facts['cause'], facts['fuse']], ['error', 'storage-missing', 'held']);
    assert.equal(facts['checkpointTs'], '470632777030303745');
    const id = change?.id ?? '';
    assert.ok((await waiting(stage)).includes(`task-change-planned/${id}`));
    await startBr.run(stage, { work: 'log-task', id, execution: `${id}-log-task`, token: 't' });
    assert.deepEqual(stage.runner.run(`shop.${id}-log-task-1`).request.argv.slice(1, 3), ['log', 'resume']);
    const troubles = (await waiting(stage)).filter((one) => one.startsWith('log-task-trouble/'));
    assert.equal(troubles.length, 1);
  });

  test('whose history is collected ends its epoch: stop, a start in a new folder, a snapshot, and the old folder stays as it is', async () => {
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start });
    await observe.run(stage, { purpose: 'watch' });
    stage.showKeys(errorKeys());
    await stage.clock.sleep(minute);
    await observe.run(stage, { purpose: 'watch' });
    const gone = collecting(stage);
    await untilPlanned(gone);
    assert.equal((await endChange(stage)).action, 'stop');
    stage.show('shop/pd/6-stopped');
    await untilPlanned(gone);
    const [{ id, path } = { id: '', path: '' }] = await changes(stage);
    await startBr.run(stage, { work: 'log-task', id, execution: `${id}-log-task`, token: 't' });
    const { argv } = stage.runner.run(`shop.${id}-log-task-1`).request;
    assert.ok(argv.includes(`--storage=s3://tidb-pitr-bucket/backup-data/${path}`), argv.join(' '));
    const begun = await endChange(stage);
    assert.equal(begun.action, 'start');
    assert.match(begun.path, /^log-backup\/epoch-\d{14}$/);
    const startTs = tsFromMs(stage.nowMs());
    stage.showKeys(keysIn(begun.path, startTs, startTs));
    const answer = await untilPlanned(stage, 3);
    assert.deepEqual([answer['state'], answer['keeper']], ['running', 'starting']);
    const { entries } = await stage.store.list('snapshot', 'shop', { nowMs: stage.nowMs() });
    assert.deepEqual(
      entries.map(({ record }) => [record.state, record.trigger, record.id]),
      [['planned', 'keeper', String(answer['planned'])]],
    );
    const { epochs } = await keeperOf(stage);
    assert.deepEqual(
      epochs.map(({ path, endTs }) => [path, endTs]),
      [
        ['log-backup', 470632777030303745n],
        [begun.path, null],
      ],
    );
    const told = (await waiting(stage)).map((one) => one.split('/')[0]);
    for (const topic of ['log-task-trouble', 'log-task-epoch', 'snapshot-planned'])
      assert.ok(told.includes(topic), topic);
    stage.showKeys(keysIn(begun.path, startTs, startTs + 1n));
    await stage.clock.sleep(minute);
    assert.equal((await observe.run(stage, { purpose: 'watch' }))['keeper'], 'healthy');
    assert.equal((await waiting(stage)).filter((one) => one.startsWith('log-task-well/')).length, 2);
  });

  test('is planned once by two looks at once, and by one after a table that failed', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const stage = observeStage('shop/pd/5-before-end', { nowMs: start });
      await observe.run(stage, { purpose: 'watch' });
      stage.showKeys(errorKeys());
      for (let count = 0; count < 10; count++) {
        await stage.clock.sleep(minute);
        const looks = [seed + count, seed * 7 + count].map((one) =>
          observe.run(slow(stage, one), { purpose: 'watch' }),
        );
        await Promise.all(looks);
      }
      assert.equal((await changes(stage)).length, 1, `seed ${seed}`);
      assert.equal((await keeperOf(stage)).attempts.length, 1);
    }
  });
});

function slow(stage: ObserveStage, seed: number): ObserveStage {
  let state = seed + 1;
  const turn = async () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    for (let turns = state % 5; turns > 0; turns--) await Promise.resolve();
  };
  return { ...stage, store: taskStoreOn(stage.table.seenBy(turn)) };
}

describe('a log in an epoch of its own', () => {
  const path = 'log-backup/epoch-20261122042400';
  const savedTs = 470632777030303745n;

  test('is ours, whoever started it, and its objects are looked at in its folder', async () => {
    const bucket = await recordedCopy(shopBucket);
    for await (const { key } of bucket.list('log-backup/v1/global_checkpoint/')) {
      await bucket.put(key.replace('log-backup', path), (await bucket.get(key)) ?? new Uint8Array());
    }
    const stage = observeStage('shop/pd/5-before-end', { nowMs: start, bucket });
    stage.showKeys(keysIn(path, savedTs - 9n, savedTs));
    const answer = await observe.run(stage, { purpose: 'watch' });
    assert.deepEqual([answer['state'], answer['objectsTs']], ['running', String(savedTs)]);
    assert.deepEqual(
      (await keeperOf(stage)).epochs.map((one) => one.path),
      [path],
    );
  });

  test('in a folder below another that only looks like one is not ours', async () => {
    for (const other of ['log-backup/epoch-1', 'log-backup/epoch-20261122042400/x', 'old/log-backup']) {
      const stage = observeStage('shop/pd/5-before-end', { nowMs: start });
      stage.showKeys(keysIn(other, savedTs - 9n, savedTs));
      assert.equal((await observe.run(stage, { purpose: 'watch' }))['state'], 'foreign', other);
    }
  });
});

test('the log of an hour is measured once, when it is saved, a quarter past', async () => {
  const bucket = await recordedCopy(shopBucket);
  const lists: string[] = [];
  const seen = new Proxy(bucket, {
    get: (of, name) => {
      const member: unknown = Reflect.get(of, name, of);
      if (name !== 'list' || typeof member !== 'function')
        return typeof member === 'function' ? member.bind(of) : member;
      return (prefix: string, ...words: readonly unknown[]) => {
        lists.push(prefix);
        return Reflect.apply(member, of, [prefix, ...words]);
      };
    },
  });
  const stage = observeStage('shop/pd/5-before-end', { nowMs: Date.UTC(2026, 10, 22, 5, 10), bucket: seen });
  stage.showKeys(keysIn('log-backup', 1n, tsFromMs(Date.UTC(2026, 10, 22, 5, 9))));
  for (let count = 0; count < 20; count++) {
    await observe.run(stage, { purpose: 'watch' });
    await stage.clock.sleep(minute);
  }
  const hour = lists.filter((prefix) => prefix === 'log-backup/v1/20261122/04/');
  assert.equal(hour.length, 1, lists.join(' '));
  const { logHours } = await keeperOf(stage);
  assert.equal(logHours[0]?.hourMs, Date.UTC(2026, 10, 22, 4));
  assert.ok((logHours[0]?.bytes ?? 0n) > 0n);
});
