// The regions of a simulated cluster: who leads each, and up to where its changes were flushed. A new leader begins where the cluster
// knows the old one to be, so what was seen and not flushed is read again, and what was flushed comes twice.

import type { SeenEvent } from '../log-events.ts';

interface Region {
  readonly id: number;
  storeId: bigint;
  /** What was seen up to it is in the bucket. */
  flushedTs: bigint;
  /** What its leader tells TiDB: no transaction can commit before it any more, and all that did is in the bucket. */
  checkpointTs: bigint;
}

export class SimRegions {
  readonly #regions: readonly Region[];
  readonly #home: readonly bigint[];

  constructor(count: number, storeIds: readonly bigint[]) {
    this.#home = Array.from({ length: count }, (_, id) => storeIds[id % storeIds.length] ?? 1n);
    this.#regions = this.#home.map((storeId, id) => ({ id, storeId, flushedTs: 0n, checkpointTs: 0n }));
  }

  /** The least of all. */
  get checkpointTs(): bigint {
    const all = this.#regions.map(({ checkpointTs }) => checkpointTs);
    return all.reduce((min, ts) => (ts < min ? ts : min));
  }

  /** A task begins: everything after its start is to be read. */
  begin(startTs: bigint): void {
    for (const region of this.#regions) {
      region.flushedTs = 0n;
      region.checkpointTs = startTs;
    }
  }

  /** A store is gone: others lead what it led. */
  leave(storeId: bigint, next: () => bigint): void {
    for (const region of this.#regions.filter((one) => one.storeId === storeId)) {
      region.storeId = next();
      region.flushedTs = region.checkpointTs;
    }
  }

  comeBack(storeId: bigint): void {
    for (const region of this.#regions.filter(({ id }) => this.#home[id] === storeId)) {
      if (region.storeId === storeId) continue;
      region.storeId = storeId;
      region.flushedTs = region.checkpointTs;
    }
  }

  /** After a pause: from the global checkpoint on, where there is one. */
  scanAgain(globalTs: bigint | undefined): void {
    for (const region of this.#regions) {
      const from = globalTs ?? region.checkpointTs;
      if (region.flushedTs > from) region.flushedTs = from;
      if (region.checkpointTs > from) region.checkpointTs = from;
    }
  }

  /** What a store has to flush: `events` by the time at which they were seen. */
  unflushed(storeId: bigint, events: readonly SeenEvent[], flushTs: bigint): SeenEvent[] {
    const own = this.#regions.filter((region) => region.storeId === storeId);
    return own.flatMap((region) => {
      const found: SeenEvent[] = [];
      for (let at = firstAfter(events, region.flushedTs); at < events.length; at++) {
        const event = events[at];
        if (event === undefined || event.seenTs > flushTs) break;
        if (this.#regionOf(event) === region.id) found.push(event);
      }
      return found;
    });
  }

  flushed(storeId: bigint, flushTs: bigint, resolvedTs: bigint): void {
    for (const region of this.#regions.filter((one) => one.storeId === storeId)) {
      region.flushedTs = flushTs;
      if (resolvedTs > region.checkpointTs) region.checkpointTs = resolvedTs;
    }
  }

  #regionOf({ rawKey }: SeenEvent): number {
    return (rawKey[rawKey.length - 1] ?? 0) % this.#regions.length;
  }
}

/** The first event that was seen after ts. */
function firstAfter(events: readonly SeenEvent[], ts: bigint): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.seenTs ?? 0n) <= ts) low = middle + 1;
    else high = middle;
  }
  return low;
}
