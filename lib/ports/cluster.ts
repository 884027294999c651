// The port of what a running cluster tells about itself, read only: log task, safe points, stores, clock. Changes to a
// cluster go through br, never through here. Adapter: lib/pdhttp/pd-cluster.ts (PD over HTTP). Contract: test/contracts/.

import type { ClockFacts, ClusterFacts, SafePointFacts, StoreFacts } from '../domain/cluster-facts.ts';
import type { LogBackupFacts } from '../domain/log-task/log-task-facts.ts';

/** Everything that one look at a cluster shows. The parts are read one after the other, within seconds of each other. */
export interface ClusterObservation {
  readonly logBackup: LogBackupFacts;
  readonly safePoints: SafePointFacts;
  readonly cluster: ClusterFacts;
  readonly clock: ClockFacts;
}

/** What a store says to one of its settings; `unknown` when it does not answer, or does not tell. */
export type StoreSetting =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'unknown'; readonly problem: string };

/**
 * A cluster by its PD. Every call goes to one PD after the other until one answers; an answer is bounded in time and size.
 * Errors of all calls: PD_UNREACHABLE (may pass), PD_REFUSED (will not), both telling every address and its problem;
 * OBJECT_DAMAGED naming the etcd key, when the key of a task cannot be read. Nothing here retries beyond the addresses.
 */
export interface Cluster {
  /** For messages: the addresses, without user and password. */
  readonly name: string;

  /**
   * Log backup's keys, all at one revision of etcd. One request per thousand keys; a cluster has about ten, one of
   * TiKV 6.2 or 6.3 one for every region.
   */
  readLogTask(): Promise<LogBackupFacts>;

  /** Two requests: PD's own answer, and TiDB's saved safe point. */
  readSafePoints(): Promise<SafePointFacts>;

  /** Two requests: stores (no tombstones) and members. */
  readStores(): Promise<ClusterFacts>;

  /**
   * PD's clock, from the `Date` of an answer: whole seconds. One request. A TSO cannot be had over HTTP; who needs one
   * takes it from what br or TiDB wrote.
   */
  readClock(): Promise<ClockFacts>;

  /** All of the above in five requests (given fewer than a thousand keys); the clock comes with the members. */
  observe(): Promise<ClusterObservation>;

  /**
   * A setting by its dotted name (`log-backup.enable`) from the store's own status address. One request. Never fails: a
   * store that is down or hidden from us is a fact of the cluster.
   */
  readStoreSetting(store: StoreFacts, name: string): Promise<StoreSetting>;
}
