import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { mapBounded } from '../../lib/ports/bounded-parallel.ts';

describe('bounded parallel work', () => {
  test('results come in the order of the items whatever finishes first, and never more run than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        async (delays, parallel) => {
          let running = 0;
          let most = 0;
          const results: number[] = [];
          const work = async (delay: number, index: number): Promise<number> => {
            most = Math.max(most, ++running);
            for (let i = 0; i < delay; i++) await Promise.resolve();
            running -= 1;
            return index;
          };
          for await (const result of mapBounded(delays, parallel, work)) results.push(result);
          assert.deepEqual(
            results,
            delays.map((_, i) => i),
          );
          assert.ok(most <= parallel, `${most} ran at once, ${parallel} were allowed`);
        },
      ),
      { numRuns: 200, seed: 20261122 },
    );
  });

  test('so many run at once as allowed, when there are so many', async () => {
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await setTimeout(2);
      running -= 1;
    };
    for await (const _ of mapBounded(Array.from({ length: 20 }), 5, work));
    assert.equal(most, 5);
  });

  test('the first failure in order is thrown, later ones are nobody else’s trouble, and what runs is waited for', async () => {
    let finished = 0;
    const started: number[] = [];
    const work = async (item: number): Promise<number> => {
      started.push(item);
      await setTimeout(item === 1 ? 5 : 1);
      finished += 1;
      if (item >= 1) throw new Error(`failure of ${item}`);
      return item;
    };
    const run = async (): Promise<void> => {
      for await (const _ of mapBounded([0, 1, 2, 3, 4, 5, 6, 7], 3, work));
    };
    await assert.rejects(run, /failure of 1/);
    assert.equal(finished, started.length);
    assert.ok(started.length <= 4, `${started.length} were started`);
  });

  test('a consumer that stops early stops the source, and nothing new is started', async () => {
    let closed = false;
    let started = 0;
    async function* source(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    }
    for await (const result of mapBounded(source(), 2, async (item) => {
      started += 1;
      return item;
    }))
      if (result === 3) break;
    assert.ok(closed);
    assert.ok(started <= 6, `${started} were started`);
  });

  test('a failure of the source is thrown after what runs has ended', async () => {
    let finished = 0;
    function* source(): Generator<number> {
      yield 1;
      throw new Error('the source broke');
    }
    const work = async (): Promise<void> => {
      await setTimeout(2);
      finished += 1;
    };
    const run = async (): Promise<void> => {
      for await (const _ of mapBounded(source(), 4, work));
    };
    await assert.rejects(run, /the source broke/);
    assert.equal(finished, 1);
  });
});
