// A cut by our own engine that dies, wherever it dies: its flow goes on by itself and leaves the bucket of an undisturbed one. At no time is
// there a lock whose owner is not on record, nor data gone that a reader of the log would miss.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { logMetaObject } from '../../../../lib/br/backup-writer.ts';
import { blocklistObject } from '../../../../lib/br/blocklist.ts';
import { parseLock } from '../../../../lib/br/locks.ts';
import { type CutStage, cutExecution, cutId, cutStage } from '../../../support/cut-stage.ts';
import { MemoryObjectStore } from '../../../support/memory-object-store.ts';
import { recordedCopy, shopBucket } from '../../../support/recorded-store.ts';
import { contentsOf, logFolder } from '../../../support/truncation-stage.ts';

const untilTs = 470632757998649345n;

/** The recorded bucket, and what it lacks: flushes of an idle store before and after the cut, a blocklist that goes. */
async function bucketOfEverything(): Promise<MemoryObjectStore> {
  const store = await recordedCopy(shopBucket, '');
  const add = ({ key, bytes }: { readonly key: string; readonly bytes: Uint8Array }) =>
    store.put(`${logFolder}${key}`, bytes);
  for (const flushTs of [untilTs - 5n, untilTs - 1n, untilTs, untilTs + 9n]) {
    await add(
      logMetaObject({ storeId: 7n, resolvedTs: flushTs - 1n, groups: [] }, { format: 'flagged', flushTs }),
    );
  }
  const restore = { restoreStartTs: untilTs - 9n, rewriteTs: 1n, tableIds: [999n], dbIds: [] };
  await add(blocklistObject({ ...restore, restoreCommitTs: untilTs - 4n }));
  return store;
}

async function copyOf(contents: ReadonlyMap<string, string>): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  for (const [key, hex] of contents) await store.put(key, Buffer.from(hex, 'hex'));
  return store;
}

const isLock = (key: string) => /LOCK|truncating/.test(key);

/** Every lock is that of the record, which names its owner. */
async function assertLocksAreOnRecord(cut: CutStage, when: string): Promise<void> {
  const record = await cut.record();
  for await (const { key } of cut.stage.bucket.list(logFolder)) {
    if (!isLock(key) || key.includes('.INTENT.')) continue;
    assert.ok(record.state === 'running' && record.runner.kind === 'native', `${key} ${when}`);
    const bytes = (await cut.stage.bucket.get(key)) ?? new Uint8Array();
    assert.equal(parseLock(key, bytes).ownerId, record.runner.ref, when);
  }
}

describe('a cut whose functions die', () => {
  let whole: ReadonlyMap<string, string>;
  let left: ReadonlyMap<string, string>;
  let calls: number;

  const stageAt = async (): Promise<CutStage> =>
    await cutStage(untilTs, { bucket: await copyOf(whole), partMetas: 2 });

  before(async () => {
    const bucket = await bucketOfEverything();
    whole = await contentsOf(bucket);
    const cut = await cutStage(untilTs, { bucket, partMetas: 2 });
    assert.equal((await cut.run()).state, 'succeeded');
    left = await contentsOf(bucket);
    calls = cut.calls;
    assert.ok(cut.invoked.filter(({ step }) => step === 'part').length > 1);
    assert.ok(calls > 100, `${calls} calls`);
  });

  // After one call and before the next are the same death, but for parts that run at once.
  for (const [when, stride] of [
    ['before', 1],
    ['after', 7],
  ] as const) {
    test(`${when} any call of bucket or state is tried again, and leaves what one that lives leaves`, async () => {
      for (let call = 1; call <= calls; call += stride) {
        const cut = await stageAt();
        cut.dieAt = { call, when };
        cut.before = () =>
          assertLocksAreOnRecord(cut, `before a function, after a death ${when} call ${call}`);
        const execution = await cut.run();
        const title = `died ${when} call ${call}: ${cut.states()} ${JSON.stringify(cut.invoked.slice(-3))}`;
        // Parts that run at once leave one another's notes out: a run may be a call shorter.
        assert.ok(cut.deaths === 1 || cut.calls < call, title);
        assert.equal(execution.state, 'succeeded', title);
        assert.equal((await cut.record()).state, 'done', title);
        assert.deepEqual(await contentsOf(cut.stage.bucket), left, title);
        assert.equal((await cut.stage.store.lease('shop', 'restore'))?.state, 'free', title);
        assert.deepEqual(cut.faults, [], title);
      }
    });
  }

  test('is taken up by another execution once the lease of a stopped one has run out, at any call', async () => {
    for (let call = 5; call < calls; call += 9) {
      const cut = await stageAt();
      cut.dieAt = { call, when: 'after' };
      const stopped = new Promise<void>((resolve) => {
        cut.onDeath = () => resolve(cut.runner.close());
      });
      void cut.runner.start('truncate', cutExecution, { cluster: 'shop', id: cutId });
      await stopped;
      await cut.open();
      await cut.clock.advance(21 * 60_000);
      const execution = await cut.run(`${cutExecution}-r2`);
      assert.equal(execution.state, 'succeeded', `stopped at call ${call}`);
      assert.deepEqual(await contentsOf(cut.stage.bucket), left, `stopped at call ${call}`);
    }
  });
});
