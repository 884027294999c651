// The records of one restore as the state has them: its run and its plan. Decides nothing.

import { PitrError } from '../../../domain/errors.ts';
import type { PlanRecord } from '../../../domain/state/plan-record.ts';
import type { RestoreRun } from '../../../domain/state/restore-run.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { StateDeps } from '../control-deps.ts';

/** A restore that was planned: all but one that was refused at once. */
export type PlannedRun = Exclude<RestoreRun, { readonly state: 'refused' }>;

/** The fields of every state of one that was planned. */
export function fieldsOfRun(run: PlannedRun) {
  const { shape, cluster, id, requestedMs, requestedBy, restoreTs, targetPd, tables, planId, base } = run;
  return { shape, cluster, id, requestedMs, requestedBy, restoreTs, targetPd, tables, planId, base };
}

/** Errors: INVALID_INPUT when there is no such restore; those of the state table. */
export async function readRestore(
  { store, settings, nowMs }: StateDeps,
  id: string,
): Promise<Stored<RestoreRun>> {
  const found = await store.get({ cluster: settings.name, kind: 'restore', id }, nowMs());
  if (found !== undefined) return found;
  throw new PitrError('INVALID_INPUT', `there is no restore ${id} of ${settings.name}`, {
    hint: 'the flow restore-to-point plans it in its first state; pitr status shows what there is',
    details: { id },
  });
}

/** As `readRestore`, and it was not refused. Errors: INVALID_INPUT also for one that was. */
export async function readPlannedRestore(deps: StateDeps, id: string): Promise<Stored<PlannedRun>> {
  const { record, revision } = await readRestore(deps, id);
  if (record.state !== 'refused') return { record, revision };
  throw new PitrError('INVALID_INPUT', `the restore ${id} was refused: ${record.refusal.message}`, {
    hint: record.refusal.hint,
    details: { id },
  });
}

/** Errors: INVALID_INPUT when its time is over; those of the state table. */
export async function readPlan(
  { store, settings, nowMs }: StateDeps,
  planId: string,
): Promise<Stored<PlanRecord>> {
  const found = await store.get({ cluster: settings.name, kind: 'plan', id: planId }, nowMs());
  if (found !== undefined) return found;
  throw new PitrError('INVALID_INPUT', `the plan ${planId} of ${settings.name} is not there any more`, {
    hint: 'plans are kept for 60 days; start the restore anew',
    details: { planId },
  });
}
