import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { planMemory } from '../../lib/engine/memory.ts';

const MiB = 1024 * 1024;

test('there is at least one worker with room to work, however small the budget', () => {
  for (const budget of [0, 1, 64 * MiB, 120 * MiB]) {
    const { workers, perWorker } = planMemory(budget, 8);
    assert.equal(workers, 1);
    assert.ok(
      perWorker.sortBytes > 10 * MiB && perWorker.batchBytes >= MiB && perWorker.chunkBytes >= 256 * 1024,
    );
  }
});

test('from 256 MiB on, the buffers of all workers fit into the budget beside the process', () => {
  const property = fc.property(
    fc.integer({ min: 256, max: 65_536 }),
    fc.integer({ min: 1, max: 64 }),
    (budgetMiB, wanted) => {
      const { workers, perWorker } = planMemory(budgetMiB * MiB, wanted);
      assert.ok(workers >= 1 && workers <= wanted);
      const buffers = perWorker.sortBytes + 2 * perWorker.batchBytes;
      assert.ok(workers * buffers < budgetMiB * MiB - 110 * MiB);
      assert.ok(Object.values(perWorker).every(Number.isSafeInteger));
    },
  );
  fc.assert(property, { seed: 61, numRuns: 500 });
});

test('more memory never means fewer workers or smaller buffers for the same number of workers', () => {
  for (let budget = 128; budget < 4096; budget += 16) {
    const [less, more] = [planMemory(budget * MiB, 4), planMemory((budget + 16) * MiB, 4)];
    assert.ok(more.workers >= less.workers);
    if (more.workers === less.workers) assert.ok(more.perWorker.sortBytes >= less.perWorker.sortBytes);
  }
});
