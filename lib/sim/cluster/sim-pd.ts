// A simulated PD: its etcd, its safe points, its members and stores, and its HTTP answers as the bytes that PD would send. Whoever
// looks at it from outside reads those bytes with the readers of lib/pd.

import { msOfTs, tsFromMs } from '../../domain/ts.ts';
import type { Clock } from '../../ports/clock.ts';
import { SimEtcd } from './sim-etcd.ts';
import { SimSafePoints } from './sim-safe-points.ts';

export interface SimStoreInfo {
  readonly id: bigint;
  /** PD's word: `Up`, `Disconnected`, `Down`. */
  readonly state: string;
}

export interface SimPdOptions {
  readonly clusterId: bigint;
  /** With a v. */
  readonly version: string;
  /** `10.0.0.1`; stores and members have addresses on it. */
  readonly host: string;
  readonly stores: readonly bigint[];
}

const never = 9_223_372_036_854_775_807n;

export class SimPd {
  readonly etcd = new SimEtcd();
  readonly safePoints = new SimSafePoints();
  readonly options: SimPdOptions;
  readonly #clock: Pick<Clock, 'nowMs'>;
  #stores: readonly SimStoreInfo[];
  #lastTs = 0n;
  /** `STORE-ID NAME` → what that store says when it is asked for a setting. */
  readonly settings = new Map<string, string>();

  readonly #answered = new Map<string, { readonly text: string; readonly bytes: Uint8Array }>();

  constructor(clock: Pick<Clock, 'nowMs'>, options: SimPdOptions) {
    this.#clock = clock;
    this.options = options;
    this.#stores = options.stores.map((id) => ({ id, state: 'Up' }));
    for (const id of options.stores) this.settings.set(`${id} gc.ratio-threshold`, '1.1');
  }

  /** Unix ms by PD's clock. */
  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** A TSO that no other is equal to. */
  nextTs(): bigint {
    const now = tsFromMs(this.nowMs());
    this.#lastTs = now > this.#lastTs ? now : this.#lastTs + 1n;
    return this.#lastTs;
  }

  get stores(): readonly SimStoreInfo[] {
    return this.#stores;
  }

  setStoreState(id: bigint, state: string): void {
    this.#stores = this.#stores.map((store) => (store.id === id ? { id, state } : store));
  }

  /** The body of `GET path`; the same bytes as before where the answer is the same. */
  answer(path: string): Uint8Array {
    const text = this.#text(path);
    const before = this.#answered.get(path);
    if (before?.text === text) return before.bytes;
    const bytes = new TextEncoder().encode(text);
    this.#answered.set(path, { text, bytes });
    return bytes;
  }

  #text(path: string): string {
    const { clusterId, host, version } = this.options;
    const urls = `"client_urls":["http://${host}:2379"]`;
    const member = `{"name":"pd","member_id":3474484975246189105,${urls},"binary_version":"${version}"}`;
    switch (path) {
      case '/pd/api/v1/members':
        return `{"header":{"cluster_id":${clusterId}},"members":[${member}],"leader":${member}}`;
      case '/pd/api/v1/stores':
        return `{"count":${this.#stores.length},"stores":[${this.#stores.map((one) => this.#store(one)).join(',')}]}`;
      default:
        return this.#safePointText();
    }
  }

  #store({ id, state }: SimStoreInfo): string {
    const { host, version } = this.options;
    const port = 20_160n + id;
    const fields = {
      address: `${host}:${port}`,
      version: version.replace(/^v/, ''),
      status_address: `${host}:${port + 20n}`,
      state_name: state,
    };
    return `{"store":{"id":${id},${JSON.stringify(fields).slice(1)}}`;
  }

  #safePointText(): string {
    const shown = this.safePoints.shown(this.nowMs()).map(({ id, ts, expiresMs }) => {
      const expiredAt = Number.isFinite(expiresMs) ? BigInt(Math.floor(expiresMs / 1000)) : never;
      return `{"service_id":${JSON.stringify(id)},"expired_at":${expiredAt},"safe_point":${ts}}`;
    });
    return `{"service_gc_safe_points":[${shown.join(',')}],"gc_safe_point":${this.safePoints.gcSafePoint}}`;
  }

  /** Holds history from `ts` on, as br and TiKV ask for it: they store ts − 1. True when it is held. */
  hold(id: string, ts: bigint, ttlSeconds: number): boolean {
    return this.safePoints.update(id, ts - 1n, ttlSeconds, this.nowMs()) <= ts - 1n;
  }

  /** Whether the history that `ts` needs is still there: equal already fails (FACTS §2.8). */
  hasHistory(ts: bigint): boolean {
    return ts > this.safePoints.gcSafePoint;
  }

  /** TiDB's life time of old versions, ten minutes, and what holds it back (FACTS §2.7). */
  collectGarbage(lifeTimeMs: number): void {
    this.safePoints.collect(tsFromMs(msOfTs(this.nextTs()) - lifeTimeMs), this.nowMs());
  }
}
