// The functions that the stack deploys, on one machine: the same operations by the same names, each for the cluster that its payload
// names. test/stack/lists-agree.test.ts holds the list against the others.

import type { FunctionName } from '../../config/functions.ts';
import { checkOwnCluster, clusterNamedIn } from '../../config/own-cluster.ts';
import { PitrError } from '../../domain/errors.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import { adopt } from '../../operations/control/adopt.ts';
import { cutLog } from '../../operations/control/cut/cut-log.ts';
import { observe } from '../../operations/control/keeper/observe.ts';
import type { Operation } from '../../operations/control/operation.ts';
import { react } from '../../operations/control/react.ts';
import { rebuild } from '../../operations/control/rebuild.ts';
import { checkTarget } from '../../operations/control/restore/check-target.ts';
import { planRestore } from '../../operations/control/restore/plan-restore.ts';
import { runRestore } from '../../operations/control/restore/run-restore.ts';
import { settleRestore } from '../../operations/control/restore/settle-restore.ts';
import { verifyRestore } from '../../operations/control/restore/verify-restore.ts';
import { hold } from '../../operations/control/retention/hold.ts';
import { retentionApply } from '../../operations/control/retention/retention-apply.ts';
import { retentionPlan } from '../../operations/control/retention/retention-plan.ts';
import { brEnded } from '../../operations/control/runs/br-ended.ts';
import { settleRun } from '../../operations/control/runs/settle-run.ts';
import { startBr } from '../../operations/control/runs/start-br.ts';
import { takeSnapshot } from '../../operations/control/take-snapshot.ts';
import { truncateLog } from '../../operations/control/truncate-log.ts';
import type { LocalDeps } from './local-deps.ts';

export type LocalFunction = (payload: unknown) => Promise<Facts>;
export type LocalFunctions = Readonly<Record<FunctionName, LocalFunction>>;

/** Every function of one cluster. */
export function functionsOfCluster(deps: LocalDeps): LocalFunctions {
  return {
    'take-snapshot': bind(takeSnapshot, deps),
    'truncate-log': bind(truncateLog, deps),
    observe: bind(observe, deps),
    'start-br': bind(startBr, deps),
    'br-ended': bind(brEnded, deps),
    'cut-log': bind(cutLog, deps),
    'settle-run': bind(settleRun, deps),
    react: bind(react, deps),
    'plan-restore': bind(planRestore, deps),
    'check-target': bind(checkTarget, deps),
    'run-restore': bind(runRestore, deps),
    'verify-restore': bind(verifyRestore, deps),
    'settle-restore': bind(settleRestore, deps),
    adopt: bind(adopt, deps),
    rebuild: bind(rebuild, deps),
    'retention-plan': bind(retentionPlan, deps),
    'retention-apply': bind(retentionApply, deps),
    hold: bind(hold, deps),
  };
}

function bind<I, O extends Facts>(operation: Operation<LocalDeps, I, O>, deps: LocalDeps): LocalFunction {
  return async (payload) => {
    const input = operation.parseInput(payload);
    checkOwnCluster(operation.name, payload, deps.settings.name);
    return await operation.run(deps, input);
  };
}

/** One function per name for all clusters: the payload says which. Errors: INVALID_INPUT for a cluster that is not there. */
export function routedFunctions(clusters: ReadonlyMap<string, LocalFunctions>): LocalFunctions {
  const route = (name: FunctionName): LocalFunction => {
    return async (payload) => {
      const cluster = clusterNamedIn(payload) ?? '';
      const functions = clusters.get(cluster);
      if (functions !== undefined) return await functions[name](payload);
      const known = [...clusters.keys()].join(', ');
      throw new PitrError(
        'INVALID_INPUT',
        `cluster is ${JSON.stringify(cluster)}, expected one of the settings: ${known}`,
        { hint: 'name the cluster as it stands in pitr.yaml', details: { field: 'cluster' } },
      );
    };
  };
  const [first] = clusters.values();
  const names = Object.keys(first ?? {}) as FunctionName[];
  return Object.fromEntries(names.map((name) => [name, route(name)])) as LocalFunctions;
}
