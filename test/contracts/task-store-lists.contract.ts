// The part of the task store's contract about lists, checkpoints, expiry, and what is refused.

import assert from 'node:assert/strict';
import { checkpointsOf } from '../../lib/domain/state/checkpoint.ts';
import type { PlanRecord } from '../../lib/domain/state/plan-record.ts';
import { runId } from '../../lib/domain/state/run-identity.ts';
import type { TaskStore } from '../../lib/ports/task-store.ts';
import { auditOf, completeSnapshot, noon, plannedSnapshot, signalOf } from '../support/state-builders.ts';
import {
  allOf,
  day,
  errorOf,
  granted,
  hour,
  key,
  minute,
  type WithStores,
} from '../support/task-store-steps.ts';

export function lists(withStores: WithStores): void {
  const fill = async (store: TaskStore): Promise<void> => {
    for (let i = 0; i < 23; i++) {
      const at = noon + i * hour;
      await store.commit({
        cluster: 'shop',
        nowMs: at,
        records: [{ record: plannedSnapshot(at), expect: 'absent' }],
        audit: auditOf(`change-${i}`, at),
        signals: [signalOf(`signal-${String(i).padStart(2, '0')}`, at)],
      });
    }
    for (const cluster of ['sho', 'shop2']) {
      await store.commit({
        cluster,
        nowMs: noon,
        records: [{ record: plannedSnapshot(noon, cluster), expect: 'absent' }],
      });
    }
  };
  withStores('records are listed by cluster and time, in pages, in both directions', async (store) => {
    await fill(store);
    const due = Array.from({ length: 23 }, (_, i) => noon + i * hour);
    for (const limit of [1, 5, 22, 23, 24]) {
      for (const newestFirst of [false, true]) {
        const found = await allOf((query) => store.list('snapshot', 'shop', query), {
          nowMs: noon,
          limit,
          newestFirst,
        });
        const expected = newestFirst ? [...due].reverse() : due;
        assert.deepEqual(
          found.map(({ record }) => record.dueMs),
          expected,
          `${limit} ${newestFirst}`,
        );
      }
    }
    assert.deepEqual((await store.list('restore', 'shop', { nowMs: noon })).entries, []);
    assert.deepEqual((await store.list('snapshot', 'nobody', { nowMs: noon })).entries, []);
  });
  withStores('a time range gives what lies in it: its begin, not its end', async (store) => {
    await fill(store);
    const dueIn = async (fromMs?: number, untilMs?: number): Promise<number[]> => {
      const range = {
        ...(fromMs === undefined ? {} : { fromMs }),
        ...(untilMs === undefined ? {} : { untilMs }),
      };
      const found = await allOf((query) => store.list('snapshot', 'shop', query), {
        nowMs: noon,
        limit: 4,
        ...range,
      });
      const entries = await allOf((query) => store.audit('shop', query), { nowMs: noon, limit: 4, ...range });
      assert.deepEqual(
        entries.map(({ atMs }) => atMs),
        found.map(({ record }) => record.dueMs),
      );
      return found.map(({ record }) => (record.dueMs - noon) / hour);
    };
    assert.deepEqual(await dueIn(noon + 3 * hour, noon + 6 * hour), [3, 4, 5]);
    assert.deepEqual(await dueIn(noon + 3 * hour + 1, noon + 6 * hour + 1), [4, 5, 6]);
    assert.deepEqual(await dueIn(noon + 20 * hour), [20, 21, 22]);
    assert.deepEqual(await dueIn(undefined, noon + 2 * hour), [0, 1]);
    assert.deepEqual(await dueIn(noon + hour, noon + hour), []);
  });
  withStores('waiting signals come in pages, too', async (store) => {
    await fill(store);
    const found = await allOf((query) => store.waitingSignals('shop', query), { nowMs: noon, limit: 7 });
    assert.deepEqual(
      found.map(({ atMs }) => atMs),
      Array.from({ length: 23 }, (_, i) => noon + i * hour),
    );
  });
}

export function checkpoints(withStores: WithStores): void {
  const settings = { minutesForMs: day, hoursForMs: 30 * day };
  withStores(
    'the first checkpoint of each minute and hour stays, and expires when its time is over',
    async (store, other) => {
      let added = 0;
      for (let second = 0; second < 3 * 3600; second += 30) {
        const atMs = noon + second * 1000;
        const entries = checkpointsOf({ cluster: 'shop', atMs, checkpointTs: BigInt(second) }, settings);
        added += await (second % 60 === 0 ? store : other).addCheckpoints(entries, atMs);
      }
      assert.equal(added, 3 * 60 + 3);
      const listed = async (resolution: 'minute' | 'hour', nowMs: number): Promise<bigint[]> => {
        const found = await allOf((query) => store.checkpoints('shop', resolution, query), {
          nowMs,
          limit: 50,
        });
        return found.map(({ checkpointTs }) => checkpointTs);
      };
      assert.deepEqual(
        await listed('minute', noon),
        Array.from({ length: 180 }, (_, i) => BigInt(i * 60)),
      );
      assert.deepEqual(await listed('hour', noon), [0n, 3600n, 7200n]);
      const tomorrow = noon + day + 3 * hour - minute - 1;
      assert.deepEqual(await listed('minute', tomorrow), [BigInt(179 * 60)]);
      assert.deepEqual(await listed('minute', tomorrow + 1), []);
      assert.deepEqual(await listed('hour', tomorrow + 1), [0n, 3600n, 7200n]);
      assert.deepEqual(await listed('hour', noon + 30 * day + hour), [7200n]);
      const page = await store.checkpoints('shop', 'minute', { nowMs: noon, newestFirst: true, limit: 1 });
      assert.deepEqual(
        page.entries.map(({ atMs }) => atMs),
        [noon + 179 * minute],
      );
    },
  );
  withStores('adding the same checkpoints twice changes nothing', async (store) => {
    const entries = checkpointsOf({ cluster: 'shop', atMs: noon, checkpointTs: 5n }, settings);
    assert.equal(await store.addCheckpoints(entries, noon), 2);
    assert.equal(await store.addCheckpoints(entries, noon), 0);
    assert.equal((await store.checkpoints('shop', 'hour', { nowMs: noon })).entries.length, 1);
  });
}

export function expiry(withStores: WithStores): void {
  const plan: PlanRecord = {
    shape: 'plan/v1',
    state: 'open',
    cluster: 'shop',
    id: '20261122120000-cut',
    work: 'truncation',
    madeMs: noon,
    madeBy: 'someone',
    expiresMs: noon + hour,
    plan: { untilTs: '462000000000000001', reasons: ['old', 'very old'] },
  };
  const planKey = { cluster: 'shop', kind: 'plan', id: plan.id } as const;
  withStores('what has expired is not seen, removed or not, and its place is free', async (store) => {
    await store.commit({ cluster: 'shop', nowMs: noon, records: [{ record: plan, expect: 'absent' }] });
    assert.deepEqual((await store.get(planKey, noon + hour - 1))?.record, plan);
    assert.equal(await store.get(planKey, noon + hour), undefined);
    assert.deepEqual((await store.list('plan', 'shop', { nowMs: noon + hour })).entries, []);
    const used = { ...plan, state: 'used', usedMs: noon + hour, usedBy: 'x', usedFor: 'y' } as const;
    const late = store.commit({
      cluster: 'shop',
      nowMs: noon + hour,
      records: [{ record: used, expect: 1 }],
    });
    assert.match((await errorOf(late)).message, /is not there, expected revision 1$/);
    const next = { ...plan, madeMs: noon + hour, expiresMs: noon + 2 * hour };
    await store.commit({
      cluster: 'shop',
      nowMs: noon + hour,
      records: [{ record: next, expect: 'absent' }],
    });
    assert.deepEqual(await store.get(planKey, noon + hour), { record: next, revision: 1 });
  });
  withStores('removing what expired removes nothing that is seen', async (store) => {
    await store.commit({
      cluster: 'shop',
      nowMs: noon,
      records: [
        { record: plan, expect: 'absent' },
        { record: plannedSnapshot(), expect: 'absent' },
      ],
      audit: auditOf('c'),
      signals: [signalOf('s')],
    });
    await store.acquireLease({ cluster: 'shop', work: 'snapshot', holder: 'a', ttlMs: 5, nowMs: noon });
    await store.removeExpired(noon + 1000 * day);
    assert.ok(await store.get(key, noon + 1000 * day));
    assert.equal((await store.lease('shop', 'snapshot'))?.fence, 1n);
    assert.equal((await store.audit('shop', { nowMs: noon })).entries.length, 1);
    assert.equal((await store.waitingSignals('shop', { nowMs: noon })).entries.length, 1);
  });
}

export function refusals(withStores: WithStores): void {
  withStores('names, ids, times and lengths that cannot be are refused by name', async (store) => {
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.get({ ...key, cluster: 'a/b' }, noon),
      () => store.get({ ...key, cluster: '' }, noon),
      () => store.get({ ...key, id: 'current' }, noon),
      () => store.get({ ...key, id: '20261332120000' }, noon),
      () => store.get({ ...key, id: '20261122120000-a/b' }, noon),
      () => store.list('snapshot', 'shop', { nowMs: noon, limit: 0 }),
      () => store.list('snapshot', 'shop', { nowMs: noon, limit: 1001 }),
      () => store.list('snapshot', 'shop', { nowMs: noon, fromMs: -1 }),
      () => store.audit('shop', { nowMs: noon, untilMs: 0.5 }),
      () => store.acquireLease({ cluster: 'shop', work: 'snapshot', holder: '', ttlMs: 1, nowMs: noon }),
      () => store.acquireLease({ cluster: 'shop', work: 'snapshot', holder: 'a', ttlMs: 0, nowMs: noon }),
      () => store.consumeSignal({ cluster: 'shop', id: 'a b' }, 'x', noon),
    ];
    for (const call of calls) {
      assert.equal((await errorOf(Promise.resolve().then(call))).code, 'INVALID_INPUT', String(call));
    }
  });
  withStores('a record that its type forbids is not stored', async (store) => {
    for (const wrong of [
      { ...completeSnapshot(), backupTs: -1n },
      { ...completeSnapshot(), endedMs: 0.5 },
      { ...completeSnapshot(), state: 'finished' },
      { ...completeSnapshot(), trigger: 'moon' },
    ]) {
      const record = wrong as ReturnType<typeof completeSnapshot>;
      const error = await errorOf(
        store.commit({ cluster: 'shop', nowMs: noon, records: [{ record, expect: 'absent' }] }),
      );
      assert.equal(error.code, 'INTERNAL');
    }
    assert.equal(await store.get(key, noon), undefined);
  });
  withStores(
    'a change over two clusters, of one thing twice, or of too many things is our own fault',
    async (store) => {
      const one = { record: plannedSnapshot(), expect: 'absent' } as const;
      const many = Array.from(
        { length: 26 },
        (_, i) => ({ record: plannedSnapshot(noon + i * hour), expect: 'absent' }) as const,
      );
      for (const records of [
        [one, one],
        many,
        [{ record: plannedSnapshot(noon, 'other'), expect: 'absent' } as const],
      ]) {
        assert.equal(
          (await errorOf(store.commit({ cluster: 'shop', nowMs: noon, records }))).code,
          'INTERNAL',
        );
      }
    },
  );
  withStores('a change of 25 records and signals is written whole', async (store) => {
    const records = Array.from(
      { length: 5 },
      (_, i) => ({ record: plannedSnapshot(noon + i * hour), expect: 'absent' }) as const,
    );
    const sent = Array.from({ length: 20 }, (_, i) => signalOf(`s${i}`));
    const lease = granted(
      await store.acquireLease({ cluster: 'shop', work: 'snapshot', holder: 'a', ttlMs: 5, nowMs: noon }),
    );
    const outcome = await store.commit({
      cluster: 'shop',
      nowMs: noon,
      records,
      signals: sent,
      audit: auditOf('c'),
      lease,
    });
    assert.equal(outcome.kind, 'written');
    assert.equal((await store.waitingSignals('shop', { nowMs: noon })).entries.length, 20);
  });
  withStores('a record that is too long for the table is refused', async (store) => {
    const record: PlanRecord = {
      shape: 'plan/v1',
      state: 'open',
      cluster: 'shop',
      id: key.id,
      work: 'restore',
      madeMs: noon,
      madeBy: 'x',
      expiresMs: noon + 1,
      plan: { text: 'ü'.repeat(200_000) },
    };
    const error = await errorOf(
      store.commit({ cluster: 'shop', nowMs: noon, records: [{ record, expect: 'absent' }] }),
    );
    assert.equal(error.code, 'INTERNAL');
    assert.match(error.message, /400\d{3} bytes long, expected at most 350000$/);
  });
  withStores(
    'a change that is too long for one write is refused, and one that is not is written',
    async (store) => {
      const record = (index: number): PlanRecord => ({
        shape: 'plan/v1',
        state: 'open',
        cluster: 'shop',
        id: runId(noon, `p${index}`),
        work: 'restore',
        madeMs: noon,
        madeBy: 'x',
        expiresMs: noon + 1,
        plan: { text: 'ü'.repeat(150_000) },
      });
      const records = Array.from({ length: 8 }, (_, index) => ({
        record: record(index),
        expect: 'absent' as const,
      }));
      const error = await errorOf(store.commit({ cluster: 'shop', nowMs: noon, records }));
      assert.equal(error.code, 'INTERNAL');
      assert.match(error.message, /characters long, expected at most 1200000$/);
      assert.equal(
        (await store.commit({ cluster: 'shop', nowMs: noon, records: records.slice(0, 7) })).kind,
        'written',
      );
      assert.deepEqual(
        (await store.get({ cluster: 'shop', kind: 'plan', id: runId(noon, 'p6') }, noon))?.record,
        record(6),
      );
      assert.equal((await allOf((query) => store.list('plan', 'shop', query), { nowMs: noon })).length, 7);
    },
  );
}
