// What PD says about the cluster itself, as plain values: stores, members, what holds back garbage collection, its clock.
// `pd/` fills these from PD's answers; nothing here judges them.

export interface StoreFacts {
  readonly id: bigint;
  /** `host:port` of its gRPC service. */
  readonly address: string;
  /** `host:port` of its HTTP status service; empty when it has none. */
  readonly statusAddress: string;
  /** `8.5.0`, without a v. */
  readonly version: string;
  readonly engine: 'tikv' | 'tiflash';
  /** PD's word: `Up`, `Disconnected`, `Down`, `Offline` (being removed), `Tombstone`. */
  readonly state: string;
}

export interface MemberFacts {
  readonly name: string;
  readonly clientUrls: readonly string[];
  readonly version: string;
  readonly isLeader: boolean;
}

export interface ClusterFacts {
  readonly clusterId: bigint;
  readonly members: readonly MemberFacts[];
  readonly stores: readonly StoreFacts[];
}

/** Whose a service safe point is, by its id. FACTS §2.7 */
export type SafePointOwner =
  /** TiDB's own garbage collection. */
  | { readonly kind: 'gc-worker' }
  /** One run of br: backup, restore or log start. */
  | { readonly kind: 'br' }
  /** TiDB's advancer, for the log task. */
  | { readonly kind: 'advancer' }
  /** One store, for a log task. */
  | { readonly kind: 'store'; readonly task: string; readonly storeId: bigint }
  /** One store after a fatal error. */
  | { readonly kind: 'pause-guard'; readonly task: string; readonly storeId: bigint }
  /** `br log pause` and `resume`. */
  | { readonly kind: 'pause'; readonly task: string }
  /** Somebody else: a changefeed, an import, another tool. */
  | { readonly kind: 'other' };

export interface ServiceSafePoint {
  readonly id: string;
  readonly owner: SafePointOwner;
  /** History after it is kept. br stores what it needs minus 1. */
  readonly ts: bigint;
  /** Unix ms; undefined: never. */
  readonly expiresMs: number | undefined;
}

export interface SafePointFacts {
  readonly services: readonly ServiceSafePoint[];
  /** Versions at or before it may be gone; 0n: nothing was collected yet. */
  readonly gcSafePoint: bigint;
  /** What TiDB wrote at `/tidb/store/gcworker/saved_safe_point`; undefined when it did not. */
  readonly savedSafePoint: bigint | undefined;
}

/** The cluster's clock beside ours, at one request. */
export interface ClockFacts {
  /** Unix ms by PD's clock, at the middle of the request. */
  readonly serverMs: number;
  /** Unix ms by our clock at the same instant. */
  readonly localMs: number;
  /** The truth is within serverMs ± this: PD tells whole seconds, and the request took a while. */
  readonly uncertaintyMs: number;
}

/** How long a safe point still holds; Infinity for ever, 0 when it is over (PD drops it at its next look). */
export function ttlLeftMs(point: ServiceSafePoint, nowMs: number): number {
  if (point.expiresMs === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, point.expiresMs - nowMs);
}

/** Whether versions that `ts` needs are certainly still there. Equal already fails. FACTS §2.8 */
export function hasHistory(facts: SafePointFacts, ts: bigint): boolean {
  return ts > facts.gcSafePoint;
}
