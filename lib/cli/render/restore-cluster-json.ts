// The document `pitr.restore-cluster/v1`. Field by field in docs/formats/json.md.

import type { RestoreClusterReport } from '../../operations/restore-cluster.ts';
import type { ShownPlan } from '../../operations/shown-plan.ts';
import { instantJson, optionalInstantJson } from './instant.ts';
import type { JsonValue } from './json.ts';

export function restoreClusterJson(report: RestoreClusterReport): { readonly [key: string]: JsonValue } {
  const { cluster, execution, place, state } = report;
  const plan = state === 'planned' ? report.plan : undefined;
  const run = state === 'restored' ? report.run : undefined;
  const ts = plan?.restoreTs ?? run?.restoreTs;
  return {
    cluster,
    execution,
    place,
    state,
    moment: optionalInstantJson(ts === 0n ? undefined : ts),
    base: plan?.chain[0] ?? run?.base ?? null,
    target: plan?.targetPd ?? run?.targetPd ?? null,
    tables: plan?.tables ?? run?.tables ?? null,
    began: utc(run?.startedMs),
    ended: utc(run?.endedMs),
    proof: state === 'restored' ? (run?.proof ?? report.story) : null,
    plan: plan === undefined ? null : planJson(plan),
  };
}

function planJson(plan: ShownPlan): JsonValue {
  const { log, estimate } = plan;
  return {
    asked: plan.asked,
    chain: plan.chain,
    backup: instantJson(plan.backupTs),
    log: {
      path: log?.path ?? null,
      after: optionalInstantJson(log?.afterTs),
      to: optionalInstantJson(log?.toTs),
      seconds: log?.seconds ?? null,
    },
    snapshotBytes: plan.snapshotBytes ?? null,
    logBytes: plan.logBytes ?? null,
    estimate: { seconds: estimate.seconds ?? null, sentence: estimate.sentence },
    argv: plan.argv,
    steps: plan.steps,
    notes: plan.notes,
  };
}

function utc(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
