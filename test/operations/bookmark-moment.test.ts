// Waiting for a bookmark: what is told, when the stores are made to flush, and the ends of it, on a clock of the test.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import { tsFromMs } from '../../lib/domain/ts.ts';
import { type BookmarkEvent, bookmarkMoment } from '../../lib/operations/bookmark-moment.ts';

const beginMs = Date.UTC(2026, 10, 22, 12);
const atTs = tsFromMs(beginMs);

interface World {
  /** The log's checkpoint after so many ms. */
  readonly checkpoint: (waitedMs: number, flushes: number) => bigint | undefined;
  readonly flushAnswer?: (call: number) => Facts;
  readonly canFlush?: boolean;
  readonly flushesOnDemand?: boolean;
  readonly flush?: boolean;
  readonly timeoutMs?: number;
  readonly stopAtMs?: number;
}

async function wait(world: World) {
  let nowMs = beginMs;
  let flushed = 0;
  const stop = new AbortController();
  const asked: (string | undefined)[] = [];
  const flushes: string[] = [];
  const events: BookmarkEvent[] = [];
  const run = bookmarkMoment(
    {
      ask: async (at) => {
        asked.push(at);
        const checkpointTs = world.checkpoint(nowMs - beginMs, flushed);
        if (checkpointTs !== undefined && checkpointTs >= atTs) return { decision: 'pinned', id: 'x' };
        const { flushesOnDemand = true } = world;
        const checkpoint = checkpointTs === undefined ? null : `${checkpointTs}`;
        return { decision: 'waiting', atTs: `${atTs}`, checkpointTs: checkpoint, flushesOnDemand };
      },
      flush:
        world.canFlush === false
          ? undefined
          : async (id) => {
              flushes.push(id);
              const answer = world.flushAnswer?.(flushes.length) ?? { decision: 'flushed', reasons: [] };
              if (answer['decision'] === 'flushed') flushed += 1;
              return answer;
            },
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
        if (world.stopAtMs !== undefined && nowMs - beginMs >= world.stopAtMs) stop.abort();
      },
      signal: stop.signal,
      tell: (event) => events.push(event),
    },
    { at: undefined, timeoutMs: world.timeoutMs ?? 600_000, flush: world.flush ?? true },
  );
  const end = await run.catch((caught: unknown) => caught as PitrError);
  return { end, asked, flushes, events, waitedMs: nowMs - beginMs };
}

const minute = 60_000;
const before = tsFromMs(beginMs - 2 * minute);

describe('a bookmark', () => {
  test('of a moment that the log has passed is pinned at once', async () => {
    const { end, asked, flushes, events } = await wait({ checkpoint: () => atTs });
    assert.deepEqual([end, asked, flushes, events], [{ decision: 'pinned', id: 'x' }, [undefined], [], []]);
  });

  test('waits for its own moment, tells how far the log is, and has the stores flush once they can hold it', async () => {
    const checkpoint = (_: number, flushes: number) => (flushes > 0 ? atTs : before);
    const { end, asked, flushes, events, waitedMs } = await wait({ checkpoint });
    assert.deepEqual(end, { decision: 'pinned', id: 'x' });
    assert.deepEqual([asked[0], ...new Set(asked.slice(1))], [undefined, `${atTs}`]);
    assert.deepEqual(flushes, [`${atTs}-1`]);
    assert.equal(waitedMs, 20_000, 'flushed after 15 s, seen with the next question');
    assert.deepEqual(events, [
      { kind: 'waiting', atTs, checkpointTs: before },
      { kind: 'flush', state: 'begun' },
      { kind: 'flush', state: 'done' },
    ]);
  });

  test('flushes again after a minute, under another name, and looks at one that runs under the same', async () => {
    const answers = ['running', 'running', 'flushed', 'flushed'];
    const { flushes, events } = await wait({
      checkpoint: (_, flushed) => (flushed > 1 ? atTs : before),
      flushAnswer: (call) => ({ decision: answers[call - 1] ?? 'flushed', reasons: [] }),
    });
    assert.deepEqual(
      flushes,
      [1, 1, 1, 2].map((number) => `${atTs}-${number}`),
    );
    assert.deepEqual(
      events.map((event) => (event.kind === 'flush' ? event.state : event.kind)),
      ['waiting', 'begun', 'done', 'begun', 'done'],
    );
  });

  test('waits for the stores’ own flush where none can be forced, and says once why', async () => {
    const checkpoint = (waitedMs: number) => (waitedMs >= 3 * minute ? atTs : before);
    const cases: readonly (readonly [Partial<World>, RegExp])[] = [
      [{ canFlush: false }, /does not run on this machine/],
      [{ flushesOnDemand: false }, /no flush on demand/],
      [{ flushAnswer: () => ({ decision: 'failed', reasons: ['no store answered'] }) }, /no store answered/],
      [{ flushAnswer: () => ({ decision: 'impossible', reasons: ['too old'] }) }, /too old/],
      [
        {
          flushAnswer: () => {
            throw new PitrError('DEPENDENCY_MISSING', 'there is no br');
          },
        },
        /there is no br/,
      ],
    ];
    for (const [parts, why] of cases) {
      const { end, events, waitedMs } = await wait({ checkpoint, ...parts });
      assert.deepEqual(end, { decision: 'pinned', id: 'x' });
      assert.equal(waitedMs, 3 * minute);
      const told = events.filter((event) => event.kind === 'no-flush');
      assert.equal(told.length, 1);
      assert.match(told[0]?.why ?? '', why);
    }
    const asked = await wait({ checkpoint, flush: false });
    assert.deepEqual([asked.flushes, asked.events.length], [[], 1], 'nobody wanted one');
  });

  test('that the log does not come to in time is not pinned, and the error says where the log is and what to do', async () => {
    const late = await wait({ checkpoint: () => before, timeoutMs: 17_000 });
    assert.ok(late.end instanceof PitrError);
    assert.equal(late.end.code, 'MOMENT_NOT_IN_WINDOW');
    assert.match(late.end.message, /after 17 s: .*120 s before it; nothing was pinned/);
    assert.match(late.end.hint ?? '', new RegExp(`pitr status .*--at ${atTs}`));
    assert.equal(late.waitedMs, 17_000);
    const none = await wait({ checkpoint: () => undefined, timeoutMs: 1000 });
    assert.match(String((none.end as PitrError).message), /the log has no checkpoint/);
  });

  test('that is stopped pins nothing, and can be gone on with', async () => {
    const { end } = await wait({ checkpoint: () => before, stopAtMs: 10_000 });
    assert.ok(end instanceof PitrError);
    assert.equal(end.code, 'INTERRUPTED');
    assert.match(end.hint ?? '', new RegExp(`--at ${atTs}`));
  });
});
