// The TiKV stores of a simulated cluster: they observe the log task, flush what they saw as real objects, save checkpoints, hold
// history, and give up when the storage does not take it (FACTS §2.6). Who restarts them, and what breaks, is decided elsewhere.

import { keyOf } from '../../br/layout.ts';
import { checkpointTsBytes } from '../../br/locks.ts';
import { PitrError } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { type FlushOptions, flushObjects } from '../log-builder.ts';
import type { SeenEvent } from '../log-events.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SimHistory } from '../sim-history.ts';
import type { LogTaskKeys, StartedTask } from './log-task-keys.ts';
import type { SimPd } from './sim-pd.ts';
import { SimRegions } from './sim-regions.ts';

interface Store {
  readonly id: bigint;
  isUp: boolean;
  nextFlushMs: number;
  failures: number;
}

/** The task as the stores run it. */
interface ObservedTask {
  readonly name: string;
  /** etcd's, of its key: another one is another task. */
  readonly revision: bigint;
  readonly startTs: bigint;
  readonly folder: string;
  readonly events: readonly SeenEvent[];
  isPaused: boolean;
  /** The checkpoint that all stores have saved. */
  savedTs: bigint;
}

export interface SimStoresOptions extends FlushOptions {
  readonly flushEveryMs: number;
  readonly regionCount: number;
  readonly pauseForm: 'v1' | 'v2';
}

/** Between two tries of a flush that failed. */
const retryMs = 10_000;
/** More failures than this in a row are fatal. */
const mostFailures = 30;
const day = 86_400;

export class SimStores {
  readonly #random: SeededRandom;
  readonly #pd: SimPd;
  readonly #keys: LogTaskKeys;
  readonly #bucket: ObjectStore;
  readonly #history: SimHistory;
  readonly #options: SimStoresOptions;
  readonly #stores: readonly Store[];
  readonly #regions: SimRegions;
  #task: ObservedTask | undefined;
  /** PD cannot be reached by the stores: they flush, and tell nobody. */
  isPdHidden = false;
  /** How often a store wrote to the bucket. */
  flushes = 0;

  constructor(parts: {
    readonly random: SeededRandom;
    readonly pd: SimPd;
    readonly keys: LogTaskKeys;
    readonly bucket: ObjectStore;
    readonly history: SimHistory;
    readonly options: SimStoresOptions;
  }) {
    this.#random = parts.random;
    this.#pd = parts.pd;
    this.#keys = parts.keys;
    this.#bucket = parts.bucket;
    this.#history = parts.history;
    this.#options = parts.options;
    const ids = parts.pd.options.stores;
    this.#stores = ids.map((id) => ({ id, isUp: true, nextFlushMs: 0, failures: 0 }));
    this.#regions = new SimRegions(parts.options.regionCount, ids);
  }

  /** What the advancer hears: the least of all regions; undefined without a task that runs. */
  get checkpointTs(): bigint | undefined {
    if (this.#task === undefined || this.#task.isPaused) return undefined;
    return this.#regions.checkpointTs;
  }

  get upStores(): readonly bigint[] {
    return this.#stores.filter(({ isUp }) => isUp).map(({ id }) => id);
  }

  /** A store is gone: others lead its regions, and read again what it saw and did not flush. */
  lose(id: bigint): void {
    const others = this.#stores.filter((store) => store.isUp && store.id !== id);
    const lost = this.#stores.find((store) => store.id === id);
    if (lost === undefined || others.length === 0) return;
    lost.isUp = false;
    this.#regions.leave(id, () => this.#random.pick(others).id);
    this.#pd.setStoreState(id, 'Disconnected');
  }

  bringBack(id: bigint): void {
    const store = this.#stores.find((one) => one.id === id);
    if (store === undefined || store.isUp) return;
    store.isUp = true;
    store.failures = 0;
    store.nextFlushMs = this.#pd.nowMs() + this.#options.flushEveryMs;
    this.#regions.comeBack(id);
    this.#pd.setStoreState(id, 'Up');
  }

  /** When one of them wants to do something next, unix ms. */
  nextMs(): number {
    if (this.#task === undefined || this.#task.isPaused) return Number.POSITIVE_INFINITY;
    return Math.min(...this.#stores.filter(({ isUp }) => isUp).map(({ nextFlushMs }) => nextFlushMs));
  }

  /** Does what is due now. */
  async step(): Promise<void> {
    if (!this.isPdHidden) this.#watchTask();
    const task = this.#task;
    if (task === undefined || task.isPaused) return;
    for (const store of this.#stores) {
      if (!store.isUp || store.nextFlushMs > this.#pd.nowMs()) continue;
      await this.#flushSafely(task, store);
      if (this.#task !== task || task.isPaused) return;
    }
  }

  #watchTask(): void {
    const [name] = this.#keys.names();
    if (name === undefined) {
      this.#task = undefined;
      return;
    }
    const revision = this.#keys.revision(name);
    const info = this.#task?.revision === revision ? undefined : this.#keys.info(name);
    if (info !== undefined) this.#begin(name, revision, info);
    const isPaused = this.#keys.isPaused(name);
    if (this.#task === undefined || isPaused === this.#task.isPaused) return;
    this.#task.isPaused = isPaused;
    // What was seen and not flushed is forgotten by a pause, and read again after it.
    if (!isPaused) this.#scanAgain(this.#keys.advanced(name));
  }

  #begin(name: string, revision: bigint, { startTs, folder }: StartedTask): void {
    const events = this.#history.eventsAfter(startTs);
    const isPaused = this.#keys.isPaused(name);
    this.#task = { name, revision, startTs, folder, events, isPaused, savedTs: 0n };
    this.#regions.begin(startTs);
    this.#spreadFlushes();
  }

  #scanAgain(globalTs: bigint | undefined): void {
    this.#regions.scanAgain(globalTs);
    for (const store of this.#stores) store.failures = 0;
    this.#spreadFlushes();
  }

  #spreadFlushes(): void {
    const { flushEveryMs } = this.#options;
    for (const store of this.#stores) {
      store.nextFlushMs = this.#pd.nowMs() + this.#random.between(5_000, flushEveryMs);
    }
  }

  async #flushSafely(task: ObservedTask, store: Store): Promise<void> {
    try {
      await this.#flush(task, store);
      store.failures = 0;
      store.nextFlushMs = this.#pd.nowMs() + this.#options.flushEveryMs;
    } catch (caught) {
      if (!(caught instanceof PitrError)) throw caught;
      store.failures += 1;
      store.nextFlushMs = this.#pd.nowMs() + retryMs;
      if (store.failures > mostFailures && !this.isPdHidden) this.#giveUp(task, store, caught);
    }
  }

  async #flush(task: ObservedTask, store: Store): Promise<void> {
    const flushTs = this.#pd.nextTs();
    const events = this.#regions.unflushed(store.id, task.events, flushTs);
    const flush = { storeId: store.id, flushTs, events: this.#random.shuffled(events) };
    for (const { key, bytes } of flushObjects(this.#random, flush, this.#options)) {
      await this.#bucket.put(`${task.folder}${key}`, bytes);
    }
    this.flushes += 1;
    this.#regions.flushed(store.id, flushTs, this.#history.resolvedAt(flushTs));
    const globalTs = this.#keys.advanced(task.name) ?? task.startTs;
    if (!this.isPdHidden) this.#pd.hold(`backup-stream-${task.name}-${store.id}`, globalTs, 7200);
  }

  /** The global checkpoint as the stores know it, into bucket and PD, where it is further than before: every few seconds. */
  async saveCheckpoint(): Promise<void> {
    const task = this.#task;
    if (task === undefined || task.isPaused || this.isPdHidden) return;
    const globalTs = this.#keys.advanced(task.name);
    if (globalTs === undefined || globalTs <= task.savedTs) return;
    for (const { id } of this.#stores.filter(({ isUp }) => isUp)) {
      const key = keyOf({ kind: 'store-checkpoint', storeId: id });
      try {
        await this.#bucket.put(`${task.folder}${key}`, checkpointTsBytes(globalTs));
      } catch (caught) {
        if (caught instanceof PitrError) return;
        throw caught;
      }
      // The task may be gone meanwhile, and its keys with it.
      if (this.#task !== task || !this.#keys.names().includes(task.name)) return;
      this.#keys.persist(task.name, id, globalTs);
      task.savedTs = globalTs;
    }
  }

  #giveUp(task: ObservedTask, { id }: Store, { message }: PitrError): void {
    const { name, startTs } = task;
    const checkpoint = this.#keys.advanced(name) ?? startTs;
    this.#pd.hold(`${name}-${id}-pause-guard`, checkpoint, day);
    const failure = { storeId: id, atMs: this.#pd.nowMs(), code: 'KV:LogBackup:Io', message };
    this.#keys.fail(name, failure, this.#options.pauseForm);
    task.isPaused = true;
  }
}
