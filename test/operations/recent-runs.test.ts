import assert from 'node:assert/strict';
import test from 'node:test';
import type { TaskRecord } from '../../lib/domain/state/task-record.ts';
import { recentRuns } from '../../lib/operations/recent-runs.ts';
import { memoryTaskStore } from '../support/memory-task-store.ts';
import { completeSnapshot, noon, runningSnapshot } from '../support/state-builders.ts';

const hour = 3_600_000;
const failure = { code: 'TARGET_NOT_EMPTY', message: 'it has tables', hint: 'take an empty one' };
const ts = 470632761065996290n;
const restore: TaskRecord = {
  ...{ shape: 'restore/v1', cluster: 'shop', id: '20261122120030-x', requestedMs: noon, requestedBy: 'ann' },
  ...{ restoreTs: ts, targetPd: ['a:1', 'b:1'], tables: [], planId: 'p', base: 'b' },
  ...{ state: 'failed', endedMs: noon, attempt: 1, failure, leftBehind: [] },
};
const cut: TaskRecord = {
  ...{ shape: 'truncation/v1', cluster: 'shop', id: '20261122130000', dueMs: noon + hour },
  ...{ state: 'refused', refusedMs: noon, refusal: { ...failure, code: 'UNSUPPORTED' } },
};

async function storeWith(...records: readonly TaskRecord[]) {
  const store = memoryTaskStore();
  for (const record of records) {
    await store.commit({
      cluster: 'shop',
      nowMs: noon,
      records: [{ record, expect: 'absent' }],
    });
  }
  return store;
}

test('snapshots, cuts and restores stand together, the newest first, with what they are about and why they failed', async () => {
  const store = await storeWith(runningSnapshot(noon + 2 * hour), restore, cut);
  const runs = await recentRuns(store, 'shop', noon);
  assert.deepEqual(
    runs.map(({ work, state, about, failure: why }) => [work, state, about, why?.code]),
    [
      ['snapshot', 'running', 'snapshot-20261122140000', undefined],
      ['truncation', 'refused', '', 'UNSUPPORTED'],
      [
        'restore',
        'failed',
        '470632761065996290 (2026-11-22T04:25:06.752Z) into a:1, b:1',
        'TARGET_NOT_EMPTY',
      ],
    ],
  );
  assert.deepEqual(
    runs.map(({ atMs }) => atMs),
    [noon + 2 * hour, noon + hour, noon + 30_000],
  );
});

test('only five are given, and of another cluster none', async () => {
  const store = await storeWith(
    ...[1, 2, 3, 4, 5, 6].map((hours) => completeSnapshot(noon + hours * hour)),
    restore,
  );
  const runs = await recentRuns(store, 'shop', noon);
  assert.deepEqual(
    runs.map(({ id }) => id.slice(8, 10)),
    ['18', '17', '16', '15', '14'],
  );
  assert.deepEqual(await recentRuns(store, 'crm', noon), []);
});
