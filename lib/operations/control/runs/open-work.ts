// Which kinds of work br does for us: a record by its kind and id, as `BrWork`.

import { PitrError } from '../../../domain/errors.ts';
import type { RecordKind } from '../../../domain/state/task-record.ts';
import type { BrWorkDeps } from '../control-deps.ts';
import { plannedOf } from '../restore/restore-plan-facts.ts';
import { readPlan, readPlannedRestore } from '../restore/restore-records.ts';
import { endedRuns, runsOfWork } from './br-runs.ts';
import type { BrWork } from './br-work.ts';
import { restoreWork } from './restore-work.ts';
import { snapshotWork } from './snapshot-work.ts';
import { taskChangeWork } from './task-change-work.ts';
import { truncationWork } from './truncation-work.ts';

/** Kinds of work that runs of br are for. */
export const brWorks = ['snapshot', 'truncation', 'log-task', 'restore'] as const;
export type BrWorkName = (typeof brWorks)[number];

const kindOfWork = {
  snapshot: 'snapshot',
  truncation: 'truncation',
  'log-task': 'task-change',
  restore: 'restore',
} as const satisfies Record<BrWorkName, RecordKind>;

/** Reads the record and opens it. Errors: INVALID_INPUT when there is none; those of the state table. */
export async function openWork(deps: BrWorkDeps, work: BrWorkName, id: string): Promise<BrWork> {
  const cluster = deps.settings.name;
  const nowMs = deps.nowMs();
  switch (work) {
    case 'snapshot':
      return snapshotWork(
        deps,
        there(await deps.store.get({ cluster, kind: 'snapshot', id }, nowMs), work, id),
      );
    case 'truncation':
      return truncationWork(
        deps,
        there(await deps.store.get({ cluster, kind: 'truncation', id }, nowMs), work, id),
      );
    case 'log-task':
      return taskChangeWork(
        deps,
        there(await deps.store.get({ cluster, kind: 'task-change', id }, nowMs), work, id),
      );
    case 'restore':
      return await openRestore(deps, id);
    default:
      return work satisfies never;
  }
}

/** Its plan says what is restored; its runs, what they left. */
async function openRestore(deps: BrWorkDeps, id: string): Promise<BrWork> {
  const stored = await readPlannedRestore(deps, id);
  const plan = await readPlan(deps, stored.record.planId);
  const ended = endedRuns(await runsOfWork(deps, 'restore', id));
  return restoreWork(deps, stored, { planned: plannedOf(plan.record), ended });
}

function there<T>(found: T | undefined, work: BrWorkName, id: string): T {
  if (found !== undefined) return found;
  throw new PitrError('INVALID_INPUT', `there is no ${kindOfWork[work]} ${id}`, {
    hint: 'a flow is started for a record that was planned before; pitr status shows what there is',
    details: { work, id },
  });
}
