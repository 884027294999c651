// What a planned restore needs to be carried out, as it stands in the facts of its plan: written once by plan-restore, read by
// all that follow. TSOs and bytes are decimal texts. Decides nothing.

import { PitrError } from '../../../domain/errors.ts';
import type { PlanRecord } from '../../../domain/state/plan-record.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { textFact, tsFact } from '../runs/run-facts.ts';

export interface PlannedRestore {
  readonly restoreTs: bigint;
  /** As it was asked for. */
  readonly asked: string;
  /** Folder of the full snapshot. */
  readonly base: string;
  readonly backupTs: bigint;
  /** 0n = unknown. */
  readonly sourceClusterId: bigint;
  /** Of the cluster that was backed up; empty when its snapshot does not tell. */
  readonly backupVersion: string;
  /** Folder of the log that is laid over the base; undefined: the base alone is the moment. */
  readonly logPath: string | undefined;
  /** False: accounts and other system tables are left out. */
  readonly withSystemTables: boolean;
}

export function factsOfPlanned(planned: PlannedRestore): Facts {
  return {
    restoreTs: `${planned.restoreTs}`,
    asked: planned.asked,
    base: planned.base,
    backupTs: `${planned.backupTs}`,
    sourceClusterId: `${planned.sourceClusterId}`,
    backupVersion: planned.backupVersion,
    logPath: planned.logPath ?? null,
    withSystemTables: planned.withSystemTables,
  };
}

/** Errors: INTERNAL for a plan that plan-restore did not write. */
export function plannedOf({ id, plan }: PlanRecord): PlannedRestore {
  const base = plan['base'];
  const restoreTs = tsFact(plan, 'restoreTs');
  if (typeof base !== 'string' || restoreTs === 0n) {
    throw new PitrError('INTERNAL', `the plan ${id} is not one of a restore: it names no base and no moment`);
  }
  const logPath = plan['logPath'];
  return {
    restoreTs,
    asked: textFact(plan, 'asked'),
    base,
    backupTs: tsFact(plan, 'backupTs'),
    sourceClusterId: tsFact(plan, 'sourceClusterId'),
    backupVersion: textFact(plan, 'backupVersion'),
    logPath: typeof logPath === 'string' ? logPath : undefined,
    withSystemTables: plan['withSystemTables'] !== false,
  };
}
