// How long a restore to now would take: by hand for round numbers, and what is said where a size is not known.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ForecastQuestion, forecastRestore } from '../../../lib/domain/keeper/forecast.ts';
import type { RestoreRun } from '../../../lib/domain/state/restore-run.ts';
import type { SnapshotRun } from '../../../lib/domain/state/snapshot-run.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';

const hour = 3_600_000;
const nowMs = Date.UTC(2026, 10, 22, 12);
const fixed = 30_000;

const base = (hoursAgo: number, gigabytes: number): SnapshotRun => ({
  ...{
    shape: 'snapshot/v1',
    state: 'complete',
    cluster: 'shop',
    id: '20261122000000',
    dueMs: 0,
    trigger: 'schedule',
  },
  folder: `snapshot-${hoursAgo}`,
  backupTs: tsFromMs(nowMs - hoursAgo * hour),
  endedMs: nowMs - hoursAgo * hour,
  bytes: BigInt(gigabytes) * 1_000_000_000n,
});
const logHour = (hoursAgo: number, gigabytes: number) => ({
  hourMs: nowMs - hoursAgo * hour,
  bytes: BigInt(gigabytes) * 1_000_000_000n,
});

const question: ForecastQuestion = {
  momentMs: nowMs,
  snapshots: [base(10, 280)],
  restores: [],
  logHours: [logHour(1, 3)],
  logStartTs: 1n,
  stores: 1,
  rtoMs: undefined,
};

describe('the time of a restore', () => {
  test('is that of the snapshot and of the log since it, by the speeds of the documents', () => {
    // 280 GB: an hour. Ten hours of 3 GB, 30 GB: another one.
    assert.equal(forecastRestore(question).restoreMs, 2 * hour + fixed);
    assert.equal(forecastRestore({ ...question, stores: 4 }).restoreMs, hour / 2 + fixed);
    const measured = [logHour(3, 9), logHour(2, 3), logHour(1, 3)];
    // 15 GB measured, and 7 hours at the mean of 5 GB: 50 GB.
    const { restoreMs } = forecastRestore({ ...question, logHours: measured });
    assert.equal(Math.round((restoreMs ?? 0) / 1000), Math.round((hour + (50 / 30) * hour + fixed) / 1000));
  });

  test('starts from the newest base that the log of this epoch continues', () => {
    const snapshots = [base(1, 280), base(5, 280), base(10, 280)];
    assert.equal(forecastRestore({ ...question, snapshots }).base, 'snapshot-1');
    const before = { ...question, snapshots, momentMs: nowMs - 2 * hour };
    assert.equal(forecastRestore(before).base, 'snapshot-5');
    const none = forecastRestore({ ...question, snapshots, logStartTs: tsFromMs(nowMs) });
    assert.deepEqual([none.base, none.restoreMs], ['', undefined]);
  });

  test('is not known where a size is not: a snapshot without one, or a log that was never measured', () => {
    for (const more of [{ snapshots: [base(1, 0)] }, { logHours: [] }, { snapshots: [] }]) {
      const { restoreMs, objective, sentence } = forecastRestore({ ...question, ...more, rtoMs: hour });
      assert.deepEqual([restoreMs, objective], [undefined, 'unknown']);
      assert.match(sentence, /is not known/);
    }
  });

  test('is corrected by the newest restore that was really done, if it was long enough to tell', () => {
    const restore = (minutes: number): RestoreRun => ({
      ...{
        shape: 'restore/v1',
        state: 'done',
        cluster: 'shop',
        id: '20261122000000',
        requestedMs: 1,
        requestedBy: 'a',
      },
      ...{ targetPd: [], tables: [], planId: 'p', base: 'snapshot-10', restoreTs: tsFromMs(nowMs) },
      ...{ startedMs: nowMs - minutes * 60_000, endedMs: nowMs, proof: '' },
    });
    const twice = forecastRestore({ ...question, restores: [restore((4 * hour + 2 * fixed) / 60_000)] });
    assert.equal(twice.restoreMs, 4 * hour + 2 * fixed);
    assert.equal(forecastRestore({ ...question, restores: [restore(9)] }).restoreMs, 2 * hour + fixed);
  });
});

describe('objectives.rto', () => {
  test('is met until the log has grown: it says until when, and that a snapshot helps afterwards', () => {
    const met = forecastRestore({ ...question, rtoMs: 3 * hour });
    assert.deepEqual([met.objective, met.doesSnapshotHelp], ['met', true]);
    // Two hours less half a minute for the log, at six minutes of restore for each hour of it.
    assert.equal(met.breaksMs, nowMs - 10 * hour + (2 * hour - fixed) * 10);
    const broken = forecastRestore({ ...question, rtoMs: 1.5 * hour });
    assert.deepEqual([broken.objective, broken.doesSnapshotHelp], ['broken', true]);
    assert.match(broken.sentence, /a younger snapshot would bring it to/);
  });

  test('that the snapshot alone breaks is helped by no snapshot, and that is said', () => {
    const { objective, doesSnapshotHelp, sentence } = forecastRestore({ ...question, rtoMs: hour });
    assert.deepEqual([objective, doesSnapshotHelp], ['broken', false]);
    assert.match(sentence, /only a target with more stores helps/);
  });
});
