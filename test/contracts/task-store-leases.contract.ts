// The part of the task store's contract about leases and fences.

import assert from 'node:assert/strict';
import { noon, plannedSnapshot, runningSnapshot } from '../support/state-builders.ts';
import { day, errorOf, granted, key, type WithStores } from '../support/task-store-steps.ts';

export function leases(withStores: WithStores): void {
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
