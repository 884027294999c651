import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ErrorCode, PitrError } from '../../lib/domain/errors.ts';
import type { ObjectInfo, ObjectStore } from '../../lib/ports/object-store.ts';
import {
  type RetryEvent,
  type RetryMargins,
  retryingObjectStore,
} from '../../lib/ports/retrying-object-store.ts';
import { objectStoreContract } from '../contracts/object-store.contract.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';

/** Fails the first calls: `plan` holds the code for each call, undefined for one that passes. */
class StumblingStore extends MemoryObjectStore {
  calls = 0;
  readonly #plan: readonly (ErrorCode | undefined)[];
  readonly #failAfterItems: number;

  constructor(plan: readonly (ErrorCode | undefined)[], failAfterItems = 0) {
    super();
    this.#plan = plan;
    this.#failAfterItems = failAfterItems;
  }

  #stumble(): void {
    const code = this.#plan[this.calls++];
    if (code !== undefined) throw new PitrError(code, `failure ${this.calls}`, { hint: 'a hint' });
  }

  override async get(key: string): Promise<Uint8Array | undefined> {
    this.#stumble();
    return super.get(key);
  }

  override async *list(prefix: string, options = {}): AsyncGenerator<ObjectInfo> {
    let given = 0;
    for await (const info of super.list(prefix, options)) {
      if (given++ === this.#failAfterItems) this.#stumble();
      yield info;
    }
  }
}

function retrying(store: ObjectStore, margins: Partial<RetryMargins> = {}, random = 1) {
  const clock = new ManualClock();
  const events: RetryEvent[] = [];
  const onRetry = (event: RetryEvent): void => void events.push(event);
  return {
    clock,
    events,
    store: retryingObjectStore(store, { clock, random: () => random, onRetry, ...margins }),
  };
}

objectStoreContract('a store with retries', async () => ({
  store: retrying(new MemoryObjectStore()).store,
  close: async () => undefined,
}));

describe('a store with retries', () => {
  const down: ErrorCode = 'STORAGE_UNAVAILABLE';

  test('what may pass is tried again after waits that double up to the longest', async () => {
    const inner = new StumblingStore([down, down, down, down, down]);
    await inner.put('k', new Uint8Array(3));
    const { store, clock, events } = retrying(inner, { firstDelayMs: 100, longestDelayMs: 700 });
    assert.equal((await store.get('k'))?.length, 3);
    assert.deepEqual(clock.sleptMs, [100, 200, 400, 700, 700]);
    assert.deepEqual(
      events.map((event) => [event.action, event.key, event.attempt]),
      [1, 2, 3, 4, 5].map((n) => ['get', 'k', n]),
    );
  });

  test('each wait is drawn by lot between nothing and its ceiling', async () => {
    const { store, clock } = retrying(new StumblingStore([down, down]), { firstDelayMs: 100 }, 0.25);
    await store.get('k');
    assert.deepEqual(clock.sleptMs, [25, 50]);
  });

  test('what is refused or damaged is not tried again', async () => {
    for (const code of ['STORAGE_DENIED', 'OBJECT_DAMAGED', 'INVALID_INPUT'] as const) {
      const inner = new StumblingStore([code]);
      await assert.rejects(retrying(inner).store.get('k'), { code, message: 'failure 1' });
      assert.equal(inner.calls, 1);
    }
  });

  test('when the attempts are used up, the last error is thrown with their number, its hint and its code', async () => {
    const inner = new StumblingStore([down, down, down, down]);
    await assert.rejects(retrying(inner, { attempts: 3 }).store.get('k'), (error) => {
      assert.ok(error instanceof PitrError);
      assert.equal(error.code, down);
      assert.match(error.message, /^failure 3 \(tried 3 times in 0\.6 s\)$/);
      assert.equal(error.hint, 'a hint');
      return true;
    });
    assert.equal(inner.calls, 3);
  });

  test('no try starts after the time budget', async () => {
    const inner = new StumblingStore(Array.from({ length: 50 }, () => down));
    const { store, clock } = retrying(inner, {
      attempts: 50,
      firstDelayMs: 1000,
      longestDelayMs: 1000,
      budgetMs: 3500,
    });
    await assert.rejects(store.get('k'), { code: down });
    assert.deepEqual(clock.sleptMs, [1000, 1000, 1000]);
  });

  test('a listing that breaks goes on after the last object it gave: none twice, none left out', async () => {
    const inner = new StumblingStore([down, down, down, down, down, down], 2);
    const keys = Array.from({ length: 9 }, (_, i) => `k${i}`);
    for (const key of keys) await inner.put(key, new Uint8Array(1));
    const found: string[] = [];
    for await (const info of retrying(inner, { attempts: 2 }).store.list('')) found.push(info.key);
    assert.deepEqual(found, keys);
  });

  test('a listing that does not move on ends after the attempts', async () => {
    const inner = new StumblingStore(Array.from({ length: 9 }, () => down));
    await inner.put('k', new Uint8Array(1));
    const run = async (): Promise<void> => {
      for await (const _ of retrying(inner, { attempts: 4 }).store.list(''));
    };
    await assert.rejects(run, { code: down });
    assert.equal(inner.calls, 4);
  });
});

describe('a deletion of many with retries', () => {
  const refusal = (key: string, code: ErrorCode) => ({
    key,
    error: new PitrError(code, `${code} of ${key}`),
  });

  /** Refuses by `plan`, a call after the other, and notes what was asked for. */
  class RefusingStore extends MemoryObjectStore {
    readonly asked: (readonly string[])[] = [];
    readonly #plan: readonly ((keys: readonly string[]) => readonly ReturnType<typeof refusal>[])[];

    constructor(...plan: readonly ((keys: readonly string[]) => readonly ReturnType<typeof refusal>[])[]) {
      super();
      this.#plan = plan;
    }

    override async deleteMany(keys: readonly string[]) {
      const answer = this.#plan[Math.min(this.asked.length, this.#plan.length - 1)];
      this.asked.push(keys);
      return answer?.(keys) ?? [];
    }
  }

  test('asks again only for what may pass, and gives what was refused for good', async () => {
    const inner = new RefusingStore(
      () => [refusal('b', 'STORAGE_DENIED'), refusal('c', 'STORAGE_UNAVAILABLE')],
      () => [],
    );
    const { store, events } = retrying(inner);
    const refused = await store.deleteMany(['a', 'b', 'c']);
    assert.deepEqual(
      refused.map(({ key, error }) => [key, error.code]),
      [['b', 'STORAGE_DENIED']],
    );
    assert.deepEqual(inner.asked, [['a', 'b', 'c'], ['c']]);
    assert.deepEqual(
      events.map(({ action, key }) => [action, key]),
      [['delete', 'c']],
    );
  });

  test('gives what stays refused when the tries are used up, and throws when no call got through', async () => {
    const stubborn = new RefusingStore((keys) => keys.map((key) => refusal(key, 'STORAGE_UNAVAILABLE')));
    const refused = await retrying(stubborn, { attempts: 3 }).store.deleteMany(['a', 'b']);
    assert.deepEqual([stubborn.asked.length, refused.map(({ key }) => key)], [3, ['a', 'b']]);
    const silent = new RefusingStore(() => {
      throw new PitrError('STORAGE_UNAVAILABLE', 'no answer');
    });
    await assert.rejects(retrying(silent, { attempts: 3 }).store.deleteMany(['a']), /tried 3 times/);
  });
});
