// When the log task is started by itself: only where there never was one, and not again and again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideStart, type StartQuestion } from '../../../lib/domain/log-task/log-task-start.ts';
import { runId } from '../../../lib/domain/state/run-identity.ts';
import type { TaskChange } from '../../../lib/domain/state/task-change.ts';

const hour = 3_600_000;
const nowMs = Date.UTC(2026, 10, 22, 12);

function change(state: 'planned' | 'done' | 'failed', endedMs: number): TaskChange {
  const common = {
    shape: 'task-change/v1',
    cluster: 'shop',
    id: runId(endedMs),
    action: 'start',
    task: 'pitr',
    path: 'log-backup',
    startTs: 0n,
    plannedMs: endedMs,
    why: 'a test',
  } as const;
  const failure = { code: 'BR_FAILED', message: 'it failed', hint: '' };
  switch (state) {
    case 'planned':
      return { ...common, state };
    case 'done':
      return { ...common, state, endedMs, seen: '' };
    case 'failed':
      return { ...common, state, endedMs, attempt: 3, failure };
    default:
      return state satisfies never;
  }
}

const ask = (more: Partial<StartQuestion> = {}) =>
  decideStart({ state: 'none', isWanted: true, imports: 0, changes: [], nowMs, ...more });

test('a start needs the wish, and that there never was a task', () => {
  assert.equal(ask().kind, 'start');
  assert.equal(ask({ isWanted: false }).kind, 'wait');
  for (const state of ['running', 'paused', 'failed', 'stuck', 'stopped', 'foreign'] as const) {
    assert.deepEqual(ask({ state }), { kind: 'wait', why: '' });
  }
});

test('a start waits for the change that goes on, and for restores and imports', () => {
  assert.match(ask({ changes: [change('planned', nowMs)] }).why, /start 20261122120000 is planned/);
  assert.match(ask({ changes: [change('done', nowMs)] }).why, /was started by 20261122120000, and is gone/);
  assert.match(ask({ imports: 2 }).why, /2 restores or imports run/);
});

test('after starts that failed, the next one waits an hour, then twice as long, a day at most', () => {
  const waits = [1, 2, 3, 6, 30].map((failures) => {
    const changes = Array.from({ length: failures }, (_, index) => change('failed', nowMs - index * 1000));
    let waited = 0;
    while (ask({ changes, nowMs: nowMs + waited }).kind === 'wait') waited += hour;
    return waited / hour;
  });
  assert.deepEqual(waits, [1, 2, 4, 24, 24]);
});
