// A native truncation that dies, wherever it dies: every moment from the cut on reads as before, and running it again leaves
// the bucket that an undisturbed run leaves.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { logMetaObject } from '../../../lib/br/backup-writer.ts';
import { blocklistObject } from '../../../lib/br/blocklist.ts';
import { runNativeTruncation } from '../../../lib/operations/truncation/native-truncation.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { restoreInMemory } from '../../support/memory-restore.ts';
import { recordedCopy, shopBucket } from '../../support/recorded-store.ts';
import {
  contentsOf,
  differenceOf,
  logFolder,
  MortalStore,
  oneOwner,
  truncationDeps,
  withBeforeCalls,
} from '../../support/truncation-stage.ts';
import { sourceOf } from '../moment/recorded-moments.ts';

const untilTs = 470632757998649345n;
/** Newer than the cut. */
const secondBase = 'snapshot-20261122042455';
const secondOwner = '5d2f0a77-36a1-4c35-8a52-cc9f3c1b7e10';

/** The recorded bucket, and what it lacks: flushes of an idle store before and after the cut, blocklists on both sides. */
async function bucketOfEverything(): Promise<MemoryObjectStore> {
  const store = await recordedCopy(shopBucket);
  const add = ({ key, bytes }: { readonly key: string; readonly bytes: Uint8Array }) =>
    store.put(`${logFolder}${key}`, bytes);
  for (const flushTs of [untilTs - 5n, untilTs - 1n, untilTs, untilTs + 9n]) {
    const idle = { storeId: 7n, resolvedTs: flushTs - 1n, groups: [] };
    await add(logMetaObject(idle, { format: 'flagged', flushTs }));
  }
  for (const restoreCommitTs of [untilTs - 4n, untilTs, untilTs + 1n]) {
    const restore = {
      restoreCommitTs,
      restoreStartTs: untilTs - 9n,
      rewriteTs: 1n,
      tableIds: [999n],
      dbIds: [],
    };
    await add(blocklistObject(restore));
  }
  return store;
}

async function copyOf(contents: ReadonlyMap<string, string>): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  for (const [key, hex] of contents) await store.put(key, Buffer.from(hex, 'hex'));
  return store;
}

const smallPages = { pageMetas: 1, parallel: 1 };
const rerun = { ...smallPages, deadOwners: [oneOwner] };
const rerunHolder = { ...truncationDeps(new MemoryObjectStore()).holder, ownerId: secondOwner };

describe('a native truncation that dies', () => {
  let whole: ReadonlyMap<string, string>;
  let cut: ReadonlyMap<string, string>;
  let calls: number;
  let rows: string;

  const rowsOf = async (store: MemoryObjectStore): Promise<string> => {
    const { tables } = await restoreInMemory(sourceOf(store), { at: '470632766374150149', base: secondBase });
    return JSON.stringify([...tables]);
  };

  before(async () => {
    const store = await bucketOfEverything();
    whole = await contentsOf(store);
    rows = await rowsOf(store);
    const counted = new MortalStore(store, Number.POSITIVE_INFINITY);
    await runNativeTruncation(truncationDeps(counted, smallPages), untilTs);
    cut = await contentsOf(store);
    calls = counted.calls;
  });

  test('has something of every kind to do when it lives', () => {
    const { deleted, created, rewritten } = differenceOf(whole, cut);
    const count = (part: string) => deleted.filter((key) => key.includes(part)).length;
    assert.deepEqual(
      [count('.log'), count('v1/backupmeta/'), count('blocklists/'), created.length, rewritten.length],
      [2, 3, 2, 1, 1],
    );
    assert.ok(calls > 50);
  });

  for (const when of ['before', 'half', 'after'] as const) {
    test(`${when === 'half' ? 'in the middle of' : when} any call is harmless, and run again it does the rest`, async () => {
      for (let dieAt = 1; dieAt <= calls; dieAt++) {
        const store = await copyOf(whole);
        const mortal = new MortalStore(store, dieAt, when);
        // The very last call is a release: whoever dies after it has done everything.
        await runNativeTruncation(truncationDeps(mortal, smallPages), untilTs).catch((error: unknown) => {
          if (!mortal.isDead) throw error;
        });
        if (dieAt % 4 === 0) assert.equal(await rowsOf(store), rows, `rows after call ${dieAt}`);
        await runNativeTruncation(truncationDeps(store, { ...rerun, holder: rerunHolder }), untilTs);
        assert.deepEqual(await contentsOf(store), cut, `died ${when} call ${dieAt}`);
      }
    });
  }

  test('again and again comes to its end', async () => {
    const store = await copyOf(whole);
    for (let dieAt = 12; dieAt <= calls + 10; dieAt += 3) {
      const mortal = new MortalStore(store, dieAt, 'half');
      await runNativeTruncation(truncationDeps(mortal, rerun), untilTs).catch(() => undefined);
    }
    await runNativeTruncation(truncationDeps(store, rerun), untilTs);
    assert.deepEqual(await contentsOf(store), cut);
  });

  test('leaves no lock when only a call fails and the process lives, unless it is the release itself', async () => {
    const releasing = 4;
    for (let failAt = 1; failAt <= calls - releasing; failAt++) {
      const store = await copyOf(whole);
      let left = failAt;
      const failing = withBeforeCalls(store, async () => {
        left -= 1;
        if (left === 0) throw new Error('the network failed once');
      });
      await assert.rejects(runNativeTruncation(truncationDeps(failing, smallPages), untilTs), /failed once/);
      const locks = [...(await contentsOf(store)).keys()].filter((key) => /LOCK|truncating/.test(key));
      assert.deepEqual(locks, [], `call ${failAt}`);
    }
  });
});

describe('two native truncations at once', () => {
  test('never both run, however their calls interleave', async () => {
    const first = await bucketOfEverything();
    const whole = await contentsOf(first);
    await runNativeTruncation(truncationDeps(first), untilTs);
    const expected = await contentsOf(first);
    for (let lag = 0; lag < 24; lag++) {
      const store = await copyOf(whole);
      const slow = withBeforeCalls(store, async () => {
        for (let i = 0; i < lag; i++) await Promise.resolve();
      });
      const runs = await Promise.allSettled([
        runNativeTruncation(truncationDeps(store), untilTs),
        runNativeTruncation(truncationDeps(slow, { holder: rerunHolder }), untilTs),
      ]);
      const failed = runs.filter((run) => run.status === 'rejected');
      assert.ok(failed.length >= 1, `lag ${lag}: both ran`);
      for (const { reason } of failed) assert.equal(reason.code, 'BR_LOCKED', String(reason));
      if (failed.length === 2) await runNativeTruncation(truncationDeps(store), untilTs);
      assert.deepEqual(await contentsOf(store), expected, `lag ${lag}`);
    }
  });
});
