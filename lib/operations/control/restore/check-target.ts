// Operation check-target: looks, from the cluster's network, at the target of a planned restore, before anything begins there.

import type { Facts } from '../../../domain/state/run-identity.ts';
import { targetFindings, targetRefusal } from '../../../domain/target/target-check.ts';
import type { RestoreFacts, TargetFinding } from '../../../domain/target/target-finding.ts';
import type { Cluster } from '../../../ports/cluster.ts';
import type { ClusterDeps, StateDeps } from '../control-deps.ts';
import { InputReader, type Operation } from '../operation.ts';
import { plannedOf } from './restore-plan-facts.ts';
import { readPlan, readPlannedRestore } from './restore-records.ts';
import { readGcRatios, withTarget } from './target-reading.ts';

export interface CheckTargetInput {
  readonly id: string;
}

type Deps = StateDeps & ClusterDeps;

/**
 * Input `{cluster, id, execution}`. Answers `{checked, findings: [{check, level, found, expected, hint}], notes}`; nothing is
 * written. Once br has begun there is nothing to look at any more, and `checked` is false. Errors: CLUSTER_MISMATCH,
 * CLUSTER_NOT_READY with all that is wrong; BR_LOCKED, CLUSTER_UNAVAILABLE when all of it passes by itself; PD_UNREACHABLE,
 * PD_REFUSED; INVALID_INPUT for a restore that is not there or was refused; those of the state table.
 */
export const checkTarget: Operation<Deps, CheckTargetInput, Facts> = {
  name: 'check-target',
  parseInput: (value) => {
    const input = new InputReader('check-target', value);
    input.text('cluster');
    input.text('execution');
    const id = input.text('id');
    input.done();
    return { id };
  },
  run: async (deps, { id }) => {
    const { record } = await readPlannedRestore(deps, id);
    if (record.state !== 'planned') {
      return { checked: false, findings: [], notes: [`the restore is ${record.state}`] };
    }
    const planned = plannedOf((await readPlan(deps, record.planId)).record);
    const restore: RestoreFacts = {
      sourceClusterId: planned.sourceClusterId,
      backupVersion: planned.backupVersion,
      brVersion: deps.settings.version,
      needsLog: planned.logPath !== undefined,
      hasFilter: record.tables.length > 0,
    };
    const findings = await withTarget(deps, record.targetPd, (cluster) => look(restore, cluster));
    const refusal = targetRefusal(record.targetPd.join(', '), findings);
    if (refusal !== undefined) throw refusal;
    return {
      checked: true,
      findings: findings.map(factsOf),
      notes: ['whether the target is empty br sees itself, before it writes anything: PD does not tell'],
    };
  },
};

async function look(restore: RestoreFacts, cluster: Cluster): Promise<readonly TargetFinding[]> {
  const { task, otherTasks, imports } = await cluster.readLogTask();
  const facts = await cluster.readStores();
  const clock = await cluster.readClock();
  const gcRatios = await readGcRatios(cluster, facts.stores);
  const tasks = [task, ...otherTasks].flatMap((one) => (one.kind === 'none' ? [] : [one]));
  return targetFindings(restore, { cluster: facts, tasks, imports, gcRatios, clock });
}

function factsOf({ check, level, found, expected, hint }: TargetFinding): Facts {
  return { check, level, found, expected, hint };
}
