// Ids of runs, leases and plans: the decisions themselves. What a store makes of them is in test/contracts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PitrError } from '../../../lib/domain/errors.ts';
import {
  decideAcquire,
  decideRelease,
  decideRenew,
  describeLease,
  type Lease,
} from '../../../lib/domain/state/lease.ts';
import { type PlanRecord, usePlan } from '../../../lib/domain/state/plan-record.ts';
import { isChangeId, isClusterName, runId, runIdMs } from '../../../lib/domain/state/run-identity.ts';
import { noon } from '../../support/state-builders.ts';

test('the id of a run begins with the UTC time that it is for, as the folder of a snapshot does', () => {
  assert.equal(runId(noon + 999), '20261122120000');
  assert.equal(runId(noon, 'by-hand.2'), '20261122120000-by-hand.2');
});

test('ids sort by time, and their time can be read back, to the second', () => {
  const time = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(time, time, fc.constantFrom('', 'z'), (a, b, suffix) => {
      assert.equal(runIdMs(runId(a, suffix)), Math.floor(a / 1000) * 1000);
      if (Math.floor(a / 1000) < Math.floor(b / 1000)) assert.ok(runId(a, suffix) < runId(b));
    }),
    { seed: 20261122, numRuns: 300 },
  );
});

test('what is no time or no suffix makes no id', () => {
  for (const make of [
    () => runId(-1),
    () => runId(0.5),
    () => runId(Number.NaN),
    () => runId(2 ** 53),
    () => runId(noon, 'a/b'),
    () => runId(noon, '-a'),
    () => runId(noon, 'x'.repeat(102)),
  ]) {
    assert.throws(
      make,
      (error) => error instanceof PitrError && error.code === 'INVALID_INPUT',
      String(make),
    );
  }
});

test('days and hours that no calendar has make no id', () => {
  for (const id of [
    '20260229120000',
    '20261122240000',
    '20261122126000',
    '2026112212000',
    '20261122120000-',
    '00001122120000',
    'x',
  ]) {
    assert.equal(runIdMs(id), undefined, id);
  }
  assert.equal(runIdMs('20280229120000'), Date.UTC(2028, 1, 29, 12));
});

test('names that would leave their part of a key are no names', () => {
  for (const name of ['', 'a/b', 'a b', '-a', '.a', 'ä', 'x'.repeat(129), 'a\n'])
    assert.equal(isClusterName(name), false, name);
  for (const name of ['a', 'Shop-1.eu_west', 'x'.repeat(128)]) assert.equal(isClusterName(name), true, name);
  for (const id of ['', '/a', 'a b', 'x'.repeat(401), 'a#']) assert.equal(isChangeId(id), false, id);
  assert.equal(isChangeId('snapshot/20261122120000:started'), true);
});

const request = { cluster: 'shop', work: 'restore', holder: 'a', ttlMs: 100, nowMs: noon } as const;

function held(by: string, fence: bigint, expiresMs: number): Extract<Lease, { state: 'held' }> {
  return {
    shape: 'lease/v1',
    cluster: 'shop',
    work: 'restore',
    fence,
    state: 'held',
    holder: by,
    acquiredMs: noon - 50,
    expiresMs,
  };
}

test('a lease that runs out at this very moment can be taken, one that has a millisecond left cannot', () => {
  assert.equal(decideAcquire(held('b', 7n, noon + 1), request).kind, 'held');
  const decision = decideAcquire(held('b', 7n, noon), request);
  assert.equal(decision.kind === 'granted' && decision.write.fence, 8n);
});

test("a holder's own lease is never made shorter by asking for it or renewing it", () => {
  const long = held('a', 7n, noon + 5000);
  const decision = decideAcquire(long, request);
  assert.deepEqual(decision, { kind: 'granted', write: long });
  assert.deepEqual(decideRenew(long, { ...request, fence: 7n }, 100, noon), long);
});

test('only who shows the right fence and name renews or gives back', () => {
  const lease = held('a', 7n, noon + 10);
  const free = decideRelease(lease, { ...request, fence: 7n }, noon);
  assert.deepEqual(free, {
    shape: 'lease/v1',
    cluster: 'shop',
    work: 'restore',
    fence: 7n,
    state: 'free',
    releasedMs: noon,
  });
  for (const shown of [
    { ...request, fence: 6n },
    { ...request, fence: 8n },
    { ...request, holder: 'b', fence: 7n },
  ]) {
    assert.equal(decideRenew(lease, shown, 100, noon), undefined);
    assert.equal(decideRelease(lease, shown, noon), undefined);
  }
  assert.equal(decideRenew(free, { ...request, fence: 7n }, 100, noon), undefined);
  assert.equal(decideRenew(undefined, { ...request, fence: 1n }, 100, noon), undefined);
});

test('what became of a lease is told in words', () => {
  assert.equal(describeLease(undefined), 'nobody ever held it');
  assert.equal(describeLease(held('b', 7n, noon)), 'b holds it with fence 7');
});

const plan: PlanRecord = {
  shape: 'plan/v1',
  state: 'open',
  cluster: 'shop',
  id: '20261122120000',
  work: 'truncation',
  madeMs: noon,
  madeBy: 'x',
  expiresMs: noon + 1000,
  plan: {},
};

test('a plan is used once; the same run may ask again, another is refused with who used it', () => {
  const first = usePlan(plan, { by: 'flow', for: 'run-1', nowMs: noon });
  assert.equal(first.kind, 'used');
  const { record } = first as Extract<typeof first, { kind: 'used' }>;
  assert.deepEqual(record, { ...plan, state: 'used', usedMs: noon, usedBy: 'flow', usedFor: 'run-1' });
  assert.deepEqual(usePlan(record, { by: 'flow', for: 'run-1', nowMs: noon + 5000 }), {
    kind: 'used',
    record,
  });
  assert.deepEqual(usePlan(record, { by: 'other', for: 'run-2', nowMs: noon }), {
    kind: 'refused',
    reason: 'plan 20261122120000 was used by flow for run-1',
  });
});

test('an expired plan is refused with its time', () => {
  assert.deepEqual(usePlan(plan, { by: 'flow', for: 'run-1', nowMs: noon + 1000 }), {
    kind: 'refused',
    reason: 'plan 20261122120000 expired at 2026-11-22T12:00:01.000Z',
  });
});
