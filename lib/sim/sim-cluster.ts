// A simulated TiDB cluster: PD, TiDB, stores and a bucket, on a clock and a seed, the same to the byte each time. It lives by itself
// as the clock moves; what breaks in it is said from outside (faults.ts), and br changes it through PD and the bucket alone.

import { capabilities } from '../domain/capabilities.ts';
import { parseVersion, type Version } from '../domain/versions.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { LogTaskKeys } from './cluster/log-task-keys.ts';
import { SimPd } from './cluster/sim-pd.ts';
import { SimStores, type SimStoresOptions } from './cluster/sim-stores.ts';
import { SimTidb } from './cluster/sim-tidb.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimHistory } from './sim-history.ts';

export interface SimClusterOptions {
  readonly clusterId: bigint;
  /** With a v. */
  readonly version: string;
  readonly storeIds: readonly bigint[];
  /** `bucket/prefix` as storage URLs name it, without slashes at its ends. */
  readonly bucketPath: string;
  readonly flushing: Omit<SimStoresOptions, 'pauseForm'>;
}

export class SimCluster {
  readonly pd: SimPd;
  readonly keys: LogTaskKeys;
  readonly stores: SimStores;
  readonly tidb: SimTidb;
  readonly history: SimHistory;
  readonly options: SimClusterOptions;
  readonly version: Version;
  /** How a pause is written: JSON since 8.5.5 (FACTS §2.4). */
  readonly pauseForm: 'v1' | 'v2';
  readonly #clock: Clock;
  #armed = 0;
  #isStepping = false;
  #isOver = false;

  constructor(
    parts: {
      readonly clock: Clock;
      readonly random: SeededRandom;
      readonly history: SimHistory;
      /** As the stores reach it. */
      readonly bucket: ObjectStore;
    },
    options: SimClusterOptions,
  ) {
    const { clock, random, history, bucket } = parts;
    const { clusterId, version, storeIds, bucketPath, flushing } = options;
    this.#clock = clock;
    this.options = options;
    this.history = history;
    this.version = parseVersion(version);
    this.pauseForm = capabilities(this.version).pauseMessage === 'yes' ? 'v2' : 'v1';
    this.pd = new SimPd(clock, { clusterId, version, host: '10.0.0.1', stores: storeIds });
    const root = bucketPath.slice(bucketPath.indexOf('/') + 1);
    this.keys = new LogTaskKeys(this.pd.etcd, root === bucketPath ? '' : `${root}/`);
    this.stores = new SimStores({
      random,
      pd: this.pd,
      keys: this.keys,
      bucket,
      history,
      options: { ...flushing, pauseForm: this.pauseForm },
    });
    this.tidb = new SimTidb(this.pd, this.keys, this.stores, this.pauseForm);
  }

  /** PD itself is away, for everybody: nobody hears of anything. */
  hidePd(isHidden: boolean): void {
    this.stores.isPdHidden = isHidden;
    this.tidb.isPdHidden = isHidden;
    this.touch();
  }

  /** Something changed that the cluster looks at: it does so within a second. */
  touch(): void {
    this.#arm(1000);
  }

  /** Nothing happens any more. */
  stop(): void {
    this.#isOver = true;
  }

  #arm(inMs: number): void {
    this.#armed += 1;
    const mine = this.#armed;
    void this.#clock.sleep(inMs).then(async () => {
      if (this.#isOver || mine !== this.#armed) return;
      if (this.#isStepping) return this.#arm(1000);
      this.#isStepping = true;
      await this.#step();
      this.#isStepping = false;
      if (mine === this.#armed) this.#arm(Math.max(1000, this.#nextMs() - this.#clock.nowMs()));
    });
  }

  async #step(): Promise<void> {
    this.pd.etcd.expire(this.pd.nowMs());
    await this.stores.step();
    this.tidb.step();
    await this.stores.saveCheckpoint();
  }

  #nextMs(): number {
    return Math.min(this.stores.nextMs(), this.tidb.nextMs());
  }
}
