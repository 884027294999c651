// The part of etcd that log backup uses: keys with revisions, and leases that take their keys with them. Keys are latin1 text: one
// character, one byte.

import type { EtcdKeyValue } from '../../pd/range.ts';

interface Entry {
  readonly value: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly lease: bigint;
}

export class SimEtcd {
  #revision = 100n;
  readonly #entries = new Map<string, Entry>();
  /** Lease → when it ends, unix ms. */
  readonly #leases = new Map<bigint, number>();
  #nextLease = 7_587_000_000_000_001n;

  get revision(): bigint {
    return this.#revision;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string): Uint8Array | undefined {
    return this.#entries.get(key)?.value;
  }

  modRevision(key: string): bigint {
    return this.#entries.get(key)?.modRevision ?? 0n;
  }

  /** One transaction: all puts and removals share a revision. */
  write(
    puts: Readonly<Record<string, Uint8Array | string>>,
    removed: readonly string[] = [],
    lease = 0n,
  ): void {
    this.#revision += 1n;
    for (const key of removed) this.#entries.delete(key);
    for (const [key, value] of Object.entries(puts)) {
      const createRevision = this.#entries.get(key)?.createRevision ?? this.#revision;
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      this.#entries.set(key, { value: bytes, createRevision, modRevision: this.#revision, lease });
    }
  }

  keysBelow(prefix: string): readonly string[] {
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** All keys in byte order. */
  keyValues(): readonly EtcdKeyValue[] {
    return [...this.#entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => ({ ...entry, key: Uint8Array.from(key, (one) => one.charCodeAt(0)) }));
  }

  grantLease(untilMs: number): bigint {
    const lease = this.#nextLease;
    this.#nextLease += 1n;
    this.#leases.set(lease, untilMs);
    return lease;
  }

  /** False when it has ended: what it held is gone then. */
  keepAlive(lease: bigint, untilMs: number): boolean {
    if (!this.#leases.has(lease)) return false;
    this.#leases.set(lease, untilMs);
    return true;
  }

  /** Ends the leases whose time has come. */
  expire(nowMs: number): void {
    for (const [lease, untilMs] of this.#leases) if (untilMs <= nowMs) this.revoke(lease);
  }

  revoke(lease: bigint): void {
    if (!this.#leases.delete(lease)) return;
    const keys = [...this.#entries].filter(([, entry]) => entry.lease === lease).map(([key]) => key);
    if (keys.length > 0) this.write({}, keys);
  }
}
