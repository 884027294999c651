// The numbers of recorded situations, from the keeper's facts and its decision.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelIn } from '../../../lib/domain/alarm-code.ts';
import { factsOfLook } from '../../../lib/domain/keeper/facts-of-look.ts';
import { keep } from '../../../lib/domain/keeper/keeper.ts';
import type { KeeperFacts } from '../../../lib/domain/keeper/keeper-facts.ts';
import { metricFactsOf } from '../../../lib/domain/keeper/metric-facts.ts';
import { decideLogTask, type LogTaskSight } from '../../../lib/domain/log-task/log-task-decision.ts';
import { metricsOf } from '../../../lib/domain/metrics.ts';
import { msOfTs } from '../../../lib/domain/ts.ts';
import { hour, keeperSettings, noRuns, recordedSight } from '../../support/keeper-stage.ts';
import { shopTask } from '../../support/recorded-log-tasks.ts';
import { completeSnapshot } from '../../support/state-builders.ts';

const checkpointTs = 470632777030303745n;
const nowMs = msOfTs(checkpointTs) + 90_000;
const base = { ...completeSnapshot(nowMs - hour), bytes: 28_000_000_000n, backupTs: checkpointTs };

async function numbersOf(more: Partial<LogTaskSight> = {}, added: Partial<KeeperFacts> = {}) {
  const sight = await recordedSight('shop/pd/5-before-end', { serverMs: nowMs, ...more });
  const state = decideLogTask(sight, undefined, shopTask, sight.serverMs);
  const look = {
    sight,
    state,
    own: shopTask,
    path: 'log-backup',
    adopted: null,
    stores: [],
    bucketProblem: '',
  };
  const facts = { ...factsOfLook({ ...look, measured: undefined }, noRuns), ...added };
  const { record } = keep(facts, undefined, keeperSettings, sight.serverMs);
  const metrics = metricsOf(metricFactsOf(facts, record), sight.serverMs);
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

test('a task that runs: its lag by the cluster’s clock, its fuse, no alarm', async () => {
  const numbers = await numbersOf();
  assert.equal(numbers.get('lagSeconds'), 90);
  assert.equal(numbers.get('alarmCode'), 0);
  assert.ok((numbers.get('fuseSeconds') ?? 0) > 20 * 3600);
  assert.equal(numbers.get('gapSeconds'), 0);
});

test('one that lags: the same number that the alarm is raised for', async () => {
  const numbers = await numbersOf({ serverMs: msOfTs(checkpointTs) + 11 * 60_000 });
  assert.equal(numbers.get('lagSeconds'), 11 * 60);
  assert.equal(levelIn(numbers.get('alarmCode') ?? 0, 'lag'), 'warning');
});

test('a base and an hour that was measured: its age, and how long a restore from it takes', async () => {
  const measured = { hourMs: nowMs - (nowMs % hour) - hour, bytes: 30_000_000_000n };
  const numbers = await numbersOf({}, { snapshots: [base], measured, stores: 1 });
  assert.equal(numbers.get('logBytesPerHour'), 30_000_000_000);
  assert.equal(numbers.get('baseAgeSeconds'), 90);
  // The fixed half minute, 28 GB at 280 GB an hour, and a minute and a half of as much log as an hour of a restore reads.
  assert.equal(numbers.get('replayEstimateSeconds'), 30 + 360 + 90);
});
