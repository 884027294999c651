// What keeps a cut by our own engine from cutting: locks and leases of others, a cut that is not right any more, a stopped flow, another
// engine. And what happens twice.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lockBytes, migrationWriteLock, truncatingLock } from '../../../../lib/br/lock-protocol.ts';
import { readKnownRuns } from '../../../../lib/operations/audit/audit-runs.ts';
import { beginCut } from '../../../../lib/operations/control/cut/begin-cut.ts';
import { cutPart } from '../../../../lib/operations/control/cut/cut-part.ts';
import { logOf, readFacts } from '../../../../lib/operations/control/cut/cut-refusal.ts';
import { endCut } from '../../../../lib/operations/control/cut/end-cut.ts';
import { clearOldCuts, ownerOfCut } from '../../../../lib/operations/control/cut/running-cut.ts';
import type { MetaRange } from '../../../../lib/operations/truncation/native-truncation-range.ts';
import { refusalOf, stageText } from '../../../support/control-stage.ts';
import {
  type CutStage,
  type CutStageParts,
  cutExecution,
  cutId,
  cutStage,
  nativeText,
  planCut,
} from '../../../support/cut-stage.ts';
import { contentsOf, logFolder } from '../../../support/truncation-stage.ts';

const untilTs = 470632766374150149n;
const call = { id: cutId, execution: cutExecution };
const lockKey = `${logFolder}truncating.lock`;
const minuteMs = 60_000;

const begin = (stage: CutStageParts, execution = cutExecution) => beginCut(stage, { id: cutId, execution });
interface Begun {
  readonly ranges: readonly MetaRange[];
  readonly shiftTs: string;
  readonly opened: Record<string, never>;
}
async function begun(cut: CutStage): Promise<Begun> {
  const answer = await begin(cut.stage);
  assert.equal(answer['engine'], 'native');
  return answer as unknown as Begun;
}
const part = (cut: CutStage, { shiftTs, ranges }: Begun, at = 0) =>
  cutPart(cut.stage, { ...call, range: ranges[at]!, shiftTs: BigInt(shiftTs) });
const end = (cut: CutStage, { opened }: Begun) => endCut(cut.stage, { ...call, opened, parts: [] });

const locksIn = async ({ stage }: CutStage) =>
  [...(await contentsOf(stage.bucket)).keys()].filter((key) => /LOCK|truncating/.test(key));
const leaseOf = async ({ stage }: CutStage) => (await stage.store.lease('shop', 'restore'))?.state;

const stranger = {
  ...{ ownerId: '0b4c9a56-0f0e-4f6e-9d0a-1f2e3d4c5b6a', host: 'ops-host', pid: 77 },
  ...{ startedMs: 0, detail: 'br of somebody' },
};

/** What the flow leaves when it could not begin. */
async function assertUntouched(cut: CutStage, before: ReadonlyMap<string, string>): Promise<void> {
  assert.deepEqual(await contentsOf(cut.stage.bucket), before);
  assert.equal(await leaseOf(cut), 'free');
}

describe('a lock of somebody else', () => {
  const others = [
    ['of a cut by br', truncatingLock.key, lockBytes(truncatingLock, stranger, 0)],
    [
      'of a compaction or restore',
      'v1/LOCK.READ.00ff00ff00ff00ff',
      lockBytes(migrationWriteLock, stranger, 0),
    ],
    ['that is on its way', 'truncating.lock.INTENT.00ff00ff00ff00ff00ff00ff00ff00ff', new Uint8Array()],
    ['that cannot be read', migrationWriteLock.key, Buffer.from('not json')],
  ] as const;
  for (const [title, key, bytes] of others) {
    test(`${title} is waited for, with the lease given back, and then told; nothing is cut`, async () => {
      const cut = await cutStage(untilTs);
      await cut.stage.bucket.put(`${logFolder}${key}`, bytes);
      const before = await contentsOf(cut.stage.bucket);
      cut.before = async (step) => {
        if (step === 'begin') assert.notEqual(await leaseOf(cut), 'held', 'a restore could begin meanwhile');
      };
      const execution = await cut.run();
      assert.ok(execution.state === 'failed');
      assert.equal(execution.error, 'BR_LOCKED');
      assert.equal(cut.invoked.filter(({ step }) => step === 'begin').length, 13);
      await assertUntouched(cut, before);
      const record = await cut.record();
      assert.ok(record.state === 'failed');
      assert.equal(record.failure.code, 'BR_LOCKED');
    });
  }

  test('that is gone soon is only waited for', async () => {
    const cut = await cutStage(untilTs);
    await cut.stage.bucket.put(lockKey, lockBytes(truncatingLock, stranger, 0));
    cut.before = async () => {
      if (cut.invoked.length === 4) await cut.stage.bucket.delete(lockKey);
    };
    assert.equal((await cut.run()).state, 'succeeded');
    assert.deepEqual(await locksIn(cut), []);
  });

  test('that comes in the middle stops the parts until it is gone', async () => {
    const cut = await cutStage(untilTs);
    const answer = await begun(cut);
    const key = `${logFolder}v1/APPEND_LOCK.WRIT`;
    await cut.stage.bucket.put(key, lockBytes(migrationWriteLock, stranger, 0));
    const before = await contentsOf(cut.stage.bucket);
    assert.equal((await refusalOf(part(cut, answer))).code, 'BR_LOCKED');
    assert.deepEqual(await contentsOf(cut.stage.bucket), before);
    await cut.stage.bucket.delete(key);
    await part(cut, answer);
  });

  test('that stands where ours was means that ours was taken away: no part cuts any more', async () => {
    const cut = await cutStage(untilTs);
    const answer = await begun(cut);
    await cut.stage.bucket.delete(lockKey);
    const gone = await refusalOf(part(cut, answer));
    assert.deepEqual([gone.code, /somebody removed it/.test(gone.message)], ['BR_LOCKED', true]);
  });
});

describe('the lease', () => {
  test('of a restore is waited for', async () => {
    const cut = await cutStage(untilTs);
    const { store } = cut.stage;
    const request = { cluster: 'shop', work: 'restore', holder: 'a-restore', ttlMs: 10 * 3_600_000 } as const;
    const taken = await store.acquireLease({ ...request, nowMs: cut.stage.nowMs() });
    assert.ok(taken.kind === 'granted');
    let waits = 0;
    cut.before = async (step) => {
      if (step === 'begin') waits += 1;
      if (waits === 20) await store.releaseLease(taken.lease, cut.stage.nowMs());
    };
    assert.equal((await cut.run()).state, 'succeeded');
    assert.equal(waits, 20);
  });

  test('that is lost in the middle ends the cut: no part deletes without it, and the end comes when it is free again', async () => {
    const cut = await cutStage(untilTs);
    const answer = await begun(cut);
    await cut.clock.advance(21 * minuteMs);
    const { store } = cut.stage;
    const request = { cluster: 'shop', work: 'restore', holder: 'a-restore', ttlMs: minuteMs } as const;
    const taken = await store.acquireLease({ ...request, nowMs: cut.stage.nowMs() });
    assert.ok(taken.kind === 'granted');
    const before = await contentsOf(cut.stage.bucket);
    for (const step of [part(cut, answer), end(cut, answer)]) {
      const refusal = await refusalOf(step);
      assert.equal(refusal.code, 'LEASE_LOST');
      assert.match(refusal.message, /a-restore holds it/);
    }
    assert.deepEqual(await contentsOf(cut.stage.bucket), before);
    await store.releaseLease(taken.lease, cut.stage.nowMs());
    assert.equal((await cut.run(`${cutExecution}-r2`)).state, 'succeeded');
  });

  test('of an execution that ended is not taken by a part that comes late', async () => {
    const cut = await cutStage(untilTs);
    const answer = await begun(cut);
    assert.equal((await cut.run()).state, 'succeeded');
    const before = await contentsOf(cut.stage.bucket);
    assert.equal((await refusalOf(part(cut, answer))).code, 'LEASE_LOST');
    await assertUntouched(cut, before);
  });

  test('is prolonged by every part, and a part that took ten minutes deletes nothing more', async () => {
    const cut = await cutStage(untilTs, { partMetas: 1 });
    const answer = await begun(cut);
    await cut.clock.advance(19 * minuteMs);
    await part(cut, answer);
    const lease = await cut.stage.store.lease('shop', 'restore');
    assert.ok(lease?.state === 'held' && lease.expiresMs === cut.stage.nowMs() + 20 * minuteMs);
    const { bucket } = cut.stage;
    const before = await contentsOf(bucket);
    const get = bucket.get.bind(bucket);
    bucket.get = async (key, range) => {
      if (key.includes('v1/backupmeta/')) await cut.clock.advance(11 * minuteMs);
      return await get(key, range);
    };
    const at = answer.ranges.length - 1;
    assert.ok(at > 0);
    assert.equal((await refusalOf(part(cut, answer, at))).code, 'INTERRUPTED');
    bucket.get = get;
    assert.deepEqual(await contentsOf(bucket), before);
  });
});

describe('a cut that is not right any more', () => {
  test('is not begun: a base that is gone since the plan', async () => {
    const cut = await cutStage(untilTs);
    await cut.stage.bucket.delete('snapshot-20261122042552/backupmeta');
    const before = await contentsOf(cut.stage.bucket);
    const execution = await cut.run();
    assert.equal(execution.state === 'failed' && execution.error, 'STATE_CONFLICT');
    await assertUntouched(cut, before);
  });

  test('is stopped between two parts, and the reason is that of the part', async () => {
    const cut = await cutStage(untilTs, { partMetas: 1 });
    const bases = ['snapshot-20261122042552', 'snapshot-20261122042455', 'snapshot-20261122042442'];
    cut.before = async (step) => {
      if (step !== 'part') return;
      for (const base of bases) await cut.stage.bucket.delete(`${base}/backupmeta`);
    };
    const execution = await cut.run();
    assert.match(cut.states(), /CutParts LetPartsEnd Settle Judge Failed$/);
    assert.equal(execution.state === 'failed' && execution.error, 'BASE_MISSING');
    assert.deepEqual(await locksIn(cut), []);
    assert.equal(await leaseOf(cut), 'free');
    const settled = cut.invoked.at(-1);
    const lastPart = cut.invoked.findLast(({ step }) => step === 'part');
    assert.ok(settled!.atMs - lastPart!.atMs >= 15 * minuteMs, 'whatever was under way is over');
  });

  test('is not called done where the bucket says otherwise', async () => {
    const cut = await cutStage(untilTs);
    const answer = await begun(cut);
    await cut.stage.bucket.delete(`${logFolder}v1_stream_trancate_safepoint.txt`);
    assert.equal((await refusalOf(end(cut, answer))).code, 'STATE_CONFLICT');
    assert.equal((await cut.record()).state, 'running');
  });

  test('a meta that does not hold together fails it with the code of the part, and the locks go', async () => {
    const cut = await cutStage(untilTs);
    cut.before = async (step) => {
      if (step !== 'part') return;
      const metas = [...(await contentsOf(cut.stage.bucket)).keys()].filter((key) => key.endsWith('.meta'));
      for (const key of metas) await cut.stage.bucket.put(key, Buffer.from([0xff, 0xff, 1]));
    };
    const execution = await cut.run();
    assert.equal(execution.state === 'failed' && execution.error, 'OBJECT_DAMAGED');
    assert.deepEqual(await locksIn(cut), []);
    const record = await cut.record();
    assert.equal(record.state === 'failed' && record.attempt, 1);
  });
});

describe('what happens twice', () => {
  test('two begins of one execution at once end with the locks of the one cut, or one is to be tried again', async () => {
    for (let turn = 0; turn < 12; turn++) {
      const cut = await cutStage(untilTs);
      const slow = async () => {
        for (let i = 0; i < turn * 7; i++) await Promise.resolve();
        return await begin(cut.stage);
      };
      const both = await Promise.allSettled([begin(cut.stage), slow()]);
      for (const one of both) {
        if (one.status === 'rejected') assert.equal(one.reason.retryable, true, String(one.reason));
      }
      assert.equal((await cut.run()).state, 'succeeded', `turn ${turn}`);
      assert.deepEqual(await locksIn(cut), []);
    }
  });

  test('every part at once, twice, and the end twice leave what one of each leaves', async () => {
    const once = await cutStage(untilTs);
    await once.run();
    const cut = await cutStage(untilTs, { partMetas: 1 });
    const answer = await begun(cut);
    const all = [...answer.ranges.keys(), ...answer.ranges.keys()].map((at) => part(cut, answer, at));
    await Promise.all(all);
    const first = await end(cut, answer);
    assert.deepEqual(await end(cut, answer), first);
    assert.deepEqual(await contentsOf(cut.stage.bucket), await contentsOf(once.stage.bucket));
  });

  test('a part that gives a sign of life while the end is written only delays the end', async () => {
    const cut = await cutStage(untilTs);
    const answer = await begun(cut);
    const { store } = cut.stage;
    const commit = store.commit.bind(store);
    let commits = 0;
    store.commit = async (change) => {
      commits += 1;
      if (commits === 1) await part(cut, answer).catch(() => undefined);
      return await commit(change);
    };
    assert.equal((await refusalOf(end(cut, answer))).code, 'WORK_IN_PROGRESS');
    store.commit = commit;
    assert.deepEqual(await end(cut, answer), { state: 'done', logMinimumTs: `${untilTs}` });
  });

  test('two executions of one cut: the second waits for the first, and finds it done', async () => {
    const cut = await cutStage(untilTs);
    const second = `${cutExecution}-r2`;
    await cut.runner.start('truncate', second, { cluster: 'shop', id: cutId });
    assert.equal((await cut.run()).state, 'succeeded');
    const other = await cut.wait(cut.runner.whenEnded({ flow: 'truncate', name: second }));
    assert.equal(other.state, 'succeeded', JSON.stringify(other));
    assert.equal(cut.stage.runner.starts, 0);
    assert.deepEqual(await locksIn(cut), []);
    assert.equal(await leaseOf(cut), 'free');
  });
});

describe('the two engines', () => {
  test('with br as engine nothing is read of the bucket, no lease is taken, and br is asked', async () => {
    const settings = nativeText.replace('engine: native', 'engine: br');
    const cut = await cutStage(untilTs, { settings });
    const broken = { ...cut.stage, openBucket: () => Promise.reject(new Error('nobody asks the bucket')) };
    assert.deepEqual(await begin(broken), { engine: 'br' });
    assert.equal(await leaseOf(cut), undefined);
    assert.equal((await cut.record()).state, 'planned');
    assert.ok(!stageText.includes('engine'), 'br is the usual one');
  });

  test('who has begun ends it, whatever the settings say by then', async () => {
    const native = await cutStage(untilTs);
    await begun(native);
    const text = nativeText.replace('engine: native', 'engine: br');
    const later = await cutStage(untilTs, { settings: text, bucket: native.stage.bucket });
    const settled = { ...native.stage, settings: later.stage.settings };
    assert.equal((await begin(settled))['engine'], 'native');

    const br = await cutStage(untilTs, { settings: text });
    await br.runner.start('truncate', cutExecution, { cluster: 'shop', id: cutId });
    await br.clock.advance(5000);
    assert.equal(br.stage.runner.starts, 1);
    const switched = { ...br.stage, settings: native.stage.settings };
    assert.deepEqual(await begin(switched), { engine: 'br' });
    await br.runner.close();
  });

  test('the locks of a cut of ours that is over are taken away by the next cut, of either engine', async () => {
    for (const engine of ['native', 'br']) {
      const cut = await cutStage(untilTs, {
        settings: nativeText.replace('engine: native', `engine: ${engine}`),
      });
      const old = '20261121063000';
      await planCut(cut.stage, untilTs, old);
      const holder = { ...stranger, ownerId: ownerOfCut({ cluster: 'shop', id: old }) };
      const key = `${logFolder}${engine === 'br' ? 'truncating.lock' : 'v1/LOCK.WRIT'}`;
      await cut.stage.bucket.put(key, lockBytes(truncatingLock, holder, 0));
      const stored = await cut.stage.store.get({ cluster: 'shop', kind: 'truncation', id: old }, 0);
      assert.ok(stored?.record.state === 'planned');
      const { plannedMs: _at, reasons: _why, ...run } = stored.record;
      const failure = { code: 'STORAGE_DENIED', message: 'no', hint: '' };
      const record = { ...run, state: 'failed', endedMs: 1, attempt: 1, failure } as const;
      const change = { cluster: 'shop', nowMs: 1, records: [{ record, expect: stored.revision }] };
      await cut.stage.store.commit(change);
      await cut.runner.start('truncate', cutExecution, { cluster: 'shop', id: cutId });
      if (engine === 'native') assert.equal((await cut.run()).state, 'succeeded');
      else await cut.clock.advance(5000);
      assert.equal(cut.stage.runner.starts, engine === 'br' ? 1 : 0);
      assert.equal(await cut.stage.bucket.head(key), undefined);
      await cut.runner.close();
    }
  });

  test('whoever has the lease takes away what a stopped cut left, and the cut goes on later with locks of its own', async () => {
    const cut = await cutStage(untilTs);
    await begun(cut);
    const { stage } = cut;
    const strange = `${logFolder}v1/LOCK.READ.00ff00ff00ff00ff`;
    await stage.bucket.put(strange, lockBytes(migrationWriteLock, stranger, 0));
    const log = logOf(await readFacts(stage), { path: 'log-backup' });
    assert.ok(log !== undefined && log.locks.length === 3);
    const own = await clearOldCuts(stage, stage.bucket, log, cutId);
    assert.deepEqual([own.left.length, own.notes], [3, []], 'not those of the cut that asks');
    const { left, notes } = await clearOldCuts(stage, stage.bucket, log);
    assert.deepEqual(
      left.map(({ object }) => object),
      [strange],
    );
    assert.equal(notes.length, 2);
    assert.deepEqual(await locksIn(cut), [strange]);
    await stage.bucket.delete(strange);
    await cut.clock.advance(21 * minuteMs);
    assert.equal((await cut.run(`${cutExecution}-r2`)).state, 'succeeded');
  });

  test('the audit knows whose locks ours are, and proves them dead only when the cut is over', async () => {
    const cut = await cutStage(untilTs);
    await begun(cut);
    const ownerId = ownerOfCut({ cluster: 'shop', id: cutId });
    const known = async () => (await readKnownRuns(cut.stage.store, 'shop', cut.stage.nowMs())).runs;
    const run = { id: `${cutId}-truncation`, ownerId, host: '', pid: '' };
    assert.deepEqual(await known(), [{ ...run, end: undefined }]);
    assert.equal((await cut.run()).state, 'succeeded');
    assert.deepEqual(await known(), [{ ...run, end: 'the cut is done' }]);
  });
});
