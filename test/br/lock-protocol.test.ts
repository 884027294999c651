// BR's locks: taken as br takes them, in the way of br and not past br's. The recorded ones of killed runs are the measure.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ownerOfWork } from '../../lib/br/lock-owner.ts';
import {
  keepOrTakeLock,
  lockBytes,
  migrationWriteLock,
  removeLocksOf,
  takeLock,
  truncatingLock,
  txnOf,
} from '../../lib/br/lock-protocol.ts';
import { describeLock, parseLock } from '../../lib/br/locks.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { recordedCopy } from '../support/recorded-store.ts';
import { contentsOf, withBeforeCalls } from '../support/truncation-stage.ts';

const ownerId = 'dc72202d-48f3-4736-8bb8-c9f5d5693a59';
const startedMs = Date.UTC(2026, 10, 22, 5, 17, 32);
const holder = { ownerId, host: 'vm', pid: 9701, startedMs, detail: 'a "truncation" of a test' };
const other = { ...holder, ownerId: '0b4c9a56-0f0e-4f6e-9d0a-1f2e3d4c5b6a', host: 'elsewhere' };
const take = (store: MemoryObjectStore, target = truncatingLock, who = holder) =>
  takeLock(store, 'log/', target, who, startedMs + 286);

const keysOf = async (store: MemoryObjectStore) => [...(await contentsOf(store)).keys()];

describe('the text of a lock', () => {
  test('has the members of a recorded one, in their order, of the same types', async () => {
    const store = await recordedCopy('faults/truncate-1-left-objects/log');
    const recorded = JSON.parse(Buffer.from((await store.get('truncating.lock'))!).toString());
    const ours = JSON.parse(Buffer.from(lockBytes(truncatingLock, holder, startedMs + 286)).toString());
    assert.deepEqual(Object.keys(ours), Object.keys(recorded));
    for (const [name, value] of Object.entries(recorded)) assert.equal(typeof ours[name], typeof value, name);
    assert.equal(ours.lock_type, recorded.lock_type);
    assert.equal(ours.owner_id.length, recorded.owner_id.length);
    assert.equal(ours.txn_id.length, recorded.txn_id.length);
    const frame = (hint: string) => hint.replace(/detail="(?:[^"\\]|\\.)*"/, 'detail=…');
    assert.equal(frame(ours.hint), frame(recorded.hint));
  });

  test('is read back as it was meant', () => {
    const lock = parseLock('truncating.lock', lockBytes(truncatingLock, holder, startedMs + 286));
    assert.equal(lock.txn, txnOf(holder));
    assert.equal(
      describeLock(lock),
      'log-truncate-exclusive since 2026-11-22T05:17:32.286Z by vm, pid 9701 (operation_started_at=2026-11-22T05:17:32Z)',
    );
  });
});

describe('a lock that is taken', () => {
  test('is there alone, without its intent, and gone when released', async () => {
    const store = new MemoryObjectStore();
    const steps: string[] = [];
    const put = store.put.bind(store);
    store.put = async (key, bytes) => {
      steps.push(`${key} ${bytes.length > 0}`);
      await put(key, bytes);
    };
    const lock = await take(store);
    assert.deepEqual(steps, [
      `log/truncating.lock.INTENT.${txnOf(holder)} false`,
      'log/truncating.lock true',
    ]);
    assert.deepEqual(await keysOf(store), ['log/truncating.lock']);
    await lock.check();
    await lock.release();
    assert.deepEqual(await keysOf(store), []);
  });

  test('is not released, nor held for ours, when it is another one by now', async () => {
    const store = new MemoryObjectStore();
    const lock = await take(store);
    await store.put('log/truncating.lock', lockBytes(truncatingLock, other, startedMs));
    await assert.rejects(lock.check(), { code: 'BR_LOCKED', message: /by elsewhere/ });
    await lock.release();
    assert.deepEqual(await keysOf(store), ['log/truncating.lock']);
    await store.delete('log/truncating.lock');
    await assert.rejects(lock.check(), { code: 'BR_LOCKED', message: /is gone/ });
  });

  const inTheWay: readonly (readonly [typeof truncatingLock, string])[] = [
    [truncatingLock, 'truncating.lock'],
    [truncatingLock, 'truncating.lock.INTENT.00112233445566778899aabbccddeeff'],
    [truncatingLock, 'truncating.lock.00112233445566778899aabbccddeeff'],
    [migrationWriteLock, 'v1/LOCK.READ.5ebd8b83014050e7'],
    [migrationWriteLock, 'v1/LOCK.READ.5ebd8b83014050e7.INTENT.00112233445566778899aabbccddeeff'],
    [migrationWriteLock, 'v1/LOCK.WRIT'],
    [migrationWriteLock, 'v1/APPEND_LOCK.WRIT'],
  ];
  for (const [target, key] of inTheWay) {
    test(`${target.key} is refused beside ${key}, and nothing of ours stays`, async () => {
      const store = new MemoryObjectStore();
      await store.put(`log/${key}`, key.includes('INTENT') ? new Uint8Array(0) : Buffer.from('no JSON'));
      await assert.rejects(take(store, target), { code: 'BR_LOCKED', message: new RegExp(`log/${key} is`) });
      assert.deepEqual(await keysOf(store), [`log/${key}`]);
    });
  }

  test('is refused beside the recorded lock of a killed br, which is named with its owner', async () => {
    const store = await recordedCopy('faults/truncate-1-left-objects/', 'log/');
    for (const key of await keysOf(store)) await store.put(`log/${key}`, (await store.get(key))!);
    await assert.rejects(take(store, truncatingLock, other), {
      code: 'BR_LOCKED',
      message: /by vm, pid 9701.*, owner dc72202d-48f3-4736-8bb8-c9f5d5693a59$/,
    });
  });

  test('is kept by the holder that has it, or that died on its way to it; its intent goes', async () => {
    const keep = (store: MemoryObjectStore, who = holder) =>
      keepOrTakeLock(store, 'log/', truncatingLock, who, startedMs + 286);
    const intent = `log/truncating.lock.INTENT.${txnOf(holder)}`;
    for (const left of [[], ['log/truncating.lock'], [intent], ['log/truncating.lock', intent]]) {
      const store = new MemoryObjectStore();
      const bytes = lockBytes(truncatingLock, holder, startedMs);
      for (const key of left) await store.put(key, key === intent ? new Uint8Array(0) : bytes);
      const lock = await keep(store);
      await lock.check();
      assert.deepEqual(await keysOf(store), ['log/truncating.lock'], left.join());
      await assert.rejects(keep(store, other), { code: 'BR_LOCKED', message: /by vm, pid 9701/ });
      assert.deepEqual(await keysOf(store), ['log/truncating.lock'], 'nothing of the other stays');
      await lock.release();
      assert.deepEqual(await keysOf(store), []);
    }
  });

  test('is not kept beside a lock of somebody else that excludes it', async () => {
    const store = new MemoryObjectStore();
    await store.put('log/v1/LOCK.WRIT', lockBytes(migrationWriteLock, holder, startedMs));
    await store.put('log/v1/LOCK.READ.5ebd8b83014050e7', lockBytes(migrationWriteLock, other, startedMs));
    const kept = keepOrTakeLock(store, 'log/', migrationWriteLock, holder, startedMs);
    await assert.rejects(kept, { code: 'BR_LOCKED', message: /by elsewhere/ });
    assert.equal(
      (await keysOf(store)).length,
      2,
      'the one that it had stays: another call may work under it',
    );
  });

  test('has an owner by the work that it is for: the same for the same, a uuid, and another for any other', () => {
    const owners = [
      ownerOfWork('shop', 'truncation', '20261122063000'),
      ownerOfWork('shop', 'truncation', '20261122063001'),
      ownerOfWork('shop2', 'truncation', '0261122063000'),
    ];
    assert.equal(new Set(owners).size, 3);
    assert.equal(ownerOfWork('shop', 'truncation', '20261122063000'), owners[0]);
    for (const ownerId of owners) {
      assert.match(ownerId, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.match(txnOf({ ownerId }), /^[0-9a-f]{32}$/);
    }
  });

  test('is never held by two, however their calls interleave', async () => {
    for (let first = 0; first <= 6; first++) {
      for (let second = 0; second <= 24; second++) {
        const store = new MemoryObjectStore();
        const taking = (
          [
            [first, holder],
            [second, other],
          ] as const
        ).map(([lag, who]) => {
          const slow = withBeforeCalls(store, async () => {
            for (let i = 0; i < lag; i++) await Promise.resolve();
          });
          return takeLock(slow, 'log/', truncatingLock, who, startedMs);
        });
        const ends = await Promise.allSettled(taking);
        const held = ends.filter(({ status }) => status === 'fulfilled').length;
        assert.ok(held <= 1, `held by both with lags of ${first} and ${second}`);
        assert.equal((await keysOf(store)).length, held, 'only the lock of who holds it is there');
      }
    }
  });

  test('does not mind locks of other kinds', async () => {
    const store = new MemoryObjectStore();
    const first = await take(store);
    const second = await take(store, migrationWriteLock);
    await Promise.all([first.check(), second.check()]);
    assert.deepEqual(await keysOf(store), ['log/truncating.lock', 'log/v1/LOCK.WRIT']);
  });
});

describe('locks of the dead', () => {
  test('are removed by the id of their owner, intents too, and all others stay', async () => {
    const store = new MemoryObjectStore();
    await take(store);
    await store.put(`log/v1/LOCK.WRIT.INTENT.${txnOf(holder)}`, new Uint8Array(0));
    await store.put('log/v1/LOCK.READ.5ebd8b83014050e7', lockBytes(migrationWriteLock, other, startedMs));
    await store.put('log/v1/APPEND_LOCK.WRIT', Buffer.from('no JSON'));
    assert.deepEqual(await removeLocksOf(store, 'log/', []), []);
    assert.deepEqual(await removeLocksOf(store, 'log/', [ownerId]), [
      'log/truncating.lock',
      `log/v1/LOCK.WRIT.INTENT.${txnOf(holder)}`,
    ]);
    assert.deepEqual(await keysOf(store), ['log/v1/APPEND_LOCK.WRIT', 'log/v1/LOCK.READ.5ebd8b83014050e7']);
  });

  test('of an older br, which names no owner, are removed by the id of their transaction', async () => {
    const store = new MemoryObjectStore();
    const text = JSON.stringify({ locked_at: '2024-01-01T00:00:00Z', txn_id: '5iTHLx4zTqSTzQ+bsar/cg==' });
    await store.put('log/truncating.lock', Buffer.from(text));
    assert.deepEqual(await removeLocksOf(store, 'log/', [ownerId]), []);
    assert.deepEqual(await removeLocksOf(store, 'log/', ['e624c72f1e334ea493cd0f9bb1aaff72']), [
      'log/truncating.lock',
    ]);
  });
});
