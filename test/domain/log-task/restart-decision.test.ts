// When work that was planned counts as forgotten.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRestart, type RestartQuestion } from '../../../lib/domain/log-task/restart-decision.ts';
import type { BrRun } from '../../../lib/domain/state/br-run.ts';
import type { Lease } from '../../../lib/domain/state/lease.ts';

const minute = 60_000;
const idMs = Date.UTC(2026, 10, 22, 12);

const run = {
  shape: 'br-run/v1',
  cluster: 'shop',
  id: '20261122120000-snapshot-1',
  work: 'snapshot',
  workId: '20261122120000',
  attempt: 1,
  command: 'backup-full',
  argv: [],
  env: {},
  decidedMs: idMs,
  token: '',
} as const;
const starting: BrRun = { ...run, state: 'starting' };
const living: BrRun = {
  ...run,
  ...{ state: 'running', startedMs: idMs, handle: '', lookedMs: idMs, step: '', progress: null },
  ...{ stdoutRead: 0, stderrRead: 0 },
};
const ended: BrRun = {
  ...run,
  ...{ state: 'ended', startedMs: idMs, endedMs: idMs + 5 * minute, end: 'exit 1', verdict: 'again' },
  ...{ waitSeconds: 3600, failure: null, facts: {}, isAnswered: true },
};
const held: Lease = {
  ...{ shape: 'lease/v1', cluster: 'shop', work: 'snapshot', fence: 1n, state: 'held', holder: 'one' },
  ...{ acquiredMs: idMs, expiresMs: idMs + 20 * minute },
};

const ask = (minutes: number, more: Partial<RestartQuestion> = {}) =>
  decideRestart({
    ...{ idMs, signMs: idMs, lease: undefined, lastRun: undefined, nowMs: idMs + minutes * minute },
    ...more,
  });
const roundAt = (minutes: number, more: Partial<RestartQuestion> = {}) => {
  const decision = ask(minutes, more);
  return decision.kind === 'restart' ? decision.round : undefined;
};

test('work is forgotten after ten silent minutes, and each half hour has its round', () => {
  assert.equal(roundAt(9), undefined);
  assert.deepEqual(
    [10, 29, 30, 61].map((minutes) => roundAt(minutes)),
    [2, 2, 3, 4],
  );
});

test('a sign of life counts anew', () => {
  assert.equal(roundAt(60, { signMs: idMs + 55 * minute }), undefined);
});

test('a lease that is held keeps others away until it runs out', () => {
  assert.equal(roundAt(19, { lease: held }), undefined);
  assert.equal(roundAt(20, { lease: held }), 2);
  assert.equal(roundAt(15, { lease: { ...held, state: 'free', releasedMs: idMs } as Lease }), 2);
});

test('a br that runs is never begun beside, one that was only decided is begun by the next flow', () => {
  assert.equal(roundAt(600, { lastRun: living }), undefined);
  assert.equal(roundAt(30, { lastRun: starting }), 3);
});

test('the pause before the next attempt is no silence', () => {
  assert.equal(roundAt(74, { lastRun: ended }), undefined);
  assert.equal(roundAt(75, { lastRun: ended }), 4);
});
