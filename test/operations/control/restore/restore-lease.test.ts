// The lease of a restore after br is over: nobody looks at a run any more, so reading the target back keeps it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  begin,
  check,
  faults,
  plan,
  type RestoreStage,
  restoreStage,
  runId,
  setGcRatio,
  settle,
  sweep,
  verify,
} from '../../../support/restore-stage.ts';

const minute = 60_000;

/** br is over, and told so. */
async function ended(recording: string) {
  const stage = await restoreStage();
  setGcRatio(stage, '1.1');
  const id = String((await plan(stage))['id']);
  await check(stage, id);
  await begin(stage, id);
  stage.runner.play(runId(id), recording);
  await sweep(stage);
  return { stage, id };
}

const takenByAnother = async (stage: RestoreStage) =>
  (
    await stage.store.acquireLease({
      ...{ cluster: 'shop', work: 'restore', holder: 'another', ttlMs: minute, nowMs: stage.nowMs() },
    })
  ).kind;

for (const purpose of ['verify', 'settle'] as const) {
  test(`a look with the purpose ${purpose} keeps the lease, so that nobody else begins before the end is settled`, async () => {
    const recording =
      purpose === 'verify' ? 'test/fixtures/shop/restore/4-restore-point-t5' : `${faults}/restore-1-killed`;
    const { stage, id } = await ended(recording);
    for (let look = 0; look < 4; look++) {
      await stage.clock.sleep(15 * minute);
      await verify(stage, id, purpose);
    }
    await stage.clock.sleep(15 * minute);
    assert.equal(await takenByAnother(stage), 'held');
    await settle(stage, id);
    assert.equal(await takenByAnother(stage), 'granted');
  });
}

test('without a look the lease runs out, and the end is settled under a new one', async () => {
  const { stage, id } = await ended('test/fixtures/shop/restore/4-restore-point-t5');
  await stage.clock.sleep(75 * minute);
  assert.equal(await takenByAnother(stage), 'granted');
  await stage.clock.sleep(2 * minute);
  await verify(stage, id);
  assert.equal((await settle(stage, id))['outcome'], 'succeeded');
});

test('a look never prolongs the lease of another execution', async () => {
  const { stage, id } = await ended('test/fixtures/shop/restore/4-restore-point-t5');
  await stage.clock.sleep(30 * minute);
  assert.equal(await takenByAnother(stage), 'granted');
  const before = await stage.store.lease('shop', 'restore');
  await verify(stage, id);
  assert.deepEqual(await stage.store.lease('shop', 'restore'), before);
});
