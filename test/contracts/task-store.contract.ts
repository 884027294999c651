// The contract of lib/ports/task-store.ts as one suite, run on every adapter. Each test gets a store of its own, and a second
// one over the same table, as another process would have.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import { checkpointsOf } from '../../lib/domain/state/checkpoint.ts';
import type { HeldLease } from '../../lib/domain/state/lease.ts';
import type { LogTaskState } from '../../lib/domain/state/log-task-state.ts';
import type { PlanRecord } from '../../lib/domain/state/plan-record.ts';
import type { AcquireOutcome, Page, PageQuery, TaskStore } from '../../lib/ports/task-store.ts';
import {
  auditOf,
  completeSnapshot,
  noon,
  plannedSnapshot,
  runningSnapshot,
  signalOf,
} from '../support/state-builders.ts';

export interface OpenedTaskStores {
  readonly store: TaskStore;
  /** Another store over the same table. */
  readonly other: TaskStore;
  readonly close: () => Promise<void>;
}

type WithStores = (title: string, run: (store: TaskStore, other: TaskStore) => Promise<void>) => void;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const key = { cluster: 'shop', kind: 'snapshot', id: '20261122120000' } as const;

export function taskStoreContract(name: string, open: () => Promise<OpenedTaskStores>): void {
  const withStores: WithStores = (title, run) => {
    test(title, async () => {
      const opened = await open();
      try {
        await run(opened.store, opened.other);
      } finally {
        await opened.close();
      }
    });
  };
  describe(`${name} as a task store`, () => {
    records(withStores);
    changes(withStores);
    signals(withStores);
    leases(withStores);
    lists(withStores);
    checkpoints(withStores);
    expiry(withStores);
    refusals(withStores);
  });
}

/** The error of a call, which has to be one of ours. */
async function errorOf(call: Promise<unknown>): Promise<PitrError> {
  const error = await call.then(
    (value) => assert.fail(`it gave ${JSON.stringify(value)}`),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof PitrError, String(error));
  return error;
}

function granted(outcome: AcquireOutcome): HeldLease {
  assert.equal(outcome.kind, 'granted');
  return (outcome as Extract<AcquireOutcome, { kind: 'granted' }>).lease;
}

async function allOf<T>(list: (query: PageQuery) => Promise<Page<T>>, query: PageQuery): Promise<T[]> {
  const found: T[] = [];
  let after: string | undefined;
  do {
    const page = await list(after === undefined ? query : { ...query, after });
    found.push(...page.entries);
    after = page.next;
  } while (after !== undefined);
  return found;
}

function records(withStores: WithStores): void {
  withStores(
    'a record comes back as it was written, u64 values exact, for everybody',
    async (store, other) => {
      const record = completeSnapshot();
      await store.commit({ cluster: 'shop', nowMs: noon, records: [{ record, expect: 'absent' }] });
      assert.deepEqual(await store.get(key, noon), { record, revision: 1 });
      assert.deepEqual(await other.get(key, noon), { record, revision: 1 });
    },
  );
  withStores('a record that is not there is undefined', async (store) => {
    assert.equal(await store.get(key, noon), undefined);
    await store.commit({
      cluster: 'shop',
      nowMs: noon,
      records: [{ record: plannedSnapshot(), expect: 'absent' }],
    });
    assert.equal(await store.get({ ...key, cluster: 'shop2' }, noon), undefined);
    assert.equal(await store.get({ ...key, kind: 'truncation' }, noon), undefined);
    assert.equal(await store.get({ ...key, id: '20261122120001' }, noon), undefined);
  });
  withStores(
    'a write that expects the revision that is there replaces the record and raises the revision',
    async (store) => {
      await store.commit({
        cluster: 'shop',
        nowMs: noon,
        records: [{ record: plannedSnapshot(), expect: 'absent' }],
      });
      const outcome = await store.commit({
        cluster: 'shop',
        nowMs: noon,
        records: [{ record: runningSnapshot(), expect: 1 }],
      });
      assert.deepEqual(outcome, {
        kind: 'written',
        written: [{ kind: 'snapshot', id: key.id, revision: 2 }],
      });
      assert.deepEqual(await store.get(key, noon), { record: runningSnapshot(), revision: 2 });
    },
  );
  withStores(
    'a write that expects another revision is refused, says what was found, and changes nothing',
    async (store, other) => {
      await store.commit({
        cluster: 'shop',
        nowMs: noon,
        records: [{ record: plannedSnapshot(), expect: 'absent' }],
      });
      await other.commit({
        cluster: 'shop',
        nowMs: noon,
        records: [{ record: runningSnapshot(), expect: 1 }],
      });
      for (const expect of ['absent', 1, 3] as const) {
        const error = await errorOf(
          store.commit({ cluster: 'shop', nowMs: noon, records: [{ record: completeSnapshot(), expect }] }),
        );
        assert.equal(error.code, 'STATE_CONFLICT');
        assert.match(error.message, /^snapshot 20261122120000 of shop is running at revision 2, expected /);
        assert.deepEqual(error.details['found'], { state: 'running', revision: 2 });
      }
      assert.deepEqual(await store.get(key, noon), { record: runningSnapshot(), revision: 2 });
    },
  );
  withStores('a write that expects a record that is not there is refused', async (store) => {
    const error = await errorOf(
      store.commit({ cluster: 'shop', nowMs: noon, records: [{ record: runningSnapshot(), expect: 1 }] }),
    );
    assert.equal(error.code, 'STATE_CONFLICT');
    assert.match(error.message, /is not there, expected revision 1$/);
    assert.equal(await store.get(key, noon), undefined);
  });
  withStores('a cluster has one log task, under the id current', async (store) => {
    const record: LogTaskState = {
      shape: 'log-task/v1',
      state: 'failed',
      cluster: 'shop',
      observedMs: noon,
      task: 'pitr',
      storage: 's3://b/log',
      startTs: 1n,
      checkpointTs: 462_000_000_000_000_001n,
      sinceMs: null,
      stores: [{ storeId: 4n, code: 'KV:LogBackup:Io', message: '[store = 4] "größer" \u{1f600} \0 \ud800' }],
    };
    await store.commit({ cluster: 'shop', nowMs: noon, records: [{ record, expect: 'absent' }] });
    const found = await store.get({ cluster: 'shop', kind: 'log-task', id: 'current' }, noon);
    assert.deepEqual(found, { record, revision: 1 });
    assert.deepEqual((await store.list('log-task', 'shop', { nowMs: noon, fromMs: noon + 1 })).entries, [
      found,
    ]);
  });
}

function changes(withStores: WithStores): void {
  const start = {
    cluster: 'shop',
    nowMs: noon,
    records: [{ record: plannedSnapshot(), expect: 'absent' }],
    audit: auditOf('snapshot/20261122120000/planned'),
    signals: [signalOf('snapshot/20261122120000/planned')],
  } as const;
  withStores('record, audit entry and signal are written together', async (store) => {
    assert.equal((await store.commit(start)).kind, 'written');
    assert.deepEqual((await store.get(key, noon))?.record, start.records[0].record);
    assert.deepEqual((await store.audit('shop', { nowMs: noon })).entries, [start.audit]);
    assert.deepEqual((await store.waitingSignals('shop', { nowMs: noon })).entries, start.signals);
  });
  withStores('when one condition of a change fails, nothing of it is written', async (store) => {
    await store.commit({
      cluster: 'shop',
      nowMs: noon,
      records: [{ record: plannedSnapshot(noon + day), expect: 'absent' }],
    });
    const records = [...start.records, { record: runningSnapshot(noon + day), expect: 7 }];
    assert.equal((await errorOf(store.commit({ ...start, records }))).code, 'STATE_CONFLICT');
    assert.equal(await store.get(key, noon), undefined);
    assert.deepEqual((await store.audit('shop', { nowMs: noon })).entries, []);
    assert.deepEqual((await store.waitingSignals('shop', { nowMs: noon })).entries, []);
    assert.equal((await store.commit(start)).kind, 'written');
  });
  withStores('a double start is a no-op that gives the outcome of the first', async (store, other) => {
    const outcomes = await Promise.all([store.commit(start), other.commit(start), store.commit(start)]);
    assert.deepEqual(outcomes.map((outcome) => outcome.kind).sort(), ['repeated', 'repeated', 'written']);
    for (const outcome of outcomes) {
      assert.deepEqual('written' in outcome && outcome.written, [
        { kind: 'snapshot', id: key.id, revision: 1 },
      ]);
    }
    await store.commit({
      cluster: 'shop',
      nowMs: noon,
      records: [{ record: completeSnapshot(), expect: 1 }],
    });
    const late = { ...start, nowMs: noon + day, audit: { ...start.audit, atMs: noon + day } };
    assert.equal((await other.commit(late)).kind, 'repeated');
    assert.equal((await store.get(key, noon))?.revision, 2);
    assert.equal((await store.audit('shop', { nowMs: noon })).entries.length, 1);
    assert.equal((await store.waitingSignals('shop', { nowMs: noon })).entries.length, 1);
  });
  withStores('a repeated change is known also after the lease it named was lost', async (store, other) => {
    const lease = granted(
      await store.acquireLease({ cluster: 'shop', work: 'snapshot', holder: 'a', ttlMs: 10, nowMs: noon }),
    );
    await store.commit({ ...start, lease });
    granted(
      await other.acquireLease({
        cluster: 'shop',
        work: 'snapshot',
        holder: 'b',
        ttlMs: 10,
        nowMs: noon + 10,
      }),
    );
    assert.equal((await store.commit({ ...start, lease })).kind, 'repeated');
  });
  withStores('an id that belongs to another change is refused, and nothing is written', async (store) => {
    await store.commit(start);
    const records = [{ record: plannedSnapshot(noon + day), expect: 'absent' }] as const;
    const error = await errorOf(store.commit({ ...start, records, signals: [] }));
    assert.equal(error.code, 'STATE_CONFLICT');
    assert.match(
      error.message,
      /^change snapshot\/20261122120000\/planned of shop was "planned a snapshot" of snapshot 20261122120000, expected /,
    );
    assert.equal(await store.get({ ...key, id: '20261123120000' }, noon), undefined);
  });
  withStores('of many writers that read the same revision exactly one writes', async (store, other) => {
    await store.commit({
      cluster: 'shop',
      nowMs: noon,
      records: [{ record: plannedSnapshot(), expect: 'absent' }],
    });
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? store : other).commit({
          cluster: 'shop',
          nowMs: noon,
          records: [{ record: { ...runningSnapshot(), attempt: index }, expect: 1 }],
          signals: [signalOf(`attempt-${index}`)],
        }),
      ),
    );
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
    for (const result of results) {
      if (result.status === 'rejected') assert.equal((result.reason as PitrError).code, 'STATE_CONFLICT');
    }
    assert.equal((await store.get(key, noon))?.revision, 2);
    assert.equal((await store.waitingSignals('shop', { nowMs: noon })).entries.length, 1);
  });
}

function signals(withStores: WithStores): void {
  const send = (store: TaskStore, ...ids: string[]): Promise<unknown> =>
    store.commit({ cluster: 'shop', nowMs: noon, records: [], signals: ids.map((id) => signalOf(id)) });
  const waiting = async (store: TaskStore): Promise<string[]> =>
    (await store.waitingSignals('shop', { nowMs: noon })).entries.map(({ id }) => id);
  withStores('a signal waits until it is consumed, and is consumed once', async (store, other) => {
    await send(store, 'a', 'b');
    assert.deepEqual(await waiting(other), ['a', 'b']);
    const answers = await Promise.all([
      store.consumeSignal({ cluster: 'shop', id: 'a' }, 'x', noon),
      other.consumeSignal({ cluster: 'shop', id: 'a' }, 'y', noon),
    ]);
    assert.deepEqual(answers.sort(), ['before', 'first']);
    assert.equal(await other.consumeSignal({ cluster: 'shop', id: 'a' }, 'x', noon + day), 'before');
    assert.deepEqual(await waiting(store), ['b']);
  });
  withStores(
    'a signal whose id waits or was told is left out, and the rest of the change is made',
    async (store) => {
      await send(store, 'a', 'b');
      await store.consumeSignal({ cluster: 'shop', id: 'a' }, 'x', noon);
      const outcome = await store.commit({
        cluster: 'shop',
        nowMs: noon + 1,
        records: [{ record: plannedSnapshot(), expect: 'absent' }],
        signals: [signalOf('a', noon + 1), signalOf('b', noon + 1), signalOf('c', noon + 1)],
      });
      assert.equal(outcome.kind, 'written');
      const entries = (await store.waitingSignals('shop', { nowMs: noon + 1 })).entries;
      assert.deepEqual(entries, [signalOf('b', noon), signalOf('c', noon + 1)]);
      assert.equal((await store.get(key, noon))?.revision, 1);
    },
  );
  withStores('a reaction and the consumption of its signal are one write', async (store, other) => {
    await send(store, 'a');
    const react = (at: TaskStore, id: string) =>
      at.commit({
        cluster: 'shop',
        nowMs: noon,
        records: [{ record: plannedSnapshot(), expect: 'absent' }],
        audit: auditOf(id),
        consumes: ['a'],
      });
    const outcomes = await Promise.all([react(store, 'r1'), react(other, 'r2')]);
    assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ['consumed-before', 'written']);
    assert.deepEqual(await waiting(store), []);
    assert.equal((await store.audit('shop', { nowMs: noon })).entries.length, 1);
    const again = await Promise.all([react(store, 'r1'), react(other, 'r2')]);
    assert.deepEqual(again.map(({ kind }) => kind).sort(), ['consumed-before', 'repeated']);
  });
  withStores('a reaction that fails leaves its signal waiting', async (store) => {
    await send(store, 'a');
    const failed = store.commit({
      cluster: 'shop',
      nowMs: noon,
      records: [{ record: runningSnapshot(), expect: 1 }],
      consumes: ['a'],
    });
    assert.equal((await errorOf(failed)).code, 'STATE_CONFLICT');
    assert.deepEqual(await waiting(store), ['a']);
  });
  withStores('a signal that never was cannot be consumed', async (store) => {
    const error = await errorOf(store.consumeSignal({ cluster: 'shop', id: 'never' }, 'x', noon));
    assert.equal(error.code, 'STATE_CONFLICT');
    assert.equal(error.message, 'there is no signal never of shop to be consumed');
  });
}

function leases(withStores: WithStores): void {
  const request = { cluster: 'shop', work: 'snapshot', holder: 'a', ttlMs: 1000, nowMs: noon } as const;
  withStores('a free lease is granted, and nobody else gets it while it lasts', async (store, other) => {
    const lease = granted(await store.acquireLease(request));
    assert.deepEqual(lease, { cluster: 'shop', work: 'snapshot', holder: 'a', fence: 1n });
    const refused = await other.acquireLease({ ...request, holder: 'b', nowMs: noon + 999 });
    assert.deepEqual(refused, { kind: 'held', by: 'a', fence: 1n, expiresMs: noon + 1000 });
    granted(await other.acquireLease({ ...request, holder: 'b', work: 'restore' }));
    granted(await other.acquireLease({ ...request, holder: 'b', cluster: 'shop2' }));
  });
  withStores('of many who ask at once one gets it', async (store, other) => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? store : other).acquireLease({ ...request, holder: `h${index}` }),
      ),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === 'granted').length, 1);
  });
  withStores(
    'the same holder that asks again gets the same fence and a longer time',
    async (store, other) => {
      granted(await store.acquireLease(request));
      const again = await other.acquireLease({ ...request, nowMs: noon + 500 });
      assert.deepEqual(again, {
        kind: 'granted',
        lease: { cluster: 'shop', work: 'snapshot', holder: 'a', fence: 1n },
        expiresMs: noon + 1500,
      });
    },
  );
  withStores(
    'the fence grows with every holding, also after a release and when the same holder comes back',
    async (store, other) => {
      const fences: bigint[] = [];
      for (const [at, holder] of ['a', 'b', 'b', 'a'].entries()) {
        const lease = granted(await store.acquireLease({ ...request, holder, nowMs: noon + at * 1000 }));
        fences.push(lease.fence);
        if (at === 2) assert.equal(await other.releaseLease(lease, noon + at * 1000), true);
      }
      assert.deepEqual(fences, [1n, 2n, 3n, 4n]);
    },
  );
  withStores('a renewed lease lasts longer, never shorter', async (store) => {
    const lease = granted(await store.acquireLease(request));
    assert.deepEqual(await store.renewLease(lease, 1000, noon + 500), { expiresMs: noon + 1500 });
    assert.deepEqual(await store.renewLease(lease, 1000, noon + 100), { expiresMs: noon + 1500 });
    assert.equal((await store.acquireLease({ ...request, holder: 'b', nowMs: noon + 1499 })).kind, 'held');
    assert.deepEqual(await store.renewLease(lease, 1000, noon + 9000), { expiresMs: noon + 10_000 });
  });
  withStores('a lost lease cannot be renewed, and giving it back does nothing', async (store, other) => {
    const lease = granted(await store.acquireLease(request));
    const next = granted(await other.acquireLease({ ...request, holder: 'b', nowMs: noon + 1000 }));
    const error = await errorOf(store.renewLease(lease, 1000, noon + 1001));
    assert.equal(error.code, 'LEASE_LOST');
    assert.equal(error.message, 'a lost the lease of snapshot on shop with fence 1: b holds it with fence 2');
    assert.equal(await store.releaseLease(lease, noon + 1001), false);
    assert.equal(await store.releaseLease({ ...next, fence: 9n }, noon + 1001), false);
    assert.equal((await store.lease('shop', 'snapshot'))?.state, 'held');
    assert.equal(await other.releaseLease(next, noon + 1002), true);
    assert.equal(await other.releaseLease(next, noon + 1003), false);
    assert.deepEqual(await store.lease('shop', 'snapshot'), {
      shape: 'lease/v1',
      state: 'free',
      cluster: 'shop',
      work: 'snapshot',
      fence: 2n,
      releasedMs: noon + 1002,
    });
  });
  withStores(
    'a write under a stale fence is refused with the named fact, and one under the newest is made',
    async (store, other) => {
      const stale = granted(await store.acquireLease(request));
      const fresh = granted(await other.acquireLease({ ...request, holder: 'b', nowMs: noon + 1000 }));
      const change = {
        cluster: 'shop',
        nowMs: noon + 1000,
        records: [{ record: plannedSnapshot(), expect: 'absent' }],
      } as const;
      const error = await errorOf(store.commit({ ...change, lease: stale }));
      assert.equal(error.code, 'LEASE_LOST');
      assert.deepEqual(error.details, {
        cluster: 'shop',
        work: 'snapshot',
        holder: 'a',
        fence: '1',
        newestFence: '2',
        heldBy: 'b',
      });
      for (const forged of [
        { ...fresh, holder: 'a' },
        { ...fresh, fence: 3n },
        { ...fresh, work: 'restore' as const },
      ]) {
        assert.equal((await errorOf(store.commit({ ...change, lease: forged }))).code, 'LEASE_LOST');
      }
      assert.equal(await store.get(key, noon), undefined);
      assert.equal((await other.commit({ ...change, lease: fresh })).kind, 'written');
      await other.releaseLease(fresh, noon + 1001);
      const late = other.commit({
        ...change,
        records: [{ record: runningSnapshot(), expect: 1 }],
        lease: fresh,
      });
      assert.match((await errorOf(late)).message, /it was given back with fence 2$/);
    },
  );
  withStores(
    'a lease that ran out, and nobody took, still carries a write: the fence decides, not the clock',
    async (store) => {
      const lease = granted(await store.acquireLease(request));
      const change = {
        cluster: 'shop',
        nowMs: noon + day,
        records: [{ record: plannedSnapshot(), expect: 'absent' }],
        lease,
      } as const;
      assert.equal((await store.commit(change)).kind, 'written');
    },
  );
  withStores('renewing a lease does not disturb the writes under it', async (store, other) => {
    const lease = granted(await store.acquireLease(request));
    const [outcome] = await Promise.all([
      store.commit({
        cluster: 'shop',
        nowMs: noon,
        records: [{ record: plannedSnapshot(), expect: 'absent' }],
        lease,
      }),
      other.renewLease(lease, 5000, noon),
      other.renewLease(lease, 6000, noon),
    ]);
    assert.equal(outcome.kind, 'written');
    const found = await store.lease('shop', 'snapshot');
    assert.equal(found?.state === 'held' && found.expiresMs, noon + 6000);
  });
}

function lists(withStores: WithStores): void {
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

function checkpoints(withStores: WithStores): void {
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

function expiry(withStores: WithStores): void {
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

function refusals(withStores: WithStores): void {
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
}
