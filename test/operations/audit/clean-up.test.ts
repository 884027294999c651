// A cleanup by the plan of an audit: what goes, what never does, when the plan does not hold, and what a death leaves.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logMetaObject } from '../../../lib/br/backup-writer.ts';
import { FileType } from '../../../lib/br/proto/gen/log_pb.js';
import { PitrError } from '../../../lib/domain/errors.ts';
import type { IncompleteUpload, IncompleteUploads } from '../../../lib/ports/incomplete-uploads.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import { auditNowMs, withTimes } from '../../support/audit-stage.ts';
import {
  applied,
  bucketToClean,
  firstOwner,
  logBeginTs,
  MemoryPlans,
  planned,
  removable,
  untouchable,
} from '../../support/cleanup-stage.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { contentsOf, differenceOf, MortalStore, withLockedObjects } from '../../support/truncation-stage.ts';

const goes: readonly string[] = Object.values(removable).sort();
const day = 24 * 3_600_000;

async function plan(store: ObjectStore, plans: MemoryPlans): Promise<string> {
  const { planId } = await planned(store, plans);
  assert.ok(planId);
  return planId;
}

/** With something done once, right before the n-th call whose name and key match. */
function onceBefore(
  store: ObjectStore,
  matches: (call: string, key: string) => boolean,
  act: () => Promise<void>,
): ObjectStore {
  let isDone = false;
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const before = async (first: unknown): Promise<void> => {
        if (isDone || !matches(String(name), String(first))) return;
        isDone = true;
        await act();
      };
      if (name === 'list') {
        return async function* (...args: unknown[]) {
          await before(args[0]);
          yield* value.apply(target, args);
        };
      }
      return async (...args: unknown[]) => {
        await before(args[0]);
        return await value.apply(target, args);
      };
    },
  });
}

describe('the plan of a cleanup', () => {
  test('takes what is proven to be nobody’s, each with its reason, and says of the rest why it stays', async () => {
    const store = await bucketToClean();
    const before = await contentsOf(store);
    const { steps, kept } = await planned(store, new MemoryPlans());
    assert.deepEqual(steps.flatMap(({ objects }) => objects.map(({ key }) => key)).sort(), goes);
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      [
        'lock',
        'permission-check',
        'finished-checkpoint',
        'unnamed-snapshot-object',
        'expired-log-data',
        'empty-metas',
      ],
    );
    for (const { reason } of steps) assert.ok(reason.length > 20, reason);
    assert.deepEqual(
      kept.map(({ kind, count }) => [kind, count]),
      [
        ['unnamed-log-data', 1],
        ['empty-metas', 1],
        ['restore-checkpoint', 1],
        ['unknown-object', 1],
      ],
    );
    for (const { reason } of kept) assert.ok(reason.length > 20, reason);
    assert.deepEqual(await contentsOf(store), before, 'a plan removes nothing');
  });

  test('never takes what was written within a day, whatever is proven of it', async () => {
    const memory = await bucketToClean();
    for (const key of goes) {
      const margin = key === removable.lock ? 30 * 60_000 : day;
      const at = (ageMs: number) =>
        withTimes(memory, (one) => auditNowMs - (one === key ? ageMs : one.endsWith('.ts') ? 0 : 2 * day));
      const young = await planned(at(margin - 1), new MemoryPlans());
      const planOf = (one: typeof young) => one.steps.flatMap(({ objects }) => objects.map((o) => o.key));
      assert.deepEqual(
        planOf(young).sort(),
        goes.filter((one) => one !== key),
      );
      assert.deepEqual(planOf(await planned(at(margin), new MemoryPlans())).sort(), goes);
    }
  });

  test('keeps no plan where there is nothing to remove', async () => {
    const plans = new MemoryPlans();
    const store = await bucketToClean();
    for (const key of goes) await store.delete(key);
    const { planId } = await planned(store, plans);
    assert.deepEqual([planId, plans.kept.size], [undefined, 0]);
  });
});

describe('a cleanup', () => {
  test('removes what its plan says and nothing else, and is done once', async () => {
    const [store, plans] = [await bucketToClean(), new MemoryPlans()];
    const before = await contentsOf(store);
    const id = await plan(store, plans);
    const { steps } = await applied(store, plans, id);
    const { deleted, created, rewritten } = differenceOf(before, await contentsOf(store));
    assert.deepEqual([deleted.toSorted(), created, rewritten], [goes, [], []]);
    assert.deepEqual(
      steps.map(({ planned, removed, gone, keptCount }) => [planned, removed, gone, keptCount]),
      steps.map(() => [1, 1, 0, 0]),
    );
    await assert.rejects(applied(store, plans, id), {
      code: 'PLAN_UNUSABLE',
      message: /carried out before/,
    });
    for (const key of Object.values(untouchable)) assert.ok(await store.head(key), key);
  });

  test('of a plan that is unknown, over, or of another storage is refused', async () => {
    const [store, plans] = [await bucketToClean(), new MemoryPlans()];
    const id = await plan(store, plans);
    await assert.rejects(applied(store, plans, 'x'), { code: 'PLAN_UNUSABLE' });
    const late = { nowMs: auditNowMs + 7 * day };
    await assert.rejects(applied(store, plans, id, late), { code: 'PLAN_UNUSABLE', message: /was over at/ });
    const other = new MemoryObjectStore('memory://other');
    await assert.rejects(applied(other, plans, id), { code: 'PLAN_UNUSABLE', message: /memory:\/\/other/ });
    assert.ok(await store.head(removable['expired-log-data']));
  });

  test('does nothing when something of its plan is there and may not go any more', async () => {
    for (const key of goes) {
      const [store, plans] = [await bucketToClean(), new MemoryPlans()];
      const id = await plan(store, plans);
      await store.put(key, new Uint8Array(4));
      const before = await contentsOf(store);
      // A lock that somebody else has by now is no fact of the plan; it is in the way.
      if (key === removable.lock) continue;
      await assert.rejects(applied(store, plans, id), { code: 'PLAN_STALE', message: new RegExp(key) });
      assert.deepEqual(await contentsOf(store), before, key);
      await assert.rejects(applied(store, plans, id), { code: 'PLAN_UNUSABLE' });
    }
  });

  test('does nothing when what would prove it cannot be read any more', async () => {
    const [store, plans] = [await bucketToClean(), new MemoryPlans()];
    const id = await plan(store, plans);
    await store.put('snapshot-20261122042442/backupmeta', new Uint8Array([1, 2, 3]));
    await assert.rejects(applied(store, plans, id), { code: 'PLAN_STALE', message: /999_9_/ });
    assert.ok(await store.head(removable['expired-log-data']), 'not even what is proven by other things');
  });

  test('goes on where something of its plan is gone already', async () => {
    const [store, plans] = [await bucketToClean(), new MemoryPlans()];
    const id = await plan(store, plans);
    await store.delete(removable['permission-check']);
    const { steps } = await applied(store, plans, id);
    const check = steps.find(({ kind }) => kind === 'permission-check');
    assert.deepEqual([check?.removed, check?.gone], [0, 1]);
    assert.equal(await store.head(removable['expired-log-data']), undefined);
  });

  test('leaves an object that changes between the audit and its removal', async () => {
    for (const key of goes) {
      const [memory, plans] = [await bucketToClean(), new MemoryPlans()];
      const id = await plan(memory, plans);
      const isLookedAt = (call: string, one: string) => call === 'head' && one === key;
      const store = onceBefore(memory, isLookedAt, () => memory.put(key, new Uint8Array(4)));
      if (key === removable.lock) {
        await assert.rejects(applied(store, plans, id), { code: 'BR_LOCKED' });
        assert.ok(await memory.head(key), 'whoever took it meanwhile has it');
        continue;
      }
      const { steps } = await applied(store, plans, id);
      assert.ok(await memory.head(key), key);
      const kept = steps.flatMap((step) => step.kept);
      assert.deepEqual(kept, [{ key, reason: 'it was written again since' }]);
    }
  });

  test('leaves log data that a meta names which came while it ran, or that cannot be read', async () => {
    const flushTs = 470632776500000000n;
    const path = removable['expired-log-data'].slice('log-backup/'.length);
    const times = { minTs: logBeginTs, maxTs: logBeginTs, minBeginTsInDefaultCf: logBeginTs };
    const file = { sha256: new Uint8Array(32), cf: 'write', type: FileType.PUT, tableId: 0n, length: 3n };
    const groups = [{ path, length: 3n, dataFilesInfo: [{ ...file, ...times, rangeLength: 3n }] }];
    const named = logMetaObject({ storeId: 1n, resolvedTs: flushTs, groups }, { format: 'flagged', flushTs });
    for (const bytes of [named.bytes, new Uint8Array([255, 255])]) {
      const [memory, plans] = [await bucketToClean(), new MemoryPlans()];
      const id = await plan(memory, plans);
      const isLookedAt = (call: string, key: string) =>
        call === 'head' && key === removable['expired-log-data'];
      const store = onceBefore(memory, isLookedAt, () => memory.put(`log-backup/${named.key}`, bytes));
      const { steps } = await applied(store, plans, id);
      assert.ok(await memory.head(removable['expired-log-data']));
      assert.match(
        steps
          .flatMap((step) => step.kept)
          .map(({ reason }) => reason)
          .join(),
        /came since and/,
      );
    }
  });

  test('leaves the rest of a snapshot whose backupmeta changes while it runs', async () => {
    const [memory, plans] = [await bucketToClean(), new MemoryPlans()];
    const id = await plan(memory, plans);
    const head = 'snapshot-20261122042442/backupmeta';
    const isLookedAt = (call: string, key: string) =>
      call === 'head' && key === removable['finished-checkpoint'];
    const store = onceBefore(memory, isLookedAt, () => memory.delete(head));
    await applied(store, plans, id);
    assert.ok(await memory.head(removable['finished-checkpoint']));
    assert.ok(await memory.head(removable['unnamed-snapshot-object']));
  });

  test('takes br’s locks while metas go, and refuses beside another run, with what it did before done', async () => {
    const [store, plans] = [await bucketToClean(), new MemoryPlans()];
    const id = await plan(store, plans);
    await store.put('log-backup/v1/LOCK.READ.0000000000000001', new TextEncoder().encode('{}'));
    await assert.rejects(applied(store, plans, id), { code: 'BR_LOCKED' });
    assert.ok(await store.head(removable['empty-metas']));
    assert.equal(await store.head('log-backup/truncating.lock'), undefined, 'none of ours is left');
    await store.delete('log-backup/v1/LOCK.READ.0000000000000001');
    await applied(store, plans, id);
    assert.equal(await store.head(removable['empty-metas']), undefined);
  });

  test('tells what the storage refuses to remove, and does the rest', async () => {
    const [memory, plans] = [await bucketToClean(), new MemoryPlans()];
    const id = await plan(memory, plans);
    const store = withLockedObjects(memory, (key) => key.endsWith('.sst'));
    const { steps } = await applied(store, plans, id);
    const refused = steps.flatMap((step) => step.kept);
    assert.deepEqual(
      refused.map(({ key }) => key),
      [removable['unnamed-snapshot-object']],
    );
    assert.equal(await memory.head(removable['expired-log-data']), undefined);
  });

  test('that dies before any call of the storage, in the middle of one or after it, does the rest when it is run again', async () => {
    const whole = await contentsOf(await bucketToClean());
    const copy = async () => {
      const store = new MemoryObjectStore();
      for (const [key, hex] of whole) await store.put(key, Buffer.from(hex, 'hex'));
      return store;
    };
    const clean = await copy();
    const plans = new MemoryPlans();
    const id = await plan(clean, plans);
    const counted = new MortalStore(clean, Number.POSITIVE_INFINITY);
    await applied(counted, plans, id);
    const cleaned = await contentsOf(clean);
    assert.ok(counted.calls > 40, `${counted.calls}`);
    for (const when of ['before', 'half', 'after'] as const) {
      for (let call = 1; call <= counted.calls; call++) {
        const [store, kept] = [await copy(), new MemoryPlans()];
        const planId = await plan(store, kept);
        await assert.rejects(applied(new MortalStore(store, call, when), kept, planId), /died here/);
        const left = differenceOf(whole, await contentsOf(store));
        assert.ok(left.deleted.every((key) => goes.includes(key)));
        assert.ok(left.created.every((key) => key.includes('LOCK') || key.includes('truncating.lock')));
        await applied(store, kept, planId, { deadOwners: [firstOwner] }).catch((caught: unknown) => {
          // It had done everything but say so.
          assert.ok(caught instanceof PitrError && caught.code === 'PLAN_UNUSABLE', String(caught));
        });
        assert.deepEqual(await contentsOf(store), cleaned, `${when} call ${call}`);
      }
    }
  });
});

describe('uploads that nobody finished', () => {
  class MemoryUploads implements IncompleteUploads {
    open: IncompleteUpload[];
    constructor(open: IncompleteUpload[]) {
      this.open = open;
    }
    async *list() {
      yield* this.open;
    }
    async bytesOf() {
      return 5n;
    }
    async abort(upload: IncompleteUpload) {
      if (upload.key === 'refused') return new PitrError('STORAGE_DENIED', 'not allowed');
      this.open = this.open.filter(({ id }) => id !== upload.id);
      return undefined;
    }
  }

  test('are given up after a day, each by its own id; younger ones stay', async () => {
    const store = await bucketToClean();
    const plans = new MemoryPlans();
    const old = { key: 'a', id: 'one', begunMs: auditNowMs - 2 * day };
    const again = { key: 'a', id: 'two', begunMs: auditNowMs - 1000 };
    const refused = { key: 'refused', id: 'three', begunMs: auditNowMs - 3 * day };
    const over = { key: 'b', id: 'four', begunMs: auditNowMs - 3 * day };
    const uploads = new MemoryUploads([old, again, refused, over]);
    const parts = { uploads: new Map([[store.url, uploads]]) };
    const { planId, kept } = await planned(store, plans, parts);
    assert.ok(kept.some(({ id }) => id === 'incomplete-upload:a#two'));
    uploads.open = uploads.open.filter(({ id }) => id !== 'four');
    const { steps } = await applied(store, plans, planId ?? '', parts);
    assert.deepEqual(uploads.open, [again, refused]);
    assert.deepEqual(
      steps
        .filter(({ kind }) => kind === 'incomplete-upload')
        .map(({ removed, gone, kept }) => [removed, gone, kept.map(({ reason }) => reason)]),
      [
        [1, 0, []],
        [0, 1, []],
        [0, 0, ['not allowed']],
      ],
    );
  });
});
