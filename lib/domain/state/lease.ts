// The right to do one kind of work on one cluster for a while: who gets it, with which fence, and what a write may say.
// Pure: the time is an argument. Two clocks may disagree; the fence, not the time, keeps two holders apart.

import type { Work } from './run-identity.ts';

interface LeaseOfWork {
  readonly shape: 'lease/v1';
  readonly cluster: string;
  readonly work: Work;
  /** Only grows, by one with every new holding; never reused, also not after a release. u64. */
  readonly fence: bigint;
}

export type Lease =
  | (LeaseOfWork & {
      readonly state: 'held';
      readonly holder: string;
      readonly acquiredMs: number;
      readonly expiresMs: number;
    })
  | (LeaseOfWork & { readonly state: 'free'; readonly releasedMs: number });

/** What a holder shows with every write. */
export interface HeldLease {
  readonly cluster: string;
  readonly work: Work;
  /** Names one run of one program, such as an execution's name; two that run at once never share it. */
  readonly holder: string;
  readonly fence: bigint;
}

export interface LeaseRequest {
  readonly cluster: string;
  readonly work: Work;
  readonly holder: string;
  readonly ttlMs: number;
  readonly nowMs: number;
}

export type Acquisition =
  /** `write` is the lease to store. */
  | { readonly kind: 'granted'; readonly write: Extract<Lease, { state: 'held' }> }
  | { readonly kind: 'held'; readonly by: string; readonly fence: bigint; readonly expiresMs: number };

/**
 * Decides on a request. Free, run out or never held: granted with the next fence. Held by the same holder: granted with the
 * same fence, and longer, because its answer may have been lost. Held by another: refused, with who and until when.
 */
export function decideAcquire(found: Lease | undefined, request: LeaseRequest): Acquisition {
  const { cluster, work, holder, nowMs } = request;
  const expiresMs = nowMs + request.ttlMs;
  if (found?.state === 'held' && found.expiresMs > nowMs) {
    if (found.holder !== holder) {
      return { kind: 'held', by: found.holder, fence: found.fence, expiresMs: found.expiresMs };
    }
    return { kind: 'granted', write: { ...found, expiresMs: Math.max(expiresMs, found.expiresMs) } };
  }
  return {
    kind: 'granted',
    write: {
      shape: 'lease/v1',
      cluster,
      work,
      fence: (found?.fence ?? 0n) + 1n,
      state: 'held',
      holder,
      acquiredMs: nowMs,
      expiresMs,
    },
  };
}

/** Whether this lease still belongs to who shows it. One that ran out does, as long as nobody else took it. */
export function isHeldBy(
  found: Lease | undefined,
  shown: HeldLease,
): found is Extract<Lease, { state: 'held' }> {
  return found?.state === 'held' && found.fence === shown.fence && found.holder === shown.holder;
}

/** The lease until now + ttl, never shorter than before; undefined when it is another's by now. */
export function decideRenew(
  found: Lease | undefined,
  shown: HeldLease,
  ttlMs: number,
  nowMs: number,
): Extract<Lease, { state: 'held' }> | undefined {
  if (!isHeldBy(found, shown)) return undefined;
  return { ...found, expiresMs: Math.max(found.expiresMs, nowMs + ttlMs) };
}

/** The lease as given back; undefined when it is not the shower's to give. The fence stays, so that it cannot be had again. */
export function decideRelease(found: Lease | undefined, shown: HeldLease, nowMs: number): Lease | undefined {
  if (!isHeldBy(found, shown)) return undefined;
  const { shape, cluster, work, fence } = found;
  return { shape, cluster, work, fence, state: 'free', releasedMs: nowMs };
}

/** What became of a lease, in words for an error. */
export function describeLease(found: Lease | undefined): string {
  if (found === undefined) return 'nobody ever held it';
  if (found.state === 'free') return `it was given back with fence ${found.fence}`;
  return `${found.holder} holds it with fence ${found.fence}`;
}
