// Pins and steps of a plan at once: a step writes into its plan that it begins, expecting the plan as it was before the pins were read; a pin,
// once it is there, writes the plans that are being carried out. So of the two one always meets the other.

import { PitrError } from '../../../domain/errors.ts';
import type { CatalogFacts } from '../../../domain/facts.ts';
import type { RetentionStep } from '../../../domain/retention/retention-plan.ts';
import { folderName } from '../../../domain/retention/retention-state.ts';
import type { HeldLease } from '../../../domain/state/lease.ts';
import type { PlanRecord } from '../../../domain/state/plan-record.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { StateDeps } from '../control-deps.ts';
import { retentionPlans, stepsIn } from './retention-records.ts';

/** Others may come in between; so many at once are none of ours. */
const mostRounds = 10;

/** In `plan` of the record: the number of the step that was begun last. */
const claimField = 'doing';

/** What somebody else wrote in between; everything else is an error. */
export function isConflict(caught: unknown): boolean {
  return caught instanceof PitrError && caught.code === 'STATE_CONFLICT';
}

/** Calls until no other writer was faster. Errors: those of `act`; STATE_CONFLICT after ten rounds. */
export async function untilNoConflict<T>(act: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await act();
    } catch (caught) {
      if (!isConflict(caught) || round === mostRounds) throw caught;
    }
  }
}

/**
 * Says in the plan that this step begins. `plan`: as it was read before the pins. Errors: STATE_CONFLICT when a pin came since: then they
 * have to be read again.
 */
export async function claimStep(
  { store, settings, nowMs }: StateDeps,
  { record, revision }: Stored<PlanRecord>,
  index: number,
  lease: HeldLease,
): Promise<void> {
  const claimed = { ...record, plan: { ...record.plan, [claimField]: index } };
  await store.commit({
    ...{ cluster: settings.name, nowMs: nowMs(), lease },
    records: [{ record: claimed, expect: revision }],
  });
}

/**
 * The steps that were begun, of plans that are being carried out; a step that begins later has read the pins that are there now. Errors:
 * those of the state table.
 */
export async function meetPlans(deps: StateDeps): Promise<readonly RetentionStep[]> {
  const { store, settings, nowMs } = deps;
  return await untilNoConflict(async () => {
    const used = (await retentionPlans(deps)).filter(({ record }) => record.state === 'used');
    for (const { record, revision } of used) {
      const records = [{ record, expect: revision }];
      await store.commit({ cluster: settings.name, nowMs: nowMs(), records });
    }
    return used.flatMap(({ record }) => begunStep(record) ?? []);
  });
}

function begunStep({ plan }: PlanRecord): RetentionStep | undefined {
  const index = plan[claimField];
  return typeof index === 'number' ? stepsIn(plan)[index] : undefined;
}

/** The bucket as it will be once these steps are done. A cut looks at the pins itself, when it begins. */
export function withoutTargets(facts: CatalogFacts, steps: readonly RetentionStep[]): CatalogFacts {
  const folders = new Set(steps.flatMap((step) => ('folder' in step ? [step.folder] : [])));
  const logs = new Set(steps.flatMap((step) => (step.kind === 'delete-log' ? [step.path] : [])));
  return {
    ...facts,
    snapshots: facts.snapshots.filter(({ name }) => !folders.has(folderName(name))),
    logs: facts.logs.filter(({ path }) => !logs.has(folderName(path))),
  };
}
