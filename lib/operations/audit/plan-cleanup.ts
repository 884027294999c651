// `pitr audit --plan`: an audit, and beside it the plan of what may be removed, kept for `--apply`. Removes nothing.

import { type CleanupPlan, planCleanup } from '../../domain/audit/cleanup-plan.ts';
import type { CleanupRecord } from '../../domain/audit/cleanup-record.ts';
import { runId } from '../../domain/state/run-identity.ts';
import type { CleanupPlans } from '../../ports/cleanup-plans.ts';
import { type AuditDeps, type AuditOptions, type AuditReport, auditBucket } from './audit-bucket.ts';

/** Of one plan: some 20 MB of text. The next plan goes on. */
const mostObjects = 100_000;

export interface PlanCleanupDeps extends AuditDeps {
  readonly plans: CleanupPlans;
  /** Addresses of PD, for what a person types; empty without a cluster. */
  readonly pd: readonly string[];
}

export interface PlannedCleanup extends CleanupPlan {
  readonly report: AuditReport;
  /** undefined when there is nothing to remove: then no plan is kept. */
  readonly planId: string | undefined;
}

/** Errors: those of the audit; LOCAL_IO when the plan cannot be kept. */
export async function planCleanupOf(deps: PlanCleanupDeps, options: AuditOptions): Promise<PlannedCleanup> {
  const report = await auditBucket(deps, { ...options, collect: { most: mostObjects } });
  const plan = cleanupIn(report, deps.pd);
  if (plan.steps.length === 0) return { report, ...plan, planId: undefined };
  const id = await freeId(deps);
  const record: CleanupRecord = {
    ...{ shape: 'cleanup/v1', state: 'open', id, storage: report.storage, madeMs: deps.nowMs },
    steps: plan.steps,
  };
  await deps.plans.write(record);
  return { report, ...plan, planId: id };
}

/** The plan of an audit that collected its objects. */
export function cleanupIn({ findings, collected }: AuditReport, pd: readonly string[]): CleanupPlan {
  const { found = [], clocks = new Map() } = collected ?? {};
  return planCleanup({ findings, found, clocks, pd });
}

/** Two plans of one second are two plans. */
async function freeId({ plans, nowMs }: PlanCleanupDeps): Promise<string> {
  for (let number = 1; ; number++) {
    const id = runId(nowMs, number === 1 ? 'audit' : `audit-${number}`);
    if ((await plans.read(id)) === undefined) return id;
  }
}
