// One range of a cut by our own engine. A part that fails leaves its reason in the record: a flow that waits for many parts hears
// only that one failed.

import type { Facts } from '../../../domain/state/run-identity.ts';
import { cutRange, type MetaRange } from '../../truncation/native-truncation-range.ts';
import { failureOf } from '../failures.ts';
import type { CutCall } from './begin-cut.ts';
import type { CutDeps } from './cut-refusal.ts';
import { guardOfCut, noteSign, placeOfCut, readRunningCut } from './running-cut.ts';

export interface PartCall extends CutCall {
  readonly range: MetaRange;
  /** Of the plan, the same for all parts. */
  readonly shiftTs: bigint;
}

/**
 * Answers what was done, in numbers: `{objects, bytes, rewritten, metas, emptyMetas, undeleted}`. The same part twice at once is harmless.
 * Errors: LEASE_LOST, BR_LOCKED, INTERRUPTED, what is refused by now; those of cutRange and of the state table.
 */
export async function cutPart(deps: CutDeps, call: PartCall): Promise<Facts> {
  const stored = await readRunningCut(deps, call.id);
  const cut = stored.record;
  try {
    const store = await deps.openBucket();
    const guard = guardOfCut(deps, cut, { store, execution: call.execution });
    const range = { ...call.range, untilTs: cut.untilTs, shiftTs: call.shiftTs };
    const done = await cutRange(placeOfCut(store, cut), guard, range);
    const { objects, bytes, rewritten, metas, emptyMetas, undeletedCount } = done;
    await noteSign(deps, stored, call.execution, cut.failure);
    return { objects, bytes: `${bytes}`, rewritten, metas, emptyMetas, undeleted: undeletedCount };
  } catch (caught) {
    await noteSign(deps, stored, call.execution, failureOf(caught));
    throw caught;
  }
}
