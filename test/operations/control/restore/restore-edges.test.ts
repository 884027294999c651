// The edges of a restore: records that are not there or belong to another, writes that meet, answers before their time, locks that
// nobody can read, sizes that nobody can count.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../../../lib/domain/errors.ts';
import type { PlanRecord } from '../../../../lib/domain/state/plan-record.ts';
import { tsFromMs } from '../../../../lib/domain/ts.ts';
import { logBytesBetween } from '../../../../lib/operations/control/keeper/log-size.ts';
import { nominalPlace } from '../../../../lib/operations/control/keeper/nominal-place.ts';
import { seenTarget } from '../../../../lib/operations/control/restore/restore-aftermath.ts';
import { readerLocks } from '../../../../lib/operations/control/restore/restore-locks.ts';
import { plannedOf } from '../../../../lib/operations/control/restore/restore-plan-facts.ts';
import {
  answerFacts,
  choosePlan,
  plannedRestore,
} from '../../../../lib/operations/control/restore/restore-planning.ts';
import { writePlanned } from '../../../../lib/operations/control/restore/restore-writing.ts';
import type { Change, TaskStore } from '../../../../lib/ports/task-store.ts';
import { log, snapshot } from '../../../domain/builders.ts';
import { clusterOf, refusalOf, stageText } from '../../../support/control-stage.ts';
import { MemoryObjectStore } from '../../../support/memory-object-store.ts';
import {
  begin,
  check,
  faults,
  plan,
  putReadLock,
  type RestoreStage,
  readLock,
  recordOf,
  restoreStage,
  runId,
  setGcRatio,
  settle,
  sweep,
  t5,
  targetPd,
  verify,
} from '../../../support/restore-stage.ts';

const success = 'test/fixtures/shop/restore/4-restore-point-t5';

async function planned(options: Parameters<typeof restoreStage>[0] = {}) {
  const stage = await restoreStage(options);
  setGcRatio(stage, '1.1');
  return { stage, id: String((await plan(stage))['id']) };
}

async function planRecord(stage: RestoreStage, id: string) {
  const found = await stage.store.get({ cluster: 'shop', kind: 'plan', id }, stage.nowMs());
  assert.ok(found !== undefined);
  return found;
}

/** The same state, with something done before each write. */
function withCommit(stage: RestoreStage, before: (change: Change) => Promise<void>): RestoreStage {
  const { store } = stage;
  const seen: Partial<TaskStore> = {
    get: (key, nowMs) => store.get(key, nowMs),
    list: (kind, cluster, query) => store.list(kind, cluster, query),
    lease: (cluster, work) => store.lease(cluster, work),
    renewLease: (lease, ttlMs, nowMs) => store.renewLease(lease, ttlMs, nowMs),
    commit: async (change) => {
      await before(change);
      return await store.commit(change);
    },
  };
  return { ...stage, store: seen as TaskStore };
}

describe('records', () => {
  test('of a restore that is not there, or was refused, are refused by every operation', async () => {
    const stage = await restoreStage();
    for (const call of [check, begin, verify, settle]) {
      const error = await refusalOf(call(stage, '20261122051740-nobody'));
      assert.equal(error.code, 'INVALID_INPUT');
      assert.match(error.message, /there is no restore 20261122051740-nobody of shop/);
    }
    await refusalOf(plan(stage, { restoreTo: '2026-11-22T04:30:00Z' }));
    const error = await refusalOf(begin(stage, '20261122051740-execution-1'));
    assert.match(error.message, /the restore 20261122051740-execution-1 was refused: the moment/);
    assert.equal(stage.runner.starts, 0);
  });

  test('of a plan that is gone, that is no restore, or that another used, begin nothing', async () => {
    const { stage, id } = await planned();
    const { record, revision } = await planRecord(stage, id);
    const write = (changed: PlanRecord, expect: number) =>
      stage.store.commit({ cluster: 'shop', nowMs: stage.nowMs(), records: [{ record: changed, expect }] });
    const used = {
      ...record,
      state: 'used',
      usedMs: 1,
      usedBy: 'another',
      usedFor: 'another-restore',
    } as const;
    await write(used, revision);
    const conflict = await refusalOf(begin(stage, id));
    assert.equal(conflict.code, 'STATE_CONFLICT');
    assert.match(conflict.message, /was used by another for another-restore, and this is/);
    await write({ ...record, plan: {} }, revision + 1);
    assert.match((await refusalOf(begin(stage, id))).message, /is not one of a restore/);
    await stage.clock.sleep(61 * 86_400_000);
    assert.match((await refusalOf(begin(stage, id))).message, /the plan .* of shop is not there any more/);
    assert.equal(stage.runner.starts, 0);
  });

  test('of a plan that two use at once for the same restore are used once, and both go on', async () => {
    const { stage, id } = await planned();
    let first = true;
    const racing = withCommit(stage, async (change) => {
      if (!first || change.records[0]?.record.shape !== 'plan/v1') return;
      first = false;
      await stage.store.commit(change);
    });
    await begin(
      { ...racing, store: { ...racing.store, acquireLease: (request) => stage.store.acquireLease(request) } },
      id,
    );
    const { record } = await planRecord(stage, id);
    assert.ok(record.state === 'used');
    assert.deepEqual([record.usedBy, record.usedFor], ['execution-1', id]);
    assert.equal(stage.runner.runs.size, 1);
  });

  test('of one execution are never two, not even when it asks for something else', async () => {
    const { stage, id } = await planned();
    const wanted = {
      ...{
        id: '20261122051741-execution-1',
        execution: 'execution-1',
        nowMs: stage.nowMs() + 1000,
        who: 'x',
      },
      ...{ restoreTs: t5, targetPd: [targetPd], tables: [] },
    };
    const answer = await writePlanned(stage, wanted, 'snapshot-20261122042442', {});
    assert.equal(answer['id'], id);
    await stage.clock.sleep(3 * 86_400_000);
    const late = { ...wanted, id: '20261125051741-execution-1' };
    const error = await refusalOf(writePlanned(stage, late, 'snapshot-20261122042442', {}));
    assert.match(error.message, /the execution execution-1 asked for another restore before/);
  });
});

describe('writes that meet', () => {
  test('the answer to the flow and what was read back are both kept', async () => {
    const { stage, id } = await planned();
    await begin(stage, id);
    stage.runner.play(runId(id), success);
    await sweep(stage);
    let turns = 0;
    const racing = withCommit(stage, async ({ records }) => {
      if (turns++ > 0) return;
      const [run] = records;
      assert.ok(run?.record.shape === 'br-run/v1');
      const key = { cluster: 'shop', kind: 'br-run', id: run.record.id } as const;
      const found = await stage.store.get(key, stage.nowMs());
      assert.ok(found !== undefined);
      await stage.store.commit({
        cluster: 'shop',
        nowMs: stage.nowMs(),
        records: [{ record: { ...found.record, token: 'other' }, expect: found.revision }],
      });
    });
    assert.equal((await verify(racing, id))['next'], 'done');
    assert.equal(turns, 2);
    assert.equal((await settle(stage, id))['outcome'], 'succeeded');
  });

  test('a state that never comes to rest is an error in the end', async () => {
    const { stage, id } = await planned();
    await begin(stage, id);
    stage.runner.play(runId(id), success);
    await sweep(stage);
    const conflict = new PitrError('STATE_CONFLICT', 'somebody else was faster');
    const racing = withCommit(stage, async () => Promise.reject(conflict));
    assert.equal((await refusalOf(verify(racing, id))).code, 'STATE_CONFLICT');
  });
});

describe('before its time', () => {
  test('nothing is proven of a restore that has not ended, or has failed', async () => {
    const { stage, id } = await planned();
    await begin(stage, id);
    const early = await verify(stage, id);
    assert.deepEqual([early['next'], early['code']], ['failed', 'CLUSTER_NOT_READY']);
    stage.runner.play(runId(id), 'test/fixtures/shop/restore/5-not-empty');
    await sweep(stage);
    await settle(stage, id);
    const late = await verify(stage, id);
    assert.equal(late['next'], 'failed');
    assert.match(String(late['message']), /not fresh|database|table/i);
    assert.equal((await verify(stage, id, 'settle'))['seen'], true, 'a look does no harm');
    assert.equal((await recordOf(stage, id)).state, 'failed');
  });

  test('a look at a target between two attempts sees what is there', async () => {
    const { stage, id } = await planned();
    await begin(stage, id);
    stage.runner.play(runId(id), `${faults}/restore-1-killed`);
    await sweep(stage);
    setGcRatio(stage, 'off');
    const look = await verify(stage, id, 'settle');
    assert.match(String(look['message']), /^no import; gc\.ratio-threshold: not told on/);
    stage.target.settings.clear();
    assert.match(String((await verify(stage, id, 'settle'))['message']), /not told/);
  });

  test('a fault of ours in a look is not taken for a target that is down', async () => {
    const { stage, id } = await planned();
    await begin(stage, id);
    stage.runner.play(runId(id), `${faults}/restore-1-killed`);
    await sweep(stage);
    stage.target.fail(new PitrError('INTERNAL', 'a bug'));
    assert.equal((await refusalOf(verify(stage, id, 'settle'))).code, 'INTERNAL');
  });
});

describe('locks in the log', () => {
  test('that cannot be read, and intents, are shown, and are nobody’s', async () => {
    const bucket = new MemoryObjectStore();
    await bucket.put('log-backup/v1/LOCK.READ.0000000000000001', Buffer.from('{'));
    await bucket.put('log-backup/v1/LOCK.READ.0000000000000002', new Uint8Array());
    await bucket.put('log-backup/v1/LOCK.READ.0000000000000003', Buffer.from('{"locker_host":"vm"}'));
    const locks = await readerLocks(bucket, 'log-backup');
    assert.deepEqual(
      locks.map(({ lockedMs }) => lockedMs),
      [undefined, undefined, undefined],
    );
    assert.equal(locks[1]?.description, 'an intent');
    assert.deepEqual(await readerLocks(bucket, ''), []);
  });

  test('of our own run stand in the proof while they are there', async () => {
    const { stage, id } = await planned();
    await begin(stage, id);
    stage.runner.play(runId(id), `${faults}/restore-1-killed`);
    await sweep(stage);
    await begin(stage, id, 'token-2');
    stage.runner.play(runId(id, 2), `${faults}/restore-3-again`);
    await putReadLock(stage);
    await sweep(stage);
    const verified = await verify(stage, id);
    assert.match(
      String(verified['message']),
      /locks of this restore in the log: log-backup\/v1\/LOCK\.READ\.5ebd8b83014050e7/,
    );
    assert.equal((await settle(stage, id))['outcome'], 'succeeded');
    assert.equal(await stage.bucket.get(readLock), undefined, 'and go with the settlement');
  });
});

describe('the plan', () => {
  test('leaves out accounts that do not fit the version, and says so', async () => {
    const settings = clusterOf(stageText.replace('v9.0.0-beta.2', 'v8.1.0'));
    const minute = (n: number) => tsFromMs(Date.UTC(2026, 0, 1, 0, n));
    const facts = {
      snapshots: [snapshot('snapshot-1', minute(10), { clusterVersion: '7.1.5' })],
      logs: [log('log-backup', minute(0), minute(60))],
      unknown: [],
    };
    const moment = { ts: minute(30), text: 'x', kind: 'tso', notes: [] } as const;
    const wish = { moment, tables: [], targetPd: [targetPd], earlierBase: undefined };
    const chosen = await choosePlan(facts, wish, settings, async () => new Map());
    const aim = {
      planned: plannedRestore(chosen.plan, chosen.base, settings),
      tables: [],
      targetPd: [targetPd],
    };
    const surroundings = { settings, bucketName: undefined, brPlace: nominalPlace(settings) };
    const answer = answerFacts(chosen, aim, { snapshotBytes: undefined, logBytes: undefined }, surroundings);
    assert.equal(answer['withSystemTables'], false);
    assert.ok((answer['argv'] as readonly string[]).includes('--with-sys-table=false'));
    assert.match(
      JSON.stringify(answer['notes']),
      /system tables of 7\.1\.5 do not fit v8\.1\.0, and are left out/,
    );
    assert.deepEqual([answer['snapshotBytes'], answer['logBytes']], [null, null]);
  });

  test('read back is what was kept', () => {
    const record: PlanRecord = {
      ...{
        shape: 'plan/v1',
        state: 'open',
        cluster: 'shop',
        id: 'x',
        work: 'restore',
        madeMs: 0,
        madeBy: 'x',
      },
      ...{
        expiresMs: 1,
        plan: { base: 'snapshot-1', restoreTs: '470632761065996290', withSystemTables: false },
      },
    } as const;
    const { base, logPath, withSystemTables, sourceClusterId } = plannedOf(record);
    assert.deepEqual(
      [base, logPath, withSystemTables, sourceClusterId],
      ['snapshot-1', undefined, false, 0n],
    );
  });

  test('shows the words as the settings have them, wherever br runs', () => {
    const local = clusterOf(stageText);
    const tiup = nominalPlace({ ...local, runner: { kind: 'local', program: { kind: 'tiup' } } });
    assert.deepEqual(tiup.program, ['tiup', 'br:v9.0.0-beta.2']);
    const fargate = nominalPlace({
      ...local,
      runner: { kind: 'fargate', cpuUnits: 1, memoryBytes: 1, image: 'x' },
      tls: { kind: 'secret', secret: 'shop/tls' },
    });
    assert.deepEqual([fargate.program, fargate.tls?.ca], [['/br'], '/tmp/pitr-tls/ca.pem']);
  });
});

describe('the size of the log', () => {
  const range = { afterTs: 470632758116614145n, toTs: t5 };
  const key = (day: string, hour: string, n = 1) =>
    `log-backup/v1/${day}/${hour}/1/470632758116614145-${n}.log`;

  test('is that of the hours of the range', async () => {
    const bucket = new MemoryObjectStore();
    for (const [day, hour] of [
      ['20261121', '23'],
      ['20261122', '03'],
      ['20261122', '04'],
      ['20261122', '05'],
      ['20261122', '07'],
    ]) {
      await bucket.put(key(day!, hour!), new Uint8Array(10));
    }
    await bucket.put('log-backup/v1/20261122/04/1/other.txt', new Uint8Array(99));
    await bucket.put('log-backup/v1/backupmeta/1.meta', new Uint8Array(99));
    assert.equal(await logBytesBetween(bucket, 'log-backup', range), 20n);
    assert.equal(await logBytesBetween(bucket, 'log-backup/', range), 20n);
  });

  test('is not known where no folder tells its hour', async () => {
    const bucket = new MemoryObjectStore();
    await bucket.put('v1/t00000001/20261122-470632758116-1.log', new Uint8Array(10));
    assert.equal(await logBytesBetween(bucket, '', range), undefined);
  });

  test('is not counted for ever', async () => {
    const bucket = new MemoryObjectStore();
    const endless = {
      ...bucket,
      url: 'memory:',
      listFolders: async () => ['log-backup/v1/20261122/'],
      async *list() {
        for (let n = 0; ; n++) yield { key: key('20261122', '04', n), size: 1, modifiedMs: 0 };
      },
      head: bucket.head.bind(bucket),
      get: bucket.get.bind(bucket),
      put: bucket.put.bind(bucket),
      delete: bucket.delete.bind(bucket),
      deleteMany: bucket.deleteMany.bind(bucket),
    };
    assert.equal(await logBytesBetween(endless, 'log-backup', range), undefined);
  });
});

test('what a record of an older hand does not say of the target is not made up', () => {
  const run = {
    facts: { target: { problem: '', gcRatios: ['x', { address: 'a' }], imports: [{ name: 'y' }] } },
  };
  const seen = seenTarget(run as unknown as Parameters<typeof seenTarget>[0]);
  assert.deepEqual(seen, {
    kind: 'seen',
    look: {
      gcRatios: [{ storeId: 0n, address: 'a', ratio: undefined, problem: '' }],
      imports: [{ kind: 'other', name: 'y', hasLease: true }],
    },
  });
});
