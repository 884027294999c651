// A crash of retention-apply between any two calls of bucket and state, at every one of them: another call finishes, and what is in the
// bucket and in the state is the same as if nothing had happened; and at no time is a promised moment lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCatalog } from '../../../../lib/br/catalog.ts';
import { lostMoments } from '../../../../lib/domain/retention/invariant.ts';
import { promisedWindow } from '../../../../lib/domain/retention/promise.ts';
import { retentionApply } from '../../../../lib/operations/control/retention/retention-apply.ts';
import { retentionPlan } from '../../../../lib/operations/control/retention/retention-plan.ts';
import { retentionSettings } from '../../../../lib/operations/control/retention/retention-reading.ts';
import {
  beginEpoch,
  Crash,
  dyingStage,
  outcomeOf,
  type RetentionStage,
  retentionStage,
} from '../../../support/retention-stage.ts';

const dead = 'snapshot-20261101000000';
const input = { planId: undefined, who: 'a test' };

/** Four kinds of steps: a dead run's rest, a snapshot, an old epoch, a cut. */
async function plannedStage(): Promise<RetentionStage> {
  const stage = await retentionStage('window: 1h, minBases: 1, coolOff: 0s', {
    [`${dead}/backup.lock`]: 'x',
    [`${dead}/1/a.sst`]: 'x',
    [`${dead}/checkpoints/backup/data/0123456789abcdef0123456789abcdef.cpt`]: 'x',
  });
  await beginEpoch(stage, 'log-backup/epoch-20261122042450');
  const answer = await retentionPlan.run(stage, { dueMs: undefined, who: 'ann', dryRun: false });
  assert.equal((answer['steps'] as unknown[]).length, 4, JSON.stringify(answer['steps']));
  return stage;
}

const factsOf = (stage: RetentionStage) =>
  readCatalog({ snapshots: stage.bucket, log: stage.bucket, keys: {} });

async function crashed(
  at: number,
  half: boolean,
): Promise<{ readonly isOver: boolean; readonly outcome: object }> {
  const stage = await plannedStage();
  const before = await factsOf(stage);
  const window = promisedWindow(before, retentionSettings(stage), stage.nowMs());
  const { deps } = dyingStage(stage, at, half);
  let isOver = false;
  try {
    await retentionApply.run(deps, input);
    isOver = true;
  } catch (caught) {
    assert.ok(caught instanceof Crash, `call ${at}: ${String(caught)}`);
  }
  assert.deepEqual(lostMoments(before, await factsOf(stage), window), [], `after the crash at call ${at}`);
  if (!isOver) await retentionApply.run(stage, input);
  return { isOver, outcome: await outcomeOf(stage) };
}

test('a crash between any two calls harms nothing, and calling again ends as if it had not been', async () => {
  const undisturbed = await plannedStage();
  const { deps, made } = dyingStage(undisturbed, Number.POSITIVE_INFINITY);
  assert.equal((await retentionApply.run(deps, input))['decision'], 'done');
  const expected = await outcomeOf(undisturbed);
  const calls = made();
  assert.ok(calls > 100);
  for (let at = 0; at <= calls; at++) {
    const { isOver, outcome } = await crashed(at, false);
    assert.equal(isOver, at === calls, `call ${at} of ${calls}`);
    assert.deepEqual(outcome, expected, `after the crash at call ${at} of ${calls}`);
  }
});

test('a deletion of many objects that dies halfway is finished, too', async () => {
  const undisturbed = await plannedStage();
  await retentionApply.run(undisturbed, input);
  const expected = await outcomeOf(undisturbed);
  const deletions = await callsOfDeletions();
  assert.ok(deletions.length >= 4, `${deletions}`);
  for (const at of deletions) {
    const { outcome } = await crashed(at, true);
    assert.deepEqual(outcome, expected, `half of the deletion at call ${at}`);
  }
});

/** The numbers of the calls that delete many objects, when nothing dies. */
async function callsOfDeletions(): Promise<readonly number[]> {
  const stage = await plannedStage();
  const { deps, made } = dyingStage(stage, Number.POSITIVE_INFINITY);
  const calls: number[] = [];
  const store = await deps.openBucket();
  const watched = {
    ...store,
    deleteMany: async (keys: readonly string[]) => {
      calls.push(made());
      return await store.deleteMany(keys);
    },
  };
  await retentionApply.run({ ...deps, openBucket: async () => watched }, input);
  return calls;
}
