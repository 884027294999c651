// A plan that was shown to somebody and may be carried out once: what was seen is what is done, and never twice.
// Must not know what the plan says.

import type { Facts, Work } from './run-identity.ts';

interface Plan {
  readonly shape: 'plan/v1';
  readonly cluster: string;
  readonly id: string;
  readonly work: Work;
  readonly madeMs: number;
  readonly madeBy: string;
  /** After this it can no longer be used, and its record goes. Unix ms. */
  readonly expiresMs: number;
  readonly plan: Facts;
}

export type PlanRecord =
  | (Plan & { readonly state: 'open' })
  | (Plan & {
      readonly state: 'used';
      readonly usedMs: number;
      readonly usedBy: string;
      readonly usedFor: string;
    })
  /** Carried out, as far as it went. */
  | (Plan & {
      readonly state: 'done';
      readonly usedMs: number;
      readonly usedBy: string;
      readonly usedFor: string;
      readonly endedMs: number;
      /** What was done, and what was not and why. */
      readonly result: Facts;
    })
  /** Somebody does not want it to be carried out. */
  | (Plan & {
      readonly state: 'vetoed';
      readonly vetoedMs: number;
      readonly vetoedBy: string;
      readonly why: string;
    });

/** What came of the wish to use a plan. */
export type PlanUse =
  | { readonly kind: 'used'; readonly record: Extract<PlanRecord, { state: 'used' }> }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * The plan as used by this run. Refused when it was used by another run or has expired; using it again for the same run
 * gives the same record. The write has to expect the revision that was read: only then it is used once.
 */
export function usePlan(record: PlanRecord, use: { by: string; for: string; nowMs: number }): PlanUse {
  if (record.state === 'used') {
    if (record.usedFor === use.for) return { kind: 'used', record };
    return {
      kind: 'refused',
      reason: `plan ${record.id} was used by ${record.usedBy} for ${record.usedFor}`,
    };
  }
  const over = whyOver(record);
  if (over !== undefined || record.state !== 'open') return { kind: 'refused', reason: over ?? '' };
  if (record.expiresMs <= use.nowMs) {
    const expired = new Date(record.expiresMs).toISOString();
    return { kind: 'refused', reason: `plan ${record.id} expired at ${expired}` };
  }
  return {
    kind: 'used',
    record: { ...record, state: 'used', usedMs: use.nowMs, usedBy: use.by, usedFor: use.for },
  };
}

function whyOver(record: PlanRecord): string | undefined {
  switch (record.state) {
    case 'done':
      return `plan ${record.id} was carried out by ${record.usedBy} for ${record.usedFor}`;
    case 'vetoed':
      return `plan ${record.id} was vetoed by ${record.vetoedBy}: ${record.why}`;
    default:
      return undefined;
  }
}
