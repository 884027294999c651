// Two workers over one table, interleaved at every step in every order that fast-check thinks of: what must never happen.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PitrError } from '../../../lib/domain/errors.ts';
import type { HeldLease } from '../../../lib/domain/state/lease.ts';
import { taskStoreOn } from '../../../lib/ports/state/table-task-store.ts';
import type { TaskStore } from '../../../lib/ports/task-store.ts';
import { MemoryStateTable } from '../../support/memory-task-store.ts';
import { noon, runningSnapshot, signalOf } from '../../support/state-builders.ts';

const ttlMs = 100;
const key = { cluster: 'shop', kind: 'snapshot', id: '20261122120000' } as const;

type Act = 'acquire' | 'renew' | 'write' | 'consume' | 'release' | 'stall' | 'wait';
const act: fc.Arbitrary<Act> = fc.constantFrom(
  'acquire',
  'acquire',
  'renew',
  'write',
  'write',
  'write',
  'consume',
  'consume',
  'release',
  'stall',
  'wait',
);

/** What the test knows for sure, from answers. */
class World {
  nowMs = noon;
  readonly holderOfFence = new Map<bigint, string>();
  readonly holds = new Map<string, { readonly lease: HeldLease; readonly expiresMs: number }>();
  readonly sent = new Set<string>();
  readonly firsts = new Map<string, number>();
  highestFence = 0n;
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof PitrError && codes.includes(error.code);
}

async function work(world: World, store: TaskStore, holder: string, acts: readonly Act[]): Promise<void> {
  for (const [step, what] of acts.entries()) {
    world.nowMs += 10;
    const { nowMs } = world;
    const mine = world.holds.get(holder);
    switch (what) {
      case 'acquire':
        await acquire(world, store, holder);
        break;
      case 'renew':
        if (mine === undefined) break;
        try {
          const { expiresMs } = await store.renewLease(mine.lease, ttlMs, nowMs);
          world.holds.set(holder, { lease: mine.lease, expiresMs });
        } catch (error) {
          assert.ok(isCode(error, 'LEASE_LOST'), String(error));
          world.holds.delete(holder);
        }
        break;
      case 'write':
        if (mine !== undefined) await write(world, store, mine.lease, `${holder}-${step}`);
        break;
      case 'consume':
        await consumeAll(world, store, holder);
        break;
      case 'release':
        world.holds.delete(holder);
        if (mine !== undefined) await store.releaseLease(mine.lease, nowMs);
        break;
      case 'stall':
        world.nowMs += ttlMs;
        break;
      case 'wait':
        break;
      default: {
        const unknown: never = what;
        return unknown;
      }
    }
  }
}

async function acquire(world: World, store: TaskStore, holder: string): Promise<void> {
  const { nowMs } = world;
  const request = { cluster: 'shop', work: 'snapshot', holder, ttlMs, nowMs } as const;
  const outcome = await store.acquireLease(request);
  if (outcome.kind === 'held') {
    assert.notEqual(outcome.by, holder);
    return;
  }
  const { lease, expiresMs } = outcome;
  for (const [other, hold] of world.holds) {
    assert.ok(other === holder || hold.expiresMs <= nowMs, `${holder} and ${other} hold it at ${nowMs}`);
  }
  assert.equal(world.holderOfFence.get(lease.fence) ?? holder, holder, 'a fence was given to two');
  assert.ok(lease.fence >= world.highestFence, 'a fence was lost');
  world.highestFence = lease.fence;
  world.holderOfFence.set(lease.fence, holder);
  world.holds.set(holder, { lease, expiresMs });
}

async function write(world: World, store: TaskStore, lease: HeldLease, id: string): Promise<void> {
  const found = await store.get(key, world.nowMs);
  const record = { ...runningSnapshot(), attempt: Number(lease.fence) };
  try {
    await store.commit({
      cluster: 'shop',
      nowMs: world.nowMs,
      lease,
      records: [{ record, expect: found?.revision ?? 'absent' }],
      signals: [signalOf(id)],
    });
  } catch (error) {
    assert.ok(isCode(error, 'LEASE_LOST', 'STATE_CONFLICT'), String(error));
    return;
  }
  world.sent.add(id);
  const before = found?.record.state === 'running' ? found.record.attempt : 0;
  assert.ok(before <= record.attempt, `fence ${record.attempt} wrote over fence ${before}`);
}

async function consumeAll(world: World, store: TaskStore, by: string): Promise<void> {
  const { entries } = await store.waitingSignals('shop', { nowMs: world.nowMs });
  for (const { id } of entries) {
    const answer = await store.consumeSignal({ cluster: 'shop', id }, by, world.nowMs);
    if (answer === 'first') world.firsts.set(id, (world.firsts.get(id) ?? 0) + 1);
  }
}

test('two workers, however interleaved, never both hold a lease, never lose a fence, and consume every signal once', async () => {
  let writes = 0;
  let consumed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(act, { minLength: 5, maxLength: 25 }),
      fc.array(act, { minLength: 5, maxLength: 25 }),
      async (scheduler, left, right) => {
        const world = new World();
        const table = new MemoryStateTable();
        const turn = (): Promise<void> => scheduler.schedule(Promise.resolve());
        const run = Promise.all([
          work(world, taskStoreOn(table.seenBy(turn)), 'left', left),
          work(world, taskStoreOn(table.seenBy(turn)), 'right', right),
        ]);
        await scheduler.waitFor(run);
        await consumeAll(world, taskStoreOn(table), 'the end');
        assert.deepEqual([...world.firsts.keys()].sort(), [...world.sent].sort());
        assert.ok([...world.firsts.values()].every((times) => times === 1));
        writes += world.sent.size;
        consumed += world.firsts.size;
      },
    ),
    { seed: 20261122, numRuns: 300 },
  );
  assert.ok(writes > 300 && consumed === writes, `the workers wrote ${writes} times`);
});

test('a step of two workers that is delivered twice to each, in any order, is made once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, deliveries) => {
      const table = new MemoryStateTable();
      const turn = (): Promise<void> => scheduler.schedule(Promise.resolve());
      const change = {
        cluster: 'shop',
        nowMs: noon,
        records: [{ record: runningSnapshot(), expect: 'absent' }],
        audit: {
          shape: 'audit/v1',
          cluster: 'shop',
          id: 'start',
          atMs: noon,
          who: 'schedule',
          what: 'started',
          why: 'due',
          facts: {},
        },
        signals: [signalOf('started')],
      } as const;
      const run = Promise.all(
        Array.from({ length: deliveries }, () => taskStoreOn(table.seenBy(turn)).commit(change)),
      );
      await scheduler.waitFor(run);
      const kinds = (await run).map(({ kind }) => kind).sort();
      assert.deepEqual(kinds, [...Array.from({ length: deliveries - 1 }, () => 'repeated'), 'written']);
    }),
    { seed: 20261122, numRuns: 100 },
  );
});
