// What a look at PD means for our log task: every recorded situation, and forms of versions that were not recorded.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { StreamBackupErrorSchema, StreamBackupTaskInfoSchema } from '../../../lib/br/proto/gen/task_pb.js';
import { changeOfLogTask } from '../../../lib/domain/log-task/log-task-change.ts';
import {
  decideLogTask,
  type LogTaskSight,
  type OurTask,
} from '../../../lib/domain/log-task/log-task-decision.ts';
import type { LogTaskState } from '../../../lib/domain/state/log-task-state.ts';
import { msOfTs, tsFromMs } from '../../../lib/domain/ts.ts';
import { logBackupFacts } from '../../../lib/pd/log-backup.ts';
import type { EtcdKeyValue } from '../../../lib/pd/range.ts';
import { keyValue, u64Bytes, u64Text } from '../../support/etcd-key-values.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';
import { errorsTask, faultsTask, recordedLogTasks, shopTask } from '../../support/recorded-log-tasks.ts';
import { recordedSituations } from '../../support/recorded-pd.ts';

const nowMs = Date.UTC(2026, 10, 22, 4, 26);
const minute = 60_000;

const [shop, faults, errors] = [shopTask, faultsTask, errorsTask];

async function recorded(situation: string, more: Partial<LogTaskSight> = {}): Promise<LogTaskSight> {
  const { logBackup, safePoints } = await new RecordedCluster(situation, { nowMs: () => nowMs }).observe();
  const nothing = { objectsTs: undefined, standsSinceMs: undefined, lastOursTs: undefined };
  return { logBackup, safePoints, serverMs: nowMs, ...nothing, ...more };
}

const decide = (sight: LogTaskSight, own = shop, before?: LogTaskState, at = nowMs) =>
  decideLogTask(sight, before, own, at);

function as<S extends LogTaskState['state']>(state: LogTaskState, name: S) {
  assert.equal(
    state.state,
    name,
    JSON.stringify(state, (_, one) => (typeof one === 'bigint' ? `${one}` : one)),
  );
  return state as Extract<LogTaskState, { readonly state: S }>;
}

describe('every recorded situation', () => {
  test('is stated right at the first look', async () => {
    assert.deepEqual(Object.keys(recordedLogTasks).sort(), [...recordedSituations].sort());
    for (const [situation, [own, state]] of Object.entries(recordedLogTasks)) {
      assert.equal(decide(await recorded(situation), own).state, state, situation);
    }
  });

  test('is foreign to whoever has another name, another place, or wants no log', async () => {
    for (const [situation, [own, state]] of Object.entries(recordedLogTasks)) {
      if (state === 'none') continue;
      const sight = await recorded(situation);
      const other = as(decide(sight, { ...own, taskName: 'other' }), 'foreign');
      assert.match(other.reason, /its name is (pitr|enc), ours is other/);
      const elsewhere = as(decide(sight, { ...own, places: ['s3://elsewhere/log-backup'] }), 'foreign');
      assert.match(elsewhere.reason, /it writes to .*, ours to s3:\/\/elsewhere\/log-backup/);
      assert.match(as(decide(sight, { ...own, taskName: undefined }), 'foreign').reason, /no log backup/);
    }
  });

  test('that has no task after one of ours is a stop, which begins when it is first seen and keeps its begin', async () => {
    const before = decide(await recorded('shop/pd/5-before-end'));
    const stopped = as(decide(await recorded('shop/pd/6-stopped'), shop, before), 'stopped');
    assert.equal(stopped.checkpointTs, 470632777030303745n);
    assert.equal(stopped.stoppedMs, nowMs);
    const later = decide(await recorded('shop/pd/6-stopped'), shop, stopped, nowMs + minute);
    assert.equal(as(later, 'stopped').stoppedMs, nowMs);
    assert.equal(later.observedMs, nowMs + minute);
  });

  test('tells a pause with its author, its time and its fuse', async () => {
    const paused = as(decide(await recorded('shop/pd/3-paused')), 'paused');
    assert.equal(paused.by, 'person');
    assert.equal(paused.pausedMs, Date.UTC(2026, 10, 22, 4, 25, 21));
    assert.equal(paused.fuseMs, 1795407922000);
  });

  test('tells an error with its store and its first time', async () => {
    const failed = as(decide(await recorded('error-state/pd/7-error'), errors), 'failed');
    assert.equal(failed.sinceMs, 1795321982817);
    assert.deepEqual(
      failed.stores.map(({ storeId, code }) => [storeId, code]),
      [[1n, 'KV:LogBackup:Io']],
    );
    // Nothing was ever saved: what the task has is its start, however far TiDB says that it is.
    assert.equal(failed.checkpointTs, failed.startTs);
  });
});

describe('a task that PD calls normal', () => {
  const frozen = 'faults/pd/frozen-1-healthy';
  const checkpointTs = 470633549703938049n;

  test('runs as long as its checkpoint is not known to stand for ten minutes', async () => {
    for (const minutesAgo of [0, 5, 9]) {
      const sight = await recorded(frozen, { standsSinceMs: nowMs - minutesAgo * minute });
      assert.equal(decide(sight, faults).state, 'running');
    }
  });

  test('is stuck once its checkpoint stands for ten minutes, since it last moved', async () => {
    const sinceMs = nowMs - 10 * minute;
    const stuck = as(decide(await recorded(frozen, { standsSinceMs: sinceMs }), faults), 'stuck');
    assert.equal(stuck.sinceMs, sinceMs);
    assert.match(stuck.reason, /has not moved since 2026-11-22T04:16:00.000Z, and PD calls the task normal/);
  });

  test('stays stuck since the same time while its checkpoint stands, also when nobody kept the minutes', async () => {
    const before = decide(await recorded(frozen, { standsSinceMs: nowMs - 10 * minute }), faults);
    const later = decide(await recorded(frozen), faults, before, nowMs + minute);
    assert.equal(as(later, 'stuck').sinceMs, nowMs - 10 * minute);
  });

  test('is stuck at once without an advancer, except in 6.1, which has none', async () => {
    const sight = await recorded('faults/pd/frozen-2-no-tidb-60s');
    assert.match(as(decide(sight, faults), 'stuck').reason, /no TiDB server/);
    assert.equal(decide(sight, { ...faults, needsAdvancer: false }).state, 'running');
  });

  test('has ten minutes from its resume on, however long it was paused', async () => {
    const resumedMs = Date.UTC(2026, 10, 22, 4, 25, 26);
    const sight = await recorded('shop/pd/4-resumed', { standsSinceMs: nowMs - 60 * minute });
    assert.equal(decide(sight).state, 'running');
    const later = { ...sight, serverMs: resumedMs + 10 * minute };
    const stuck = as(decide(later, shop, undefined, resumedMs + 10 * minute), 'stuck');
    assert.equal(stuck.sinceMs, resumedMs);
    assert.match(stuck.reason, /when it was resumed/);
  });

  test('is not stuck at the first look after a pause, whatever PD tells of the resume', async () => {
    const paused = as(decide(await recorded('shop/pd/3-paused')), 'paused');
    const before = { ...paused, checkpointTs: 470632769152876545n };
    const safePoints = { services: [], gcSafePoint: 0n, savedSafePoint: undefined };
    const sight = {
      ...(await recorded('shop/pd/4-resumed')),
      safePoints,
      standsSinceMs: nowMs - 60 * minute,
    };
    assert.equal(decide(sight, shop, before).state, 'running');
    assert.equal(decide(sight, shop).state, 'stuck');
  });

  test('is stuck when the bucket lacks what PD calls saved, by more than a flush', async () => {
    const behind = tsFromMs(msOfTs(checkpointTs) - 11 * minute);
    const stuck = as(decide(await recorded(frozen, { objectsTs: behind }), faults), 'stuck');
    assert.match(stuck.reason, /the bucket is 11 min behind: another bucket, or deleted objects/);
    const close = await recorded(frozen, { objectsTs: tsFromMs(msOfTs(checkpointTs) - 9 * minute) });
    assert.equal(decide(close, faults).state, 'running');
  });
});

const startTs = 470632753594630146n;
const stream = (rest: string, value: string | Uint8Array = '') => keyValue(`/tidb/br-stream/${rest}`, value);

function infoKey(name = 'pitr', more: Partial<EtcdKeyValue> = {}): EtcdKeyValue {
  const info = create(StreamBackupTaskInfoSchema, {
    name,
    startTs,
    endTs: 999999999999999999n,
    storage: { backend: { case: 'local', value: { path: '/backups/shop/log-backup' } } },
  });
  return keyValue(`/tidb/br-stream/info/${name}`, toBinary(StreamBackupTaskInfoSchema, info), more);
}

async function built(keys: readonly EtcdKeyValue[], more: Partial<LogTaskSight> = {}): Promise<LogTaskSight> {
  return { ...(await recorded('shop/pd/0-no-task', more)), logBackup: logBackupFacts(keys, 1n) };
}

const folder: OurTask = { ...shop, places: ['local:///backups/shop/log-backup'], needsAdvancer: true };
const advancer = stream('owner/1', 'tidb-1');

describe('forms of versions that were not recorded', () => {
  test('6.1: the least checkpoint of the stores counts, and no advancer is missed', async () => {
    const keys = [
      infoKey(),
      stream(`checkpoint/pitr/${u64Text(1n)}`, u64Bytes(startTs + 9n)),
      stream(`checkpoint/pitr/${u64Text(2n)}`, u64Bytes(startTs + 5n)),
    ];
    const state = decide(await built(keys), { ...folder, needsAdvancer: false });
    assert.equal(as(state, 'running').checkpointTs, startTs + 5n);
  });

  test('6.5: the start that its stores write once hides no storage checkpoint', async () => {
    const keys = [
      infoKey(),
      advancer,
      stream('checkpoint/pitr/store/1', u64Bytes(startTs)),
      stream('checkpoint/pitr/central_global', u64Bytes(startTs + 20n)),
      stream('storage-checkpoint/pitr/1', u64Bytes(startTs + 10n)),
    ];
    assert.equal(as(decide(await built(keys), folder), 'running').checkpointTs, startTs + 10n);
  });

  test('before 8.5.5: an empty pause has no author and no time', async () => {
    const paused = as(decide(await built([infoKey(), advancer, stream('pause/pitr')]), folder), 'paused');
    assert.equal(paused.by, 'unknown');
    assert.equal(paused.pausedMs, null);
  });

  test('before 8.5.5: an empty pause with an error is a failure since the first error', async () => {
    const error = (happenAt: bigint) =>
      toBinary(
        StreamBackupErrorSchema,
        create(StreamBackupErrorSchema, { happenAt, errorCode: 'KV:LogBackup:Pd' }),
      );
    const keys = [
      infoKey(),
      advancer,
      stream('pause/pitr'),
      stream('last-error/pitr/7', error(1795321990000n)),
      stream('last-error/pitr/8', error(1795321980000n)),
    ];
    const failed = as(decide(await built(keys), folder), 'failed');
    assert.equal(failed.sinceMs, 1795321980000);
    assert.deepEqual(
      failed.stores.map(({ storeId }) => storeId),
      [7n, 8n],
    );
  });

  test('a pause by the advancer for lag is a failure that keeps its words', async () => {
    const pause = JSON.stringify({
      severity: 'ERROR',
      operation_time: '2026-11-22T12:00:00+08:00',
      payload_type: 'text/plain;charset=UTF-8',
      payload: Buffer.from('checkpoint lag too large: 48h').toString('base64'),
    });
    const failed = as(
      decide(await built([infoKey(), advancer, stream('pause/pitr', pause)]), folder),
      'failed',
    );
    assert.deepEqual(failed.stores, [{ storeId: 0n, code: '', message: 'checkpoint lag too large: 48h' }]);
    assert.equal(failed.sinceMs, Date.UTC(2026, 10, 22, 4));
  });

  test('a time that no clock tells does not keep the state from being stored', async () => {
    const error = create(StreamBackupErrorSchema, {
      happenAt: 2n ** 63n,
      errorCode: 'x',
      errorMessage: 'y'.repeat(5000),
    });
    const keys = [
      infoKey(),
      stream('pause/pitr'),
      stream('last-error/pitr/7', toBinary(StreamBackupErrorSchema, error)),
    ];
    const failed = as(decide(await built(keys), folder), 'failed');
    assert.equal(failed.sinceMs, null);
    assert.equal(failed.stores[0]?.message.length, 1000);
  });

  test('a last error that an older br left on a task that runs is no failure', async () => {
    const error = toBinary(
      StreamBackupErrorSchema,
      create(StreamBackupErrorSchema, { errorCode: 'KV:LogBackup:Io' }),
    );
    const keys = [infoKey(), advancer, stream('last-error/pitr/3', error)];
    assert.equal(decide(await built(keys), folder).state, 'running');
  });

  test('ours is found beside an older stranger, and what a stopped task left behind is none', async () => {
    const both = [infoKey('other', { createRevision: 5n }), infoKey(), advancer];
    assert.equal(decide(await built(both), folder).state, 'running');
    const leftover = [stream('checkpoint/pitr/central_global', u64Bytes(5n))];
    assert.equal(decide(await built(leftover), folder).state, 'none');
  });

  test('a stranger that took our place and went leaves ours stopped, not "never there"', async () => {
    const own = decide(await built([infoKey(), advancer]), folder);
    const stranger = decide(await built([infoKey('other'), advancer]), folder, own);
    as(stranger, 'foreign');
    const gone = decide(await built([], { lastOursTs: startTs + 3n }), folder, stranger);
    assert.equal(as(gone, 'stopped').checkpointTs, startTs + 3n);
    as(decide(await built([]), folder, stranger), 'none');
  });
});

describe('what is news', () => {
  const running = async () => decide(await recorded('shop/pd/5-before-end'));

  test('a state that goes on is none, and every other state is', async () => {
    const state = await running();
    assert.equal(changeOfLogTask(state, { ...state, observedMs: nowMs + minute }), undefined);
    const paused = decide(await recorded('shop/pd/3-paused'));
    assert.deepEqual(changeOfLogTask(state, paused), { from: 'running', to: 'paused', beganMs: nowMs });
    assert.equal(
      changeOfLogTask(undefined, { shape: 'log-task/v1', cluster: 'shop', observedMs: 1, state: 'none' }),
      undefined,
    );
    assert.equal(changeOfLogTask(undefined, state)?.from, 'unknown');
  });

  test('a begin is what PD says when it lies after the last look, else the look', async () => {
    const pausedMs = Date.UTC(2026, 10, 22, 4, 25, 21);
    const paused = decide(await recorded('shop/pd/3-paused'));
    const early = { ...(await running()), observedMs: pausedMs - 1 };
    assert.equal(changeOfLogTask(early, paused)?.beganMs, pausedMs);
    const late = { ...(await running()), observedMs: pausedMs + 1 };
    assert.equal(changeOfLogTask(late, paused)?.beganMs, nowMs);
  });

  test('a resume that did not help is news, an error of one more store is not', async () => {
    const first = decide(await recorded('error-state/pd/7-error'), errors);
    const again = decide(await recorded('error-state/pd/8-resumed-still-broken'), errors);
    assert.equal(changeOfLogTask({ ...first, observedMs: 1795321990000 }, again)?.beganMs, 1795322034675);
    const more = as(first, 'failed');
    const stores = [...more.stores, { storeId: 2n, code: 'KV:LogBackup:Io', message: '' }];
    assert.equal(changeOfLogTask(first, { ...more, stores }), undefined);
  });

  test('another task under our name is news', async () => {
    const state = as(await running(), 'running');
    assert.ok(changeOfLogTask(state, { ...state, startTs: state.startTs + 1n }) !== undefined);
  });
});
