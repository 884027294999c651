// The cluster that a simulated br restores into: its PD, the registry of restores, and what was restored into it. Empty at first.

import type { SimPd } from '../cluster/sim-pd.ts';

/** A row of the registry (FACTS §6.6). */
export interface RegisteredRestore {
  readonly id: bigint;
  readonly restoredTs: bigint;
  state: 'running' | 'paused';
  /** Of the run that keeps it alive, unix ms. */
  heartbeatMs: number;
  /** The snapshot is restored: what goes on goes on with the log. */
  snapshotDone: boolean;
}

/** What a restore brought, for whoever judges it. */
export interface RestoredContents {
  readonly restoredTs: bigint;
  /** Of the snapshot, below the bucket's root. */
  readonly snapshotFolder: string;
  /** undefined: the snapshot alone. */
  readonly logFolder: string | undefined;
}

export class SimTarget {
  readonly pd: SimPd;
  registry: RegisteredRestore | undefined;
  isEmpty = true;
  #nextId = 1n;

  constructor(pd: SimPd) {
    this.pd = pd;
  }

  register(restoredTs: bigint, nowMs: number): RegisteredRestore {
    this.registry = {
      id: this.#nextId,
      restoredTs,
      state: 'running',
      heartbeatMs: nowMs,
      snapshotDone: false,
    };
    this.#nextId += 1n;
    return this.registry;
  }

  /** `gc.ratio-threshold` of all stores (FACTS §6.4). */
  setGcRatio(ratio: string): void {
    for (const id of this.pd.options.stores) this.pd.settings.set(`${id} gc.ratio-threshold`, ratio);
  }
}
