// The TiDB servers of a simulated cluster as far as log backup needs them: the advancer of the checkpoint and the worker of garbage
// collection (FACTS §2.6, §2.7). Without them the checkpoint stands still, and nothing is collected.

import { msOfTs } from '../../domain/ts.ts';
import { type LogTaskKeys, ownerPrefix } from './log-task-keys.ts';
import type { SimPd } from './sim-pd.ts';
import type { SimStores } from './sim-stores.ts';

const ownerLeaseMs = 60_000;
const gcEveryMs = 600_000;
const gcLifeTimeMs = 600_000;
const day = 86_400;
const coordinator = 'log-backup-coordinator';

export class SimTidb {
  readonly #pd: SimPd;
  readonly #keys: LogTaskKeys;
  readonly #stores: SimStores;
  readonly #pauseForm: 'v1' | 'v2';
  /** Any TiDB server runs. */
  isUp = true;
  /** The advancer is there and does nothing, as in tidb#53047: PD calls the task normal. */
  isStuck = false;
  isPdHidden = false;
  /** `tidb_advancer_check_point_lag_limit`, which can be set since 8.5.5. */
  lagLimitMs = 48 * 3_600_000;
  #lease = 0n;
  #nextGcMs = 0;
  #coordinated = false;

  constructor(pd: SimPd, keys: LogTaskKeys, stores: SimStores, pauseForm: 'v1' | 'v2') {
    this.#pd = pd;
    this.#keys = keys;
    this.#stores = stores;
    this.#pauseForm = pauseForm;
  }

  /** When it wants to do something next by itself, unix ms. */
  nextMs(): number {
    return this.#nextGcMs;
  }

  step(): void {
    const nowMs = this.#pd.nowMs();
    if (!this.isUp || this.isPdHidden) {
      this.#nextGcMs = Math.max(this.#nextGcMs, nowMs + gcEveryMs);
      return;
    }
    this.#standForOwner(nowMs);
    if (!this.isStuck) this.#advance(nowMs);
    if (nowMs < this.#nextGcMs) return;
    this.#nextGcMs = nowMs + gcEveryMs;
    this.#pd.collectGarbage(gcLifeTimeMs);
  }

  /** Its lease is renewed at each step, and a step comes at least as often as garbage is collected. */
  #standForOwner(nowMs: number): void {
    const untilMs = nowMs + gcEveryMs + ownerLeaseMs;
    if (this.#pd.etcd.keepAlive(this.#lease, untilMs)) return;
    this.#lease = this.#pd.etcd.grantLease(untilMs);
    const key = `${ownerPrefix}${this.#lease.toString(16)}`;
    this.#pd.etcd.write({ [key]: 'da8d97a3-3e25-4703-8c4e-232e6b19a1ed' }, [], this.#lease);
  }

  /** All servers are gone: the owner's lease ends within a minute (FACTS §9.1). */
  stop(): void {
    this.isUp = false;
    this.#pd.etcd.keepAlive(this.#lease, this.#pd.nowMs() + ownerLeaseMs);
  }

  #advance(nowMs: number): void {
    const [name] = this.#keys.names();
    if (name === undefined) {
      if (this.#coordinated) this.#pd.safePoints.update(coordinator, 0n, 0, nowMs);
      this.#coordinated = false;
      return;
    }
    if (this.#keys.isPaused(name)) return;
    const heard = this.#stores.checkpointTs;
    const before = this.#keys.advanced(name);
    if (heard !== undefined && heard > (before ?? 0n)) this.#keys.advance(name, heard);
    const checkpoint = this.#keys.advanced(name);
    if (checkpoint === undefined) return;
    this.#pd.hold(coordinator, checkpoint, day);
    this.#coordinated = true;
    if (nowMs - msOfTs(checkpoint) <= this.lagLimitMs) return;
    this.#keys.failForLag(name, 'tidb-0', nowMs, 'check point lagged too large', this.#pauseForm);
  }
}
