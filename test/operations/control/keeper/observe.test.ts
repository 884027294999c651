// The look of every minute: what it writes, tells and plans, once, whoever looks how often; and what a silent PD changes: nothing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../../../lib/domain/errors.ts';
import type { LogTaskState } from '../../../../lib/domain/state/log-task-state.ts';
import type { TaskChange } from '../../../../lib/domain/state/task-change.ts';
import { msOfTs } from '../../../../lib/domain/ts.ts';
import { observe } from '../../../../lib/operations/control/keeper/observe.ts';
import type { EtcdKeyValue } from '../../../../lib/pd/range.ts';
import { openPdCluster } from '../../../../lib/pdhttp/pd-cluster.ts';
import type { StateTable } from '../../../../lib/ports/state/state-table.ts';
import { taskStoreOn } from '../../../../lib/ports/state/table-task-store.ts';
import { refusalOf, type Stage } from '../../../support/control-stage.ts';
import { u64Bytes } from '../../../support/etcd-key-values.ts';
import { FakePd } from '../../../support/fake-pd.ts';
import { MemoryStateTable } from '../../../support/memory-task-store.ts';
import {
  type ObserveStage,
  observeStage,
  s3SettingsFor,
  shopSettings,
} from '../../../support/observe-stage.ts';
import { completeRecording } from '../../../support/recorded-cluster.ts';
import { recordedPd } from '../../../support/recorded-pd.ts';
import { recordedCopy, shopBucket } from '../../../support/recorded-store.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 22, 4, 26, 12);
const watch = { purpose: 'watch' } as const;

const stageOf = (situation: string, more: Parameters<typeof observeStage>[1] = {}) =>
  observeStage(situation, { nowMs: start, ...more });
const look = (stage: ObserveStage) => observe.run(stage, watch);

async function current(stage: Stage): Promise<LogTaskState | undefined> {
  const key = { cluster: 'shop', kind: 'log-task', id: 'current' } as const;
  return (await stage.store.get(key, stage.nowMs()))?.record;
}

async function waiting(stage: Stage): Promise<string[]> {
  const { entries } = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() });
  return entries.map(({ id }) => id);
}

async function changes(stage: Stage): Promise<readonly TaskChange[]> {
  const { entries } = await stage.store.list('task-change', 'shop', { nowMs: stage.nowMs() });
  return entries.map(({ record }) => record);
}

const checkpoints = async (stage: Stage, resolution: 'minute' | 'hour') =>
  (await stage.store.checkpoints('shop', resolution, { nowMs: stage.nowMs() })).entries;

describe('a minute', () => {
  test('writes the state and the checkpoint, by the minute for a day and by the hour for the retention', async () => {
    const stage = stageOf('shop/pd/5-before-end');
    const answer = await look(stage);
    assert.equal(answer['state'], 'running');
    assert.equal(answer['checkpointTs'], '470632777030303745');
    assert.equal(answer['persistedTs'], '470632777030303745');
    assert.equal(answer['lagMs'], start - msOfTs(470632777030303745n));
    assert.equal((await current(stage))?.state, 'running');
    const [byMinute] = await checkpoints(stage, 'minute');
    const [byHour] = await checkpoints(stage, 'hour');
    assert.equal(byMinute?.checkpointTs, 470632777030303745n);
    assert.equal(byMinute?.expiresMs, start + 24 * 60 * minute);
    assert.equal(byHour?.expiresMs, start + 7 * 24 * 60 * minute);
    assert.equal(stage.open(), 0);
  });

  test('is written into its hour once, by the first look of the hour, also after an hour in which nobody looked', async () => {
    const stage = stageOf('shop/pd/5-before-end');
    const puts: string[] = [];
    const table = stage.table.seenBy(async () => {});
    const counted: StateTable = Object.create(table, {
      write: {
        value: (...words: Parameters<StateTable['write']>) => {
          for (const one of words[0]) if (one.kind === 'put') puts.push(one.item.sk);
          return table.write(...words);
        },
      },
    });
    const seen = { ...stage, store: taskStoreOn(counted) };
    const hours = () => puts.filter((sk) => sk.startsWith('checkpoint/hour/')).length;
    for (let count = 0; count < 5; count++) {
      await observe.run(seen, watch);
      await stage.clock.sleep(minute);
    }
    assert.equal(hours(), 1);
    await stage.clock.sleep(90 * minute);
    await observe.run(seen, watch);
    await observe.run(seen, watch);
    assert.equal(hours(), 2);
    assert.equal((await checkpoints(stage, 'hour')).length, 2);
  });

  test('asks PD five times, the bucket at most five times, and nothing of a bucket without a task', async () => {
    const pd = new FakePd(completeRecording('shop/pd/5-before-end'));
    const asked: string[] = [];
    const store = await recordedCopy(shopBucket);
    const bucket = new Proxy(store, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name, of);
        if (typeof member !== 'function') return member;
        return (...words: readonly unknown[]) => {
          asked.push(String(name));
          return Reflect.apply(member, of, words);
        };
      },
    });
    const stage = stageOf('shop/pd/5-before-end', { bucket });
    try {
      const address = await pd.listen();
      const openCluster = async () => {
        const cluster = openPdCluster({ addresses: [address], clock: stage.clock });
        return { cluster, close: () => cluster.close() };
      };
      const answer = await observe.run({ ...stage, openCluster }, watch);
      assert.equal(answer['objectsTs'], '470632777030303745');
    } finally {
      await pd.close();
    }
    assert.equal(pd.requests.length, 5);
    assert.ok(asked.length <= 5, asked.join(' '));
    asked.length = 0;
    stage.show('shop/pd/0-no-task');
    await look(stage);
    assert.deepEqual(asked, []);
  });

  test('adopts a task that runs: nothing is started, and the state is known to be new', async () => {
    const stage = stageOf('shop/pd/5-before-end');
    await look(stage);
    assert.deepEqual(await changes(stage), []);
    assert.deepEqual(await waiting(stage), [
      'adopt-wanted/current',
      `log-task-changed/current/running-${start}`,
      `log-task-well/keeper/healthy-${start}`,
    ]);
  });

  test('starts the task when there never was one, once', async () => {
    const stage = stageOf('shop/pd/0-no-task');
    const answer = await look(stage);
    assert.equal(answer['planned'], '20261122042612');
    const [change] = await changes(stage);
    assert.ok(change?.state === 'planned');
    assert.deepEqual(
      [change.action, change.task, change.path, change.startTs],
      ['start', 'pitr', 'log-backup', 0n],
    );
    assert.deepEqual(await waiting(stage), ['adopt-wanted/current', 'task-change-planned/20261122042612']);
    await stage.clock.sleep(minute);
    assert.equal((await look(stage))['waiting'], 'start 20261122042612 is planned');
    assert.equal((await changes(stage)).length, 1);
  });

  test('starts nothing where the settings want no log, or beside a restore that runs', async () => {
    const settings = shopSettings.replace('logTaskName: pitr', 'log: off');
    const off = stageOf('shop/pd/0-no-task', { settings });
    await look(off);
    assert.deepEqual(await changes(off), []);
    const importing = stageOf('faults/pd/restore-1-left-pd');
    assert.match(String((await look(importing))['waiting']), /1 restores or imports run/);
    assert.deepEqual(await changes(importing), []);
  });

  test('starts again what was stopped from outside after three minutes, once, and says why in the audit', async () => {
    const stage = stageOf('shop/pd/5-before-end');
    await look(stage);
    stage.show('shop/pd/6-stopped');
    const planned: unknown[] = [];
    for (let minutes = 1; minutes <= 10; minutes++) {
      await stage.clock.sleep(minute);
      const answer = await look(stage);
      assert.equal(answer['state'], 'stopped');
      planned.push(answer['planned']);
    }
    assert.deepEqual(
      planned.filter((id) => id !== ''),
      ['20261122043012'],
    );
    const [change] = await changes(stage);
    assert.deepEqual([change?.action, change?.path, change?.startTs], ['start', 'log-backup', 0n]);
    assert.ok((await waiting(stage)).includes('task-change-planned/20261122043012'));
    const { entries } = await stage.store.audit('shop', { nowMs: stage.nowMs() });
    assert.deepEqual(
      entries.map(({ what, facts }) => [what, facts['state'], facts['checkpointTs']]),
      [['planned the start of the log task', 'stopped', '470632777030303745']],
    );
  });

  test('leaves it to whoever stopped it where the settings say so', async () => {
    const settings = shopSettings.replace('    policy:\n', '    policy:\n      keeper: { onStop: tell }\n');
    const stage = stageOf('shop/pd/5-before-end', { settings });
    await look(stage);
    stage.show('shop/pd/6-stopped');
    for (let minutes = 1; minutes <= 10; minutes++) {
      await stage.clock.sleep(minute);
      await look(stage);
    }
    assert.deepEqual(await changes(stage), []);
    assert.ok((await waiting(stage)).includes(`log-task-trouble/keeper/stopped-${start + minute}`));
  });

  test('never touches a task that is not ours', async () => {
    const stage = stageOf('shop/pd/5-before-end', {
      settings: s3SettingsFor('another-bucket', 'backup-data'),
    });
    const answer = await look(stage);
    assert.equal(answer['state'], 'foreign');
    assert.deepEqual(await changes(stage), []);
    assert.deepEqual(await checkpoints(stage, 'minute'), []);
  });
});

describe('a change of state is told once', () => {
  test('when minutes come twice and states go on', async () => {
    const stage = stageOf('shop/pd/5-before-end');
    await look(stage);
    stage.show('shop/pd/3-paused');
    for (let minutes = 0; minutes < 5; minutes++) {
      await look(stage);
      await look(stage);
      await stage.clock.sleep(minute);
    }
    const told = (await waiting(stage)).filter((id) => id.startsWith('log-task-changed/'));
    assert.deepEqual(told, [
      `log-task-changed/current/paused-${start}`,
      `log-task-changed/current/running-${start}`,
    ]);
  });

  test('when two look at once, whoever is faster at each step', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const stage = stageOf('shop/pd/5-before-end');
      await look(stage);
      stage.show('shop/pd/3-paused');
      await stage.clock.sleep(minute);
      const [one, two] = [slow(stage, seed), slow(stage, seed * 7 + 3)];
      await Promise.all([observe.run(one, watch), observe.run(two, watch)]);
      const told = (await waiting(stage)).filter((id) => id.includes('paused'));
      // The change, by which react begins what follows, and the keeper's words, each once.
      assert.deepEqual(
        told.map((id) => id.split('/')[0]).sort(),
        ['log-task-changed', 'log-task-trouble'],
        `seed ${seed}`,
      );
      assert.equal((await current(stage))?.state, 'paused');
    }
  });

  test('when two first looks plan the same start', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const stage = stageOf('shop/pd/0-no-task');
      await Promise.all([
        observe.run(slow(stage, seed), watch),
        observe.run(slow(stage, seed * 5 + 1), watch),
      ]);
      assert.equal((await changes(stage)).length, 1, `seed ${seed}`);
      assert.deepEqual(
        (await waiting(stage)).filter((id) => id.startsWith('adopt-wanted')),
        ['adopt-wanted/current'],
      );
    }
  });

  test('who looked earlier never overwrites who looked later', async () => {
    const stage = stageOf('shop/pd/5-before-end');
    await look(stage);
    const lateMs = start + minute;
    const late = { ...stage, nowMs: () => lateMs };
    stage.show('shop/pd/3-paused');
    await observe.run(late, watch);
    stage.show('shop/pd/5-before-end');
    const answer = await look(stage);
    assert.equal(answer['state'], 'paused');
    assert.equal((await current(stage))?.observedMs, lateMs);
  });
});

/** The same stage, seen by a process whose calls of the table take turns of their own. */
function slow(stage: ObserveStage, seed: number): ObserveStage {
  let state = seed + 1;
  const turn = async () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    for (let turns = state % 5; turns > 0; turns--) await Promise.resolve();
  };
  return { ...stage, store: taskStoreOn(stage.table.seenBy(turn)) };
}

describe('what cannot be read', () => {
  test('a silent PD changes nothing and fails the look, and the next one goes on', async () => {
    const stage = stageOf('shop/pd/5-before-end');
    await look(stage);
    const before = await current(stage);
    await stage.clock.sleep(minute);
    stage.silence(new PitrError('PD_UNREACHABLE', 'no PD answers', { hint: 'look at PD' }));
    const refusal = await refusalOf(look(stage));
    assert.equal(refusal.code, 'PD_UNREACHABLE');
    assert.ok(refusal.retryable);
    assert.match(refusal.message, /no PD answers; what is known of the log task stays as it was/);
    assert.deepEqual(await current(stage), before);
    assert.equal(stage.open(), 0);
    stage.silence(undefined);
    assert.equal((await look(stage))['state'], 'running');
  });

  test('a bucket that refuses us is told, and PD is believed all the same', async () => {
    const stage = stageOf('shop/pd/5-before-end');
    const denied = {
      ...stage,
      openBucket: async () => {
        throw new PitrError('STORAGE_DENIED', 'the storage refuses us');
      },
    };
    const answer = await observe.run(denied, watch);
    assert.equal(answer['state'], 'running');
    assert.equal(answer['bucketProblem'], 'STORAGE_DENIED: the storage refuses us');
  });

  test('a state table that is throttled fails the look, and the look again tells everything once', async () => {
    const throttled = ['write', 'query', 'read'] as const;
    for (const call of throttled) {
      for (let passed = 0; passed < 4; passed++) {
        const table = new MemoryStateTable();
        const stage = stageOf('shop/pd/5-before-end', { table });
        const broken = { ...stage, store: taskStoreOn(failingAfter(table, call, passed)) };
        await observe.run(broken, watch).catch((caught: unknown) => {
          assert.equal((caught as PitrError).code, 'STATE_UNAVAILABLE');
        });
        await look(stage);
        assert.deepEqual(await waiting(stage), [
          'adopt-wanted/current',
          `log-task-changed/current/running-${start}`,
          `log-task-well/keeper/healthy-${start}`,
        ]);
        assert.equal((await checkpoints(stage, 'minute')).length, 1);
      }
    }
  });
});

/** A table that is too busy for one kind of call, after some. */
function failingAfter(table: MemoryStateTable, call: 'read' | 'query' | 'write', passed: number): StateTable {
  let left = passed;
  const seen = table.seenBy(() => Promise.resolve());
  const check = () => {
    if (left-- <= 0) throw new PitrError('STATE_UNAVAILABLE', 'the table is too busy');
  };
  return {
    ...seen,
    read: async (key) => {
      if (call === 'read') check();
      return await seen.read(key);
    },
    query: async (query) => {
      if (call === 'query') check();
      return await seen.query(query);
    },
    write: async (writes, nowMs) => {
      if (call === 'write') check();
      return await seen.write(writes, nowMs);
    },
  };
}

/** The recorded keys with another storage checkpoint. */
function withCheckpoint(situation: string, ts: bigint): EtcdKeyValue[] {
  return recordedPd(situation).keyValues.map((one) =>
    Buffer.from(one.key).includes('storage-checkpoint') ? { ...one, value: u64Bytes(ts) } : one,
  );
}

describe('a checkpoint that stands', () => {
  test('is stuck after ten minutes, runs again when it moves, and each is told once', async () => {
    const settings = s3SettingsFor('faults', 'f');
    const stage = stageOf('faults/pd/frozen-1-healthy', { settings });
    const states: unknown[] = [];
    for (let minutes = 0; minutes <= 12; minutes++) {
      states.push((await look(stage))['state']);
      await stage.clock.sleep(minute);
    }
    assert.deepEqual(states, [...Array(10).fill('running'), ...Array(3).fill('stuck')]);
    const stuck = await current(stage);
    assert.ok(stuck?.state === 'stuck');
    assert.equal(stuck.sinceMs, start);
    stage.showKeys(withCheckpoint('faults/pd/frozen-1-healthy', stuck.checkpointTs + 1n));
    assert.equal((await look(stage))['state'], 'running');
    const told = (await waiting(stage)).filter((id) => id.startsWith('log-task-changed/'));
    assert.deepEqual(told.map((id) => id.split('/')[2]?.split('-')[0]).sort(), [
      'running',
      'running',
      'stuck',
    ]);
  });
});

describe('the look that confirms a change', () => {
  const id = '20261122042600';
  async function withChange(situation: string, action: TaskChange['action']): Promise<ObserveStage> {
    const stage = stageOf(situation);
    const record: TaskChange = {
      shape: 'task-change/v1',
      state: 'planned',
      cluster: 'shop',
      id,
      action,
      task: 'pitr',
      path: 'log-backup',
      startTs: 0n,
      plannedMs: start,
      why: 'a test',
    };
    await stage.store.commit({ cluster: 'shop', nowMs: start, records: [{ record, expect: 'absent' }] });
    return stage;
  }
  const confirm = (stage: ObserveStage) => observe.run(stage, { purpose: 'confirm', id });

  test('is done when the task is there, ours and not paused, and has written what it saw', async () => {
    const started = await withChange('shop/pd/1-running', 'start');
    const answer = await confirm(started);
    assert.deepEqual([answer['next'], answer['waitSeconds']], ['done', 0]);
    assert.match(String(answer['seen']), /^pitr is running, its checkpoint is 470632753594630146/);
    assert.equal((await current(started))?.state, 'running');
    assert.equal((await confirm(await withChange('shop/pd/3-paused', 'pause')))['next'], 'done');
    assert.equal((await confirm(await withChange('shop/pd/4-resumed', 'resume')))['next'], 'done');
    const stopped = await withChange('shop/pd/5-before-end', 'stop');
    await look(stopped);
    await stopped.clock.sleep(1000);
    stopped.show('shop/pd/6-stopped');
    assert.equal((await confirm(stopped))['next'], 'done');
  });

  test('asks to look again for ten minutes while the aim is not met, then gives up', async () => {
    const stage = await withChange('shop/pd/0-no-task', 'start');
    let looks = 0;
    let answer = await confirm(stage);
    for (; answer['next'] === 'again'; looks++) {
      await stage.clock.sleep(Number(answer['waitSeconds']) * 1000);
      answer = await confirm(stage);
    }
    assert.equal(answer['next'], 'failed');
    assert.equal(looks, 30);
    assert.match(String(answer['seen']), /there is none, expected the task pitr/);
    assert.equal((await changes(stage)).length, 1, 'a start that is under way is not planned again');
  });

  test('is no confirmation of a change that nobody planned', async () => {
    assert.equal((await refusalOf(confirm(stageOf('shop/pd/1-running')))).code, 'INVALID_INPUT');
  });
});

test('its input is a cluster, and for a confirmation the change', () => {
  assert.deepEqual(observe.parseInput({ cluster: 'shop' }), watch);
  assert.deepEqual(observe.parseInput({ cluster: 'shop', purpose: 'confirm', id: '1' }), {
    purpose: 'confirm',
    id: '1',
  });
  for (const wrong of [
    {},
    { cluster: 'shop', purpose: 'confirm' },
    { cluster: 'shop', purpose: 'x' },
    { cluster: 'shop', x: 1 },
  ]) {
    assert.throws(() => observe.parseInput(wrong), { name: 'INVALID_INPUT' });
  }
});
