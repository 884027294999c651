// What must not matter: a table that refuses any one write, two schedulers at the same instant, a lease that is lost in the middle.
// Whatever happens, one br runs and nothing of the state is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import { brEnded } from '../../../lib/operations/control/runs/br-ended.ts';
import { settleRun } from '../../../lib/operations/control/runs/settle-run.ts';
import { startBr } from '../../../lib/operations/control/runs/start-br.ts';
import { takeSnapshot } from '../../../lib/operations/control/take-snapshot.ts';
import type { StateTable } from '../../../lib/ports/state/state-table.ts';
import { taskStoreOn } from '../../../lib/ports/state/table-task-store.ts';
import { controlStage, refusalOf, type Stage, stageText } from '../../support/control-stage.ts';
import { MemoryStateTable } from '../../support/memory-task-store.ts';
import { recordedCopy } from '../../support/recorded-store.ts';

const id = '20261122120000';
const runId = `shop.${id}-snapshot-1`;
const daily = { settings: stageText.replace('every 2 days at 00:00', 'every day at 12:00') };
const scheduled = { trigger: 'schedule', dueMs: Date.UTC(2026, 10, 22, 12), who: 'schedule' } as const;

/** A table whose n-th write is lost, before or after it was made: the caller cannot know which. */
function flakyTable(
  failing: number,
  isMade: boolean,
): { readonly table: StateTable; readonly writes: () => number } {
  const whole = new MemoryStateTable();
  let writes = 0;
  const table: StateTable = {
    url: whole.url,
    read: (key) => whole.read(key),
    query: (query) => whole.query(query),
    removeExpired: (nowMs) => whole.removeExpired(nowMs),
    close: () => whole.close(),
    write: async (items, nowMs) => {
      writes += 1;
      if (writes !== failing) return await whole.write(items, nowMs);
      if (isMade) await whole.write(items, nowMs);
      throw new PitrError('STATE_UNAVAILABLE', 'the table is too busy');
    },
  };
  return { table, writes: () => writes };
}

/** As a flow or a schedule does: what passes is tried again. */
async function tryAgain<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (caught) {
      const passes = caught instanceof PitrError && (caught.retryable || caught.code === 'STATE_CONFLICT');
      if (!passes || tries > 5) throw caught;
    }
  }
}

async function wholeLife(stage: Stage): Promise<string> {
  await tryAgain(() => takeSnapshot.run(stage, scheduled));
  const execution = `${id}-snapshot`;
  await tryAgain(() => startBr.run(stage, { work: 'snapshot', id, execution, token: 'token' }));
  const source = await recordedCopy('shop/bucket/backup-data', 'snapshot-20261122042442/');
  for await (const { key } of source.list('')) {
    await stage.bucket.put(`snapshot-${id}/${key}`, (await source.get(key)) ?? new Uint8Array());
  }
  stage.runner.play(runId, 'test/fixtures/shop/br/04-backup-full');
  for (let sweep = 0; sweep < 4 && !stage.callbacks.answers.has('token'); sweep += 1) {
    await tryAgain(() => brEnded.run(stage, { run: undefined }));
  }
  assert.equal(stage.callbacks.answers.get('token')?.['next'], 'done');
  const settled = await tryAgain(() =>
    settleRun.run(stage, { work: 'snapshot', id, execution, error: undefined }),
  );
  return String(settled['state']);
}

for (const isMade of [false, true]) {
  test(`any one write of the table may fail ${isMade ? 'after' : 'before'} it was made: one br, one snapshot, told once`, async () => {
    const counted = flakyTable(0, isMade);
    await wholeLife({ ...controlStage(daily), store: taskStoreOn(counted.table) });
    assert.ok(counted.writes() >= 8, `${counted.writes()} writes`);
    for (let failing = 1; failing <= counted.writes() + 1; failing += 1) {
      const stage = { ...controlStage(daily), store: taskStoreOn(flakyTable(failing, isMade).table) };
      assert.equal(await wholeLife(stage), 'complete', `write ${failing}`);
      assert.deepEqual([...stage.runner.runs.keys()], [runId], `write ${failing}`);
      const signals = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() });
      assert.deepEqual(
        signals.entries.map(({ topic }) => topic),
        ['snapshot-complete', 'snapshot-planned'],
        `write ${failing}`,
      );
      assert.equal((await stage.store.lease('shop', 'snapshot'))?.state, 'free', `write ${failing}`);
    }
  });
}

test('two schedulers that fire at the same instant plan one snapshot', async () => {
  const { table } = controlStage();
  let turns = 0;
  const other = taskStoreOn(table.seenBy(async () => void (turns += 1)));
  const first = { ...controlStage(daily), store: taskStoreOn(table) };
  const second = { ...first, store: other };
  const answers = await Promise.allSettled([
    takeSnapshot.run(first, scheduled),
    takeSnapshot.run(second, scheduled),
    takeSnapshot.run(first, scheduled),
  ]);
  assert.ok(turns > 0);
  for (const answer of answers) assert.equal(answer.status, 'fulfilled', JSON.stringify(answer));
  const { entries } = await first.store.list('snapshot', 'shop', { nowMs: first.nowMs() });
  assert.equal(entries.length, 1);
  const signals = await first.store.waitingSignals('shop', { nowMs: first.nowMs() });
  assert.equal(signals.entries.length, 1);
});

test('who lost the lease in the middle starts no br: another one has the work', async () => {
  const stage = controlStage();
  await takeSnapshot.run(stage, { trigger: 'person', dueMs: scheduled.dueMs, who: 'a person' });
  const { store } = stage;
  let stolen = false;
  // Between the look at the bucket and the write of the run the holder sleeps for an hour, and another execution takes over.
  const slow: Stage = {
    ...stage,
    openBucket: async () => {
      if (!stolen) {
        stolen = true;
        await stage.clock.sleep(3_600_000);
        await store.acquireLease({
          cluster: 'shop',
          work: 'snapshot',
          holder: 'another-execution',
          ttlMs: 600_000,
          nowMs: stage.nowMs(),
        });
      }
      return stage.bucket;
    },
  };
  const refusal = await refusalOf(
    startBr.run(slow, { work: 'snapshot', id, execution: `${id}-snapshot`, token: 'token' }),
  );
  assert.equal(refusal.code, 'LEASE_LOST');
  assert.equal(stage.runner.starts, 0);
  await startBr.run(stage, { work: 'snapshot', id, execution: 'another-execution', token: 'token-2' });
  assert.equal(stage.runner.starts, 1);
});

test('a lease that ran out does not let br begin beside one that was seen alive: a clock that jumped, or looks that failed', async () => {
  const stage = controlStage(daily);
  await takeSnapshot.run(stage, scheduled);
  const planned = await stage.store.get({ cluster: 'shop', kind: 'snapshot', id }, stage.nowMs());
  assert.ok(planned?.record.state === 'planned');
  const later = '20261122130000';
  const record = { ...planned.record, id: later, folder: `snapshot-${later}` };
  const records = [{ record, expect: 'absent' as const }];
  await stage.store.commit({ cluster: 'shop', nowMs: stage.nowMs(), records });
  await startBr.run(stage, { work: 'snapshot', id, execution: `${id}-snapshot`, token: 'token' });
  await stage.clock.sleep(90 * 60_000);
  const next = { work: 'snapshot', id: later, execution: `${later}-snapshot`, token: 'token-2' } as const;
  const refusal = await refusalOf(startBr.run(stage, next));
  assert.equal(refusal.code, 'WORK_IN_PROGRESS');
  assert.match(refusal.message, /20261122120000-snapshot-1 was seen alive at/);
  await brEnded.run(stage, { run: undefined });
  assert.equal((await refusalOf(startBr.run(stage, next))).code, 'WORK_IN_PROGRESS');
  // Nobody looks any more: what was not seen for so long holds nobody up.
  await stage.clock.sleep(150 * 60_000);
  await startBr.run(stage, next);
  assert.equal(stage.runner.starts, 2);
});
