// Each alarm at its edges, from what a look shows and from the records of what runs; and how they rise at once and fall slowly.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { restoreAlarm, snapshotAlarm, truncationAlarm } from '../../../lib/domain/keeper/run-alarms.ts';
import type { LogTaskSight } from '../../../lib/domain/log-task/log-task-decision.ts';
import type { AlarmName } from '../../../lib/domain/state/keeper-record.ts';
import type { RestoreRun } from '../../../lib/domain/state/restore-run.ts';
import { runId } from '../../../lib/domain/state/run-identity.ts';
import type { SnapshotRun } from '../../../lib/domain/state/snapshot-run.ts';
import type { TruncationRun } from '../../../lib/domain/state/truncation-run.ts';
import { msOfTs } from '../../../lib/domain/ts.ts';
import { hour, KeeperLife, keeperNow, minute, recordedSight } from '../../support/keeper-stage.ts';
import { faultsTask } from '../../support/recorded-log-tasks.ts';

const running = await recordedSight('shop/pd/5-before-end');
const paused = await recordedSight('shop/pd/3-paused');
const frozen = await recordedSight('faults/pd/frozen-2-no-tidb-60s');
const savedMs = msOfTs(470632777030303745n);
const level = (life: KeeperLife, name: AlarmName) =>
  life.history?.alarms.find((alarm) => alarm.name === name)?.level ?? 'ok';

function levelAt(sight: LogTaskSight, name: AlarmName, nowMs: number): string {
  const life = new KeeperLife({}, nowMs);
  life.look(sight);
  return level(life, name);
}

describe('the alarms of the log', () => {
  test('lag is a warning beyond objectives.rpo and critical beyond three times that', () => {
    const at = (lagMs: number) => levelAt(running, 'lag', savedMs + lagMs);
    assert.deepEqual([10 * minute, 10 * minute + 1, 30 * minute, 30 * minute + 1].map(at), [
      'ok',
      'warning',
      'warning',
      'critical',
    ]);
  });

  test('lag follows the objective of the settings, and is no alarm where no log is wanted', () => {
    const strict = new KeeperLife({ rpoMs: minute }, savedMs + 2 * minute);
    strict.look(running);
    assert.equal(level(strict, 'lag'), 'warning');
    const off = new KeeperLife({ isWanted: false }, savedMs + 9 * hour);
    off.look(running);
    assert.equal(level(off, 'lag'), 'ok');
    assert.deepEqual(off.titles(), []);
  });

  test('paused is a warning after 2 hours and critical after 12, from the time that PD tells', () => {
    const pausedMs = Date.UTC(2026, 10, 22, 4, 25, 21);
    const at = (ms: number) => levelAt(paused, 'paused', pausedMs + ms);
    assert.deepEqual([2 * hour - 1, 2 * hour, 12 * hour - 1, 12 * hour].map(at), [
      'ok',
      'warning',
      'warning',
      'critical',
    ]);
  });

  test('the fuse of a halted task is a warning under 6 hours, critical under one, and when nothing holds it', () => {
    const untilMs = 1795407922000;
    const at = (leftMs: number) => levelAt(paused, 'fuse', untilMs - leftMs);
    assert.deepEqual([6 * hour, 6 * hour - 1, hour, hour - 1].map(at), [
      'ok',
      'warning',
      'warning',
      'critical',
    ]);
    const none = { services: [], gcSafePoint: 1n, savedSafePoint: undefined };
    assert.equal(levelAt({ ...paused, safePoints: none }, 'fuse', keeperNow), 'critical');
    assert.equal(levelAt({ ...running, safePoints: none }, 'fuse', keeperNow), 'ok');
  });

  test('history that is gone is critical, and frozen and error are at once', () => {
    const gone = { services: [], gcSafePoint: 470632777030303745n, savedSafePoint: undefined };
    assert.equal(levelAt({ ...running, safePoints: gone }, 'gc-passed', keeperNow), 'critical');
    const life = new KeeperLife();
    life.look(frozen, faultsTask);
    assert.deepEqual([level(life, 'frozen'), level(life, 'error')], ['critical', 'ok']);
  });

  test('an alarm rises at once, falls after five calm minutes, and says so once', () => {
    const life = new KeeperLife({}, savedMs + 31 * minute);
    life.look(running);
    assert.equal(level(life, 'lag'), 'critical');
    const caughtUp = () => ({ ...running, serverMs: life.nowMs });
    const { task } = running.logBackup;
    if (task.kind !== 'task') throw new Error('no task');
    const checkpoints = {
      ...task.checkpoints,
      persisted: 470632777030303745n + (BigInt(31 * minute) << 18n),
    };
    const saved = { ...caughtUp(), logBackup: { ...running.logBackup, task: { ...task, checkpoints } } };
    life.watch(saved, 5);
    assert.equal(level(life, 'lag'), 'critical');
    life.watch(saved, 1);
    assert.equal(level(life, 'lag'), 'ok');
    const words = life.titles().map((title) => title.split(' ')[0]);
    assert.deepEqual([...words].sort(), ['critical:', 'over:', 'the']);
  });
});

const failure = { code: 'BR_FAILED', message: 'no space', hint: '' };
const every = 48 * hour;

function snapshot(dueMs: number, state: 'complete' | 'failed' | 'running'): SnapshotRun {
  const id = runId(dueMs);
  const run = {
    shape: 'snapshot/v1',
    cluster: 'shop',
    id,
    dueMs,
    trigger: 'schedule',
    folder: `snapshot-${id}`,
  } as const;
  if (state === 'complete') return { ...run, state, backupTs: 1n, endedMs: dueMs, bytes: 1n };
  if (state === 'failed') return { ...run, state, endedMs: dueMs, attempt: 1, failure };
  const runner = { kind: 'local', ref: 'x' } as const;
  return { ...run, state, startedMs: dueMs, attempt: 1, runner, heartbeatMs: dueMs, progress: null };
}

describe('the alarm of snapshots', () => {
  const at = (ageMs: number, ...newer: readonly SnapshotRun[]) =>
    snapshotAlarm([...newer, snapshot(keeperNow - ageMs, 'complete')], every, keeperNow).level;

  test('is a warning when the newest is late by a quarter, critical when by a whole interval', () => {
    assert.deepEqual(
      [every, 61 * hour, 61 * hour + minute, 97 * hour, 97 * hour + minute].map((ageMs) => at(ageMs)),
      ['ok', 'ok', 'warning', 'warning', 'critical'],
    );
  });

  test('is a warning when the last one failed, and critical when none was ever complete', () => {
    assert.equal(at(hour, snapshot(keeperNow, 'failed')), 'warning');
    assert.equal(at(hour, snapshot(keeperNow, 'running')), 'ok');
    assert.equal(snapshotAlarm([snapshot(keeperNow, 'failed')], every, keeperNow).level, 'critical');
    assert.equal(snapshotAlarm([], every, keeperNow).level, 'ok');
    assert.equal(snapshotAlarm([snapshot(0, 'complete')], Number.POSITIVE_INFINITY, keeperNow).level, 'ok');
  });
});

test('a restore that runs is a warning, one that failed within a day critical', () => {
  const run = {
    shape: 'restore/v1',
    cluster: 'shop',
    id: '20261122042600',
    requestedMs: 1,
    requestedBy: 'a',
    restoreTs: 5n,
    targetPd: [],
    tables: [],
    planId: 'p',
    base: 'snapshot-1',
  } as const;
  const running: RestoreRun = { ...run, state: 'verifying', startedMs: 1, endedMs: 2 };
  const failed = (endedMs: number): RestoreRun => ({
    ...run,
    state: 'failed',
    endedMs,
    attempt: 1,
    failure,
    leftBehind: [],
  });
  assert.equal(restoreAlarm([], keeperNow).level, 'ok');
  assert.equal(restoreAlarm([running], keeperNow).level, 'warning');
  assert.equal(restoreAlarm([running, failed(keeperNow - hour)], keeperNow).level, 'critical');
  assert.equal(restoreAlarm([failed(keeperNow - 24 * hour)], keeperNow).level, 'ok');
});

test('cuts of the log are alarming when three in a row came to nothing, or one is silent for an hour', () => {
  const run = { shape: 'truncation/v1', cluster: 'shop', id: '20261122042600', dueMs: 1 } as const;
  const cut = { ...run, path: 'log-backup', untilTs: 5n };
  const refused: TruncationRun = { ...run, state: 'refused', refusedMs: 1, refusal: failure };
  const failed: TruncationRun = { ...cut, state: 'failed', endedMs: 1, attempt: 1, failure };
  const done: TruncationRun = { ...cut, state: 'done', endedMs: 1, logMinimumTs: 5n };
  const runner = { kind: 'local', ref: 'x' } as const;
  const running = (heartbeatMs: number): TruncationRun => ({
    ...cut,
    state: 'running',
    startedMs: 1,
    attempt: 1,
    failure: null,
    runner,
    heartbeatMs,
  });
  const of = (...cuts: readonly TruncationRun[]) => truncationAlarm(cuts, keeperNow).level;
  assert.equal(of(), 'ok');
  assert.equal(of(refused, failed, done), 'ok');
  assert.equal(of(refused, failed, failed, done), 'warning');
  assert.equal(of(...Array<TruncationRun>(6).fill(failed)), 'critical');
  assert.equal(of(running(keeperNow - hour), done), 'ok');
  assert.equal(of(running(keeperNow - hour - 1), done), 'warning');
});
