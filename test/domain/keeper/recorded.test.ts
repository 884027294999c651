// The keeper's state of every recorded situation at the first look, and of versions that were not recorded, built from their keys.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { StreamBackupErrorSchema, StreamBackupTaskInfoSchema } from '../../../lib/br/proto/gen/task_pb.js';
import type { ServiceSafePoint } from '../../../lib/domain/cluster-facts.ts';
import type { LogTaskSight, OurTask } from '../../../lib/domain/log-task/log-task-decision.ts';
import type { KeeperCauseName, KeeperStateName } from '../../../lib/domain/state/keeper-record.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import { logBackupFacts } from '../../../lib/pd/log-backup.ts';
import type { EtcdKeyValue } from '../../../lib/pd/range.ts';
import { keyValue, u64Bytes, u64Text } from '../../support/etcd-key-values.ts';
import { hour, KeeperLife, keeperNow, minute, recordedSight } from '../../support/keeper-stage.ts';
import { recordedLogTasks, shopTask } from '../../support/recorded-log-tasks.ts';
import { recordedSituations } from '../../support/recorded-pd.ts';

const stated: Readonly<Record<string, readonly [KeeperStateName, KeeperCauseName]>> = {
  'shop/pd/0-no-task': ['none', 'none'],
  'shop/pd/1-running': ['starting', 'none'],
  'shop/pd/2-running-after-flush': ['healthy', 'none'],
  'shop/pd/3-paused': ['paused-by-person', 'none'],
  'shop/pd/4-resumed': ['healthy', 'none'],
  'shop/pd/5-before-end': ['healthy', 'none'],
  'shop/pd/6-stopped': ['none', 'none'],
  'variants/pd/encrypted-task': ['healthy', 'none'],
  'error-state/pd/7-error': ['error', 'storage-missing'],
  'error-state/pd/8-resumed-still-broken': ['error', 'storage-missing'],
  'error-state/pd/9-after-fix': ['error', 'storage-missing'],
  'faults/pd/frozen-1-healthy': ['healthy', 'none'],
  'faults/pd/frozen-2-no-tidb-20s': ['healthy', 'none'],
  'faults/pd/frozen-2-no-tidb-40s': ['healthy', 'none'],
  'faults/pd/frozen-2-no-tidb-60s': ['frozen', 'no-advancer'],
  'faults/pd/frozen-2-no-tidb-80s': ['frozen', 'no-advancer'],
  'faults/pd/frozen-2-no-tidb-100s': ['frozen', 'no-advancer'],
  'faults/pd/frozen-2-no-tidb-120s': ['frozen', 'no-advancer'],
  'faults/pd/backup-1-pd': ['none', 'none'],
  'faults/pd/restore-1-left-pd': ['none', 'none'],
  'faults/pd/restore-1-left-after-lease-pd': ['none', 'none'],
  'faults/pd/restore-3-end-pd': ['none', 'none'],
};

/** When the errors were recorded: the safe point of a resume tells its time. */
const errorsNow = Date.UTC(2026, 10, 22, 4, 36);

describe('every recorded situation', () => {
  test('has its state and cause at the first look, and only a missing task is started at once', async () => {
    assert.deepEqual(Object.keys(stated).sort(), [...recordedSituations].sort());
    for (const [situation, [own]] of Object.entries(recordedLogTasks)) {
      const at = situation.startsWith('error-state') ? errorsNow : keeperNow;
      const life = new KeeperLife({ taskName: own.taskName ?? '' }, at);
      const { record, act } = life.look(await recordedSight(situation), own);
      assert.deepEqual([record.state, record.cause], stated[situation], situation);
      const isStarted = record.state === 'none' && situation !== 'faults/pd/restore-1-left-pd';
      assert.equal(
        act?.kind === 'change' ? act.action : undefined,
        isStarted ? 'start' : undefined,
        situation,
      );
    }
  });

  test('is replaced to whoever has another place, and never touched, however long it stays', async () => {
    for (const [situation, [own, state]] of Object.entries(recordedLogTasks)) {
      if (state === 'none') continue;
      const elsewhere: OurTask = { ...own, places: ['s3://elsewhere/log-backup'] };
      const life = new KeeperLife({ taskName: own.taskName ?? '' });
      const sight = await recordedSight(situation);
      assert.deepEqual(life.watch(sight, 30, elsewhere), [], situation);
      assert.equal(life.history?.state, 'replaced');
      assert.equal(life.titles().filter((title) => title.includes('not the one')).length, 1);
    }
  });

  test('of the error is resumed with growing pauses, and told once, until its resume is really through', async () => {
    const [own] = recordedLogTasks['error-state/pd/7-error'] ?? [shopTask];
    const life = new KeeperLife({}, errorsNow);
    const broken = await recordedSight('error-state/pd/7-error');
    life.look(broken, own);
    const done: number[] = [];
    for (let count = 0; count < 24 * 60; count++) {
      for (const { what } of life.watch(broken, 1, own)) {
        assert.equal(what, 'resume');
        done.push(life.nowMs);
        // It exits 0, and PD is in error again at once (FACTS §9).
        life.end();
      }
    }
    assert.equal(life.titles().filter((title) => /stopped on an error/.test(title)).length, 1);
    for (const at of done) assert.ok(done.filter((one) => one > at - hour && one <= at).length <= 2);
    assert.ok(done.length >= 40, `${done.length}`);
    assert.equal(life.history?.attempts.at(-1)?.outcome, 'failed');
  });
});

const startTs = tsFromMs(keeperNow - 2 * hour);
const savedTs = tsFromMs(keeperNow - 2 * minute);
const stream = (rest: string, value: string | Uint8Array = '') => keyValue(`/tidb/br-stream/${rest}`, value);
const info = keyValue(
  '/tidb/br-stream/info/pitr',
  toBinary(
    StreamBackupTaskInfoSchema,
    create(StreamBackupTaskInfoSchema, {
      name: 'pitr',
      startTs,
      endTs: 999999999999999999n,
      storage: { backend: { case: 'local', value: { path: '/backups/shop/log-backup' } } },
    }),
  ),
);
const advancer = stream('owner/1', 'tidb-1');
const central = (ts: bigint) => stream('checkpoint/pitr/central_global', u64Bytes(ts));
const saved = (ts: bigint) => stream('storage-checkpoint/pitr/1', u64Bytes(ts));
const folder: OurTask = { ...shopTask, places: ['local:///backups/shop/log-backup'] };
const lastError = (atMs: number, message: string) => {
  const error = create(StreamBackupErrorSchema, {
    happenAt: BigInt(atMs),
    errorCode: 'KV:LogBackup:Io',
    errorMessage: message,
    storeId: 7n,
  });
  return stream('last-error/pitr/7', toBinary(StreamBackupErrorSchema, error));
};

const pauseBy = (id: string, ts: bigint, expiresMs: number): ServiceSafePoint => ({
  id,
  owner: id === 'pitr_pause_safepoint' ? { kind: 'pause', task: 'pitr' } : { kind: 'advancer' },
  ts: ts - 1n,
  expiresMs,
});

async function built(
  keys: readonly EtcdKeyValue[],
  services: readonly ServiceSafePoint[] = [],
): Promise<LogTaskSight> {
  const sight = await recordedSight('shop/pd/0-no-task');
  const safePoints = { services, gcSafePoint: 0n, savedSafePoint: undefined };
  return { ...sight, logBackup: logBackupFacts(keys, 1n), safePoints };
}

const held = (ms: number) => [pauseBy('pitr_pause_safepoint', savedTs, keeperNow + ms)];

describe('versions that were not recorded', () => {
  test('6.1: stores advance alone, so that no TiDB is missed; its error has no safe point', async () => {
    const own = { ...folder, needsAdvancer: false };
    const keys = [info, stream(`checkpoint/pitr/${u64Text(1n)}`, u64Bytes(savedTs))];
    const life = new KeeperLife({ needsAdvancer: false, pausesForLag: false });
    assert.equal(life.look(await built(keys), own).record.state, 'healthy');
    life.nowMs += minute;
    const broken = [...keys, stream('pause/pitr'), lastError(life.nowMs, 'AccessDenied')];
    const { record } = life.look(await built(broken), own);
    assert.deepEqual([record.state, record.cause, record.pausedBy], ['error', 'storage-denied', 'system']);
    assert.equal(record.alarms.find(({ name }) => name === 'fuse')?.level, 'critical');
  });

  test('6.5 to 8.5.4: an empty pause at the first look is a person’s, whoever it was', async () => {
    for (const pausesForLag of [true, false]) {
      const life = new KeeperLife({ pausesForLag });
      const keys = [info, advancer, central(savedTs), saved(savedTs), stream('pause/pitr')];
      assert.equal(life.look(await built(keys), folder).record.state, 'paused-by-person');
      assert.deepEqual(life.watch(await built(keys), 300, folder), []);
    }
  });

  test('6.5.9 to 8.5.4: an empty pause under our eyes, without br’s safe point, is TiDB’s: resumed after a second look', async () => {
    const keys = [info, advancer, central(savedTs), saved(savedTs)];
    const life = new KeeperLife();
    life.look(await built(keys), folder);
    const paused = [...keys, stream('pause/pitr')];
    const done = life.watch(await built(paused), 5, folder);
    assert.deepEqual(done, [{ minute: 2, what: 'resume', path: 'log-backup' }]);
    assert.deepEqual(
      [life.history?.state, life.history?.cause, life.history?.pausedBy],
      ['paused-by-system', 'lag-limit', 'system'],
    );
  });

  test('the same with br’s safe point is a person’s, and stays so when that has run out', async () => {
    const keys = [info, advancer, central(savedTs), saved(savedTs)];
    const life = new KeeperLife();
    life.look(await built(keys), folder);
    const paused = [...keys, stream('pause/pitr')];
    assert.deepEqual(life.watch(await built(paused, held(24 * hour)), 30, folder), []);
    assert.deepEqual(life.watch(await built(paused), 600, folder), []);
    assert.equal(life.history?.state, 'paused-by-person');
  });

  test('halted again by TiDB for its lag right after our resume, it is not a person’s because of the safe point of that resume', async () => {
    const keys = [info, advancer, central(savedTs), saved(savedTs)];
    const life = new KeeperLife();
    life.look(await built(keys), folder);
    life.nowMs += minute;
    const broken = [...keys, stream('pause/pitr'), lastError(life.nowMs, 'SlowDown')];
    const sight = await built(broken);
    while (life.watch(sight, 1, folder).length === 0) assert.ok(life.nowMs < keeperNow + 2 * hour);
    assert.equal(life.runs.changes[0]?.action, 'resume');
    life.end();
    const again = await built([...keys, stream('pause/pitr')], held(life.nowMs - keeperNow + 29 * minute));
    life.look(again, folder);
    assert.deepEqual([life.history?.state, life.history?.pausedBy], ['paused-by-system', 'system']);
  });

  test('before 6.5.9 TiDB pauses nothing, so that every empty pause is a person’s', async () => {
    const keys = [info, advancer, central(savedTs), saved(savedTs)];
    const life = new KeeperLife({ pausesForLag: false });
    life.look(await built(keys), folder);
    assert.deepEqual(life.watch(await built([...keys, stream('pause/pitr')]), 60, folder), []);
  });

  test('an old error beside a pause of later is no error: the pause is a person’s', async () => {
    const keys = [
      info,
      advancer,
      central(savedTs),
      saved(savedTs),
      lastError(keeperNow - 5 * hour, 'SlowDown'),
    ];
    const life = new KeeperLife();
    life.look(await built(keys), folder);
    assert.deepEqual(life.watch(await built([...keys, stream('pause/pitr')]), 60, folder), []);
    assert.equal(life.history?.state, 'paused-by-person');
  });

  test('an error that comes over a person’s pause does not make it the system’s', async () => {
    const keys = [info, advancer, central(savedTs), saved(savedTs), stream('pause/pitr')];
    const life = new KeeperLife();
    life.look(await built(keys, held(24 * hour)), folder);
    const broken = [...keys, lastError(keeperNow + minute, 'SlowDown')];
    assert.deepEqual(life.watch(await built(broken, held(24 * hour)), 60, folder), []);
    assert.equal(life.history?.state, 'paused-by-person');
  });

  test('a pause that br made last is a person’s at the first look, whatever errors stand beside it', async () => {
    const manual = JSON.stringify({ severity: 'MANUAL', operation_time: new Date(keeperNow).toISOString() });
    const errors = [lastError(keeperNow, 'SlowDown')];
    const keys = [info, advancer, central(savedTs), saved(savedTs), ...errors];
    const unsigned = new KeeperLife();
    const before = await built([...keys, stream('pause/pitr')], held(24 * hour));
    assert.equal(unsigned.look(before, folder).record.state, 'paused-by-person');
    const signed = new KeeperLife();
    const after = await built([...keys, stream('pause/pitr', manual)]);
    assert.equal(signed.look(after, folder).record.state, 'paused-by-person');
    assert.deepEqual(signed.watch(after, 120, folder), []);
  });

  test('8.5.5: a pause for lag that is signed is resumed at once where the log was fresh, and hourly where it was not', async () => {
    const pause = (atMs: number) =>
      stream(
        'pause/pitr',
        JSON.stringify({
          severity: 'ERROR',
          operation_time: new Date(atMs).toISOString(),
          payload_type: 'text/plain;charset=UTF-8',
          payload: Buffer.from('check point lagged too large').toString('base64'),
        }),
      );
    const fresh = [info, advancer, central(savedTs), saved(savedTs), pause(keeperNow)];
    const life = new KeeperLife();
    const { record, act, messages } = life.look(await built(fresh), folder);
    assert.deepEqual([record.state, record.cause], ['paused-by-system', 'lag-limit']);
    assert.equal(act?.kind === 'change' ? act.action : '', 'resume');
    assert.match(act?.why ?? '', /it was a mistake/);
    assert.match(messages[0]?.done ?? '', /A resume of the task was begun/);
    const oldTs = tsFromMs(keeperNow - 49 * hour);
    const lagging = [info, advancer, central(oldTs), saved(oldTs), pause(keeperNow)];
    const slow = new KeeperLife();
    slow.look(await built(lagging), folder);
    const done: number[] = [];
    for (let count = 0; count < 300; count++) {
      for (const one of slow.watch(await built(lagging, held(30 * minute)), 1, folder)) {
        assert.equal(one.what, 'resume');
        done.push(slow.nowMs);
        slow.end();
      }
    }
    assert.ok(done.length >= 4 && done.length <= 5, `${done.length}`);
    for (const [index, at] of done.entries()) if (index > 0) assert.ok(at - (done[index - 1] ?? 0) >= hour);
  });
});
