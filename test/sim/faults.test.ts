import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Crash, CrashPoint } from '../../lib/sim/crash-point.ts';
import { drawBrFault, drawFaults, troubleKinds } from '../../lib/sim/faults.ts';
import { SeededRandom } from '../../lib/sim/seeded-random.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';

const span = { fromMs: 0, untilMs: 7 * 86_400_000 };

describe('the faults of the simulator', () => {
  test('a seed draws the same troubles again, within its span, and over some seeds all kinds of them', () => {
    const seen = new Set<string>();
    for (let seed = 1; seed < 60; seed++) {
      const plan = drawFaults(new SeededRandom(seed), span);
      assert.deepEqual(plan, drawFaults(new SeededRandom(seed), span));
      for (const { kind, fromMs, untilMs } of plan.troubles) {
        seen.add(kind);
        assert.ok(span.fromMs <= fromMs && fromMs <= untilMs && untilMs <= span.untilMs);
      }
    }
    assert.deepEqual([...seen].sort(), [...troubleKinds].sort());
  });

  test('runs of br go wrong in every way, and a restore never lies', () => {
    const random = new SeededRandom(1);
    const odds = { crash: 0, twice: 0, late: 0, lost: 0, br: 100, clock: 0 };
    const kindsOf = (command: string) =>
      new Set(Array.from({ length: 200 }, () => drawBrFault(random, odds, command)?.kind));
    assert.deepEqual([...kindsOf('backup full')].sort(), ['die', 'hang', 'lie', 'lose', 'refuse']);
    assert.ok(!kindsOf('restore point').has('lie'));
    assert.equal(drawBrFault(random, { ...odds, br: 0 }, 'backup full'), undefined);
  });
});

describe('a process of the simulator', () => {
  const work = (store: ReturnType<CrashPoint['mortalStore']>) => async () => {
    await store.put('a', new Uint8Array([1]));
    try {
      await store.put('b', new Uint8Array([2]));
    } catch {
      await store.put('after', new Uint8Array([3]));
    }
    for await (const _ of store.list('')) await store.put('listed', new Uint8Array());
    return 'done';
  };
  const keysOf = async (store: MemoryObjectStore) => {
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    return keys;
  };

  test('dies before or after a call; nothing inside catches it, and nothing of it happens afterwards', async () => {
    const left = { before: ['a'], after: ['a', 'b'] } as const;
    for (const when of ['before', 'after'] as const) {
      const memory = new MemoryObjectStore();
      const point = new CrashPoint({ call: 2, when });
      await assert.rejects(point.live(work(point.mortalStore(memory))), Crash);
      assert.deepEqual(await keysOf(memory), left[when]);
      assert.equal(point.isDead, true);
    }
  });

  test('that is not to die only counts its calls', async () => {
    const memory = new MemoryObjectStore();
    const point = new CrashPoint();
    assert.equal(await point.live(work(point.mortalStore(memory))), 'done');
    assert.equal(point.calls, 5);
    assert.deepEqual(await keysOf(memory), ['a', 'b', 'listed']);
  });

  test('a port behind it keeps its fields, and each of its calls counts', async () => {
    const point = new CrashPoint({ call: 2, when: 'before' });
    const port = point.mortal({ name: 'PD', read: async (one: number) => one + 1 });
    assert.equal(port.name, 'PD');
    assert.equal(await port.read(1), 2);
    await assert.rejects(
      point.live(() => port.read(2)),
      Crash,
    );
  });
});
