// The whole life of a simulated database, lived in advance: nothing that a backup does changes it, so every part of the simulator
// looks at the same history and sees of it what its own time allows.

import { type VersionedKey, versionedKeys } from './key-versions.ts';
import { logEvents, type SeenEvent } from './log-events.ts';
import type { ModelDatabase } from './model-database.ts';
import { SeededRandom } from './seeded-random.ts';
import { runWorkload, type WorkloadOptions } from './workload.ts';

export class SimHistory {
  readonly model: ModelDatabase;
  readonly keys: readonly VersionedKey[];
  readonly #seed: number;
  readonly #noisePercent: number;
  readonly #events = new Map<bigint, readonly SeenEvent[]>();
  /** Transactions that last: their locks hold back what a store calls resolved. By their begin. */
  readonly #long: readonly { readonly startTs: bigint; readonly commitTs: bigint }[];

  constructor(seed: number, workload: WorkloadOptions, { noisePercent }: { readonly noisePercent: number }) {
    this.#seed = seed;
    this.#noisePercent = noisePercent;
    this.model = runWorkload(new SeededRandom(seed), workload);
    this.keys = versionedKeys(this.model);
    this.#long = this.model.transactions
      .filter(({ startTs, commitTs }) => commitTs - startTs > 1000n << 18n)
      .map(({ startTs, commitTs }) => ({ startTs, commitTs }))
      .sort((a, b) => (a.startTs < b.startTs ? -1 : 1));
  }

  /** What TiKV sees of all that was committed after startTs, by the time at which it sees it. The same for every call. */
  eventsAfter(startTs: bigint): readonly SeenEvent[] {
    const known = this.#events.get(startTs);
    if (known !== undefined) return known;
    const random = new SeededRandom(this.#seed ^ Number(startTs & 0xffff_ffffn));
    const events = [
      ...logEvents(random, this.model, this.keys, startTs, { noisePercent: this.#noisePercent }),
    ].sort((a, b) => (a.seenTs < b.seenTs ? -1 : a.seenTs > b.seenTs ? 1 : 0));
    this.#events.set(startTs, events);
    return events;
  }

  /** Up to where no transaction that is under way at `ts` can still commit. */
  resolvedAt(ts: bigint): bigint {
    const open = this.#long.find(({ startTs, commitTs }) => startTs <= ts && commitTs > ts);
    return open === undefined ? ts : open.startTs - 1n;
  }
}
