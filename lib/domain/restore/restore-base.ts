// The base of a restore by br: a full snapshot. br lays the log over one snapshot and knows no chain of incremental ones, which
// are for the engine of one machine alone. Chooses with the rules of base.ts among what br can take.

import { PitrError } from '../errors.ts';
import type { CatalogFacts } from '../facts.ts';
import type { Moment } from '../moment.ts';
import { describeTs } from '../ts.ts';
import { planRestore, type RestorePlan, type RestoreRequest } from './restore-plan.ts';

/** The facts without incremental snapshots. */
export function fullSnapshotsOnly(facts: CatalogFacts): CatalogFacts {
  return { ...facts, snapshots: facts.snapshots.filter(({ startTs }) => startTs === 0n) };
}

/**
 * The plan for br. `base`: taken if it still serves, so that what an earlier run began is gone on with. Errors: those of
 * planRestore; UNSUPPORTED with the chain's names where only incremental snapshots reach the moment.
 */
export function planForBr(facts: CatalogFacts, moment: Moment, base: string | undefined): RestorePlan {
  const full = fullSnapshotsOnly(facts);
  if (base !== undefined) {
    const again = attempt(full, moment, { snapshot: base });
    if (again.plan !== undefined) return again.plan;
  }
  const { plan, refusal } = attempt(full, moment, {});
  if (plan !== undefined) return plan;
  const chain = attempt(facts, moment, {}).plan?.chain ?? [];
  if (chain.length < 2) throw refusal;
  const names = chain.map(({ name }) => name);
  throw new PitrError(
    'UNSUPPORTED',
    `only the incremental snapshots ${names.slice(1).join(', ')} on ${names[0]} reach ${describeTs(moment.ts)}, and br restores from one full snapshot`,
    {
      hint: 'take a moment that a full snapshot and the log reach (pitr window); pitr restore brings this one into files',
      details: { moment: moment.ts, chain: names },
    },
  );
}

type Attempt =
  | { readonly plan: RestorePlan; readonly refusal: undefined }
  | { readonly plan: undefined; readonly refusal: PitrError };

function attempt(facts: CatalogFacts, moment: Moment, request: RestoreRequest): Attempt {
  try {
    return { plan: planRestore(facts, moment, request), refusal: undefined };
  } catch (caught) {
    if (caught instanceof PitrError) return { plan: undefined, refusal: caught };
    throw caught;
  }
}
