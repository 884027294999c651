// The contract of lib/ports/task-store.ts as one suite, run on every adapter. Each test gets a store of its own, and a second
// one over the same table, as another process would have.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { LogTaskState } from '../../lib/domain/state/log-task-state.ts';
import type { TaskStore } from '../../lib/ports/task-store.ts';
import {
  auditOf,
  completeSnapshot,
  noon,
  plannedSnapshot,
  runningSnapshot,
  signalOf,
} from '../support/state-builders.ts';
import { day, errorOf, granted, key, type WithStores } from '../support/task-store-steps.ts';
import { leases } from './task-store-leases.contract.ts';
import { checkpoints, expiry, lists, refusals } from './task-store-lists.contract.ts';

export interface OpenedTaskStores {
  readonly store: TaskStore;
  /** Another store over the same table. */
  readonly other: TaskStore;
  readonly close: () => Promise<void>;
}

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
