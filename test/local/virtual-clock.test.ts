import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../lib/local/system-clock.ts';
import { VirtualClock } from '../../lib/local/virtual-clock.ts';

describe('a virtual clock', () => {
  test('stands until it is moved, and wakes sleepers in the order of time, each at its own', async () => {
    const clock = new VirtualClock(1000);
    const woken: [string, number][] = [];
    const sleeper = async (name: string, ...naps: number[]) => {
      for (const nap of naps) {
        await clock.sleep(nap);
        woken.push([name, clock.nowMs()]);
      }
    };
    void sleeper('a', 30, 30);
    void sleeper('b', 20, 20, 20);
    void sleeper('c', 20);
    await clock.advance(50);
    assert.deepEqual(woken, [
      ['b', 1020],
      ['c', 1020],
      ['a', 1030],
      ['b', 1040],
    ]);
    assert.equal(clock.nowMs(), 1050);
    await clock.advanceTo(1000);
    assert.equal(clock.nowMs(), 1050, 'it never goes back');
  });

  test('moves until some work is done, and not further', async () => {
    const clock = new VirtualClock(0);
    void clock.sleep(1_000_000);
    const work = async () => {
      for (let day = 0; day < 3; day += 1) await clock.sleep(86_400);
      return 'done';
    };
    assert.equal(await clock.advanceUntil(work()), 'done');
    assert.equal(clock.nowMs(), 3 * 86_400);
    await assert.rejects(clock.advanceUntil(Promise.reject(new Error('no'))), /no/);
  });
});

const clocks = [
  ['a virtual clock', new VirtualClock(0)],
  ['the system clock', systemClock],
] as const;
for (const [name, clock] of clocks) {
  test(`a sleep of ${name} ends at once when it is ended, before or after it began`, async () => {
    const ended = new AbortController();
    const sleep = clock.sleep(50 * 86_400_000, ended.signal);
    ended.abort();
    await sleep;
    await clock.sleep(50 * 86_400_000, ended.signal);
  });
}

test('a sleep of the system clock takes its time, and one of years does not end at once', async () => {
  const fromMs = systemClock.nowMs();
  await systemClock.sleep(20);
  assert.ok(systemClock.nowMs() - fromMs >= 19);
  const ended = new AbortController();
  let isOver = false;
  const years = systemClock.sleep(400 * 86_400_000, ended.signal).then(() => {
    isOver = true;
  });
  await systemClock.sleep(20);
  assert.equal(isOver, false);
  ended.abort();
  await years;
});
