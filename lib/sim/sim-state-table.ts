// The table of state of a simulated control plane: in memory, sorted, so that weeks of records cost a query no more than it reads.
// Exact to the port and gone with the process; who dies in the middle is decided by the decorators around it.

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
} from '../ports/state/state-table.ts';

/** The items of one partition. */
class Partition {
  readonly items = new Map<string, StateItem>();
  /** In byte order: keys of the table are ASCII. */
  readonly keys: string[] = [];

  put(item: StateItem): void {
    if (!this.items.has(item.sk)) this.keys.splice(this.indexOf(item.sk), 0, item.sk);
    this.items.set(item.sk, item);
  }

  remove(sk: string): void {
    if (this.items.delete(sk)) this.keys.splice(this.indexOf(sk), 1);
  }

  /** The place of the first key that is not before this one. */
  indexOf(sk: string): number {
    let [low, high] = [0, this.keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.keys[middle] ?? '') < sk) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class SimStateTable implements StateTable {
  readonly url = 'sim:state';
  readonly #partitions = new Map<string, Partition>();

  async read({ pk, sk }: ItemKey): Promise<StateItem | undefined> {
    return this.#item({ pk, sk });
  }

  #item({ pk, sk }: ItemKey): StateItem | undefined {
    return this.#partitions.get(pk)?.items.get(sk);
  }

  async query({ pk, from, to, newestFirst, limit, after }: TableQuery): Promise<readonly StateItem[]> {
    const partition = this.#partitions.get(pk);
    if (partition === undefined) return [];
    let [first, end] = [partition.indexOf(from), partition.indexOf(to)];
    if (after !== undefined && newestFirst) end = Math.min(end, partition.indexOf(after));
    if (after !== undefined && !newestFirst) first = Math.max(first, partition.indexOf(`${after}\u0000`));
    const keys = newestFirst
      ? partition.keys.slice(Math.max(first, end - limit), end).reverse()
      : partition.keys.slice(first, Math.min(end, first + limit));
    return keys.flatMap((sk) => partition.items.get(sk) ?? []);
  }

  async write(writes: readonly TableWrite[], nowMs: number): Promise<TableOutcome> {
    const failed = writes.flatMap((write, index) => {
      const stored = this.#item(keyOfWrite(write));
      if (conditionHolds(write.when, stored, nowMs)) return [];
      return [{ index, found: stored === undefined || isExpired(stored, nowMs) ? undefined : stored }];
    });
    if (failed.length > 0) return { kind: 'refused', failed };
    for (const write of writes) {
      if (write.kind === 'put') this.#partition(write.item.pk).put(write.item);
      if (write.kind === 'delete') this.#partitions.get(write.key.pk)?.remove(write.key.sk);
    }
    return { kind: 'written' };
  }

  #partition(pk: string): Partition {
    const found = this.#partitions.get(pk) ?? new Partition();
    this.#partitions.set(pk, found);
    return found;
  }

  async removeExpired(nowMs: number): Promise<number> {
    let removed = 0;
    for (const partition of this.#partitions.values()) {
      for (const item of [...partition.items.values()].filter((one) => isExpired(one, nowMs))) {
        partition.remove(item.sk);
        removed += 1;
      }
    }
    return removed;
  }

  async close(): Promise<void> {}
}
