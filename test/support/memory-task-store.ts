// A table of state in memory, and the task store on it: whole and exact, but gone with the process. One write at a time, and
// between any two steps others get their turn, so that what is not atomic by the port is not atomic here either.

import {
  conditionHolds,
  type ItemKey,
  isExpired,
  keyOfWrite,
  type StateItem,
  type StateTable,
  type TableOutcome,
  type TableQuery,
  type TableWrite,
} from '../../lib/ports/state/state-table.ts';
import { taskStoreOn } from '../../lib/ports/state/table-task-store.ts';
import type { TaskStore } from '../../lib/ports/task-store.ts';

export class MemoryStateTable implements StateTable {
  readonly url = 'memory:';
  readonly #items = new Map<string, StateItem>();
  readonly #turn: () => Promise<void>;

  /** `turn` is awaited before each call, for tests that choose who goes on. */
  constructor(turn: () => Promise<void> = () => Promise.resolve()) {
    this.#turn = turn;
  }

  /** The same items, seen through another table with turns of its own: a second process. */
  seenBy(turn: () => Promise<void>): StateTable {
    return {
      url: this.url,
      read: (key) => turn().then(() => this.read(key)),
      query: (query) => turn().then(() => this.query(query)),
      write: (writes, nowMs) => turn().then(() => this.write(writes, nowMs)),
      removeExpired: (nowMs) => this.removeExpired(nowMs),
      close: async () => undefined,
    };
  }

  async read(key: ItemKey): Promise<StateItem | undefined> {
    await this.#turn();
    return this.#items.get(nameOf(key));
  }

  async query({ pk, from, to, newestFirst, limit, after }: TableQuery): Promise<readonly StateItem[]> {
    await this.#turn();
    const found = [...this.#items.values()]
      .filter((item) => item.pk === pk && item.sk >= from && item.sk < to)
      .sort((a, b) => (a.sk < b.sk ? -1 : 1));
    if (newestFirst) found.reverse();
    const isBehind = (item: StateItem): boolean =>
      after === undefined || (newestFirst ? item.sk < after : item.sk > after);
    return found.filter(isBehind).slice(0, limit);
  }

  async write(writes: readonly TableWrite[], nowMs: number): Promise<TableOutcome> {
    await this.#turn();
    const failed = writes.flatMap((write, index) => {
      const stored = this.#items.get(nameOf(keyOfWrite(write)));
      if (conditionHolds(write.when, stored, nowMs)) return [];
      return [{ index, found: stored === undefined || isExpired(stored, nowMs) ? undefined : stored }];
    });
    if (failed.length > 0) return { kind: 'refused', failed };
    for (const write of writes) {
      if (write.kind === 'put') this.#items.set(nameOf(write.item), write.item);
      if (write.kind === 'delete') this.#items.delete(nameOf(write.key));
    }
    return { kind: 'written' };
  }

  async removeExpired(nowMs: number): Promise<number> {
    const gone = [...this.#items].filter(([, item]) => isExpired(item, nowMs));
    for (const [name] of gone) this.#items.delete(name);
    return gone.length;
  }

  async close(): Promise<void> {
    this.#items.clear();
  }
}

export function memoryTaskStore(): TaskStore {
  return taskStoreOn(new MemoryStateTable());
}

function nameOf({ pk, sk }: ItemKey): string {
  return `${pk} ${sk}`;
}
