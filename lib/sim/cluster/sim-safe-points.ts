// Service safe points with their ends, and the GC safe point that they hold back, by PD's rules (FACTS §2.7, §2.8).

interface ServicePoint {
  readonly ts: bigint;
  /** Unix ms; Infinity: never. */
  readonly expiresMs: number;
}

export interface ShownSafePoint {
  readonly id: string;
  readonly ts: bigint;
  readonly expiresMs: number;
}

const gcWorker = 'gc_worker';

export class SimSafePoints {
  readonly #services = new Map<string, ServicePoint>();
  #gcSafePoint = 0n;

  /** Versions at or before it are collected. */
  get gcSafePoint(): bigint {
    return this.#gcSafePoint;
  }

  /**
   * As `UpdateServiceGCSafePoint`: gives the least of all. A point that is not held, because something older than the least of
   * the others may be gone already, is one whose ts is before what this gives (FACTS §2.7). A TTL of 0 removes it.
   */
  update(id: string, ts: bigint, ttlSeconds: number, nowMs: number): bigint {
    this.#expire(nowMs);
    if (ttlSeconds <= 0) {
      this.#services.delete(id);
      return this.#least();
    }
    const least = this.#least();
    if (ts >= least) this.#services.set(id, { ts, expiresMs: nowMs + ttlSeconds * 1000 });
    return this.#least();
  }

  /** One round of TiDB's GC worker: collects up to `wantedTs`, or to the oldest safe point. */
  collect(wantedTs: bigint, nowMs: number): void {
    this.#expire(nowMs);
    const before = this.#services.get(gcWorker)?.ts ?? 0n;
    const ts = wantedTs > before ? wantedTs : before;
    this.#services.set(gcWorker, { ts, expiresMs: Number.POSITIVE_INFINITY });
    const least = this.#least();
    if (least > this.#gcSafePoint) this.#gcSafePoint = least;
  }

  /** What PD shows: it drops what is over at its next look. */
  shown(nowMs: number): readonly ShownSafePoint[] {
    this.#expire(nowMs);
    return [...this.#services]
      .map(([id, point]) => ({ id, ...point }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #expire(nowMs: number): void {
    for (const [id, { expiresMs }] of this.#services) if (expiresMs <= nowMs) this.#services.delete(id);
  }

  #least(): bigint {
    const all = [...this.#services.values()].map(({ ts }) => ts);
    return all.length === 0 ? 0n : all.reduce((min, ts) => (ts < min ? ts : min));
  }
}
