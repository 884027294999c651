// An operation that begins no br, called by a person beside a runtime that may live or not: what it plans
// is begun by the runtime.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkOwnCluster } from '../../config/own-cluster.ts';
import type { ClusterSettings } from '../../config/settings-types.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import { adopt } from '../../operations/control/adopt.ts';
import type { BucketDeps, StateDeps } from '../../operations/control/control-deps.ts';
import type { Operation } from '../../operations/control/operation.ts';
import { rebuild } from '../../operations/control/rebuild.ts';
import { hold } from '../../operations/control/retention/hold.ts';
import { retentionApply } from '../../operations/control/retention/retention-apply.ts';
import { retentionPlan } from '../../operations/control/retention/retention-plan.ts';
import { takeSnapshot } from '../../operations/control/take-snapshot.ts';
import { truncateLog } from '../../operations/control/truncate-log.ts';
import { openSqliteTaskStore } from '../sqlite-task-store.ts';
import { runningIn } from './daemon-claim.ts';
import { openBucket } from './local-deps.ts';

type Deps = StateDeps & BucketDeps;

const run = async <I, O extends Facts>(operation: Operation<Deps, I, O>, deps: Deps, payload: Facts) => {
  const input = operation.parseInput(payload);
  checkOwnCluster(operation.name, payload, deps.settings.name);
  return await operation.run(deps, input);
};

const callable = {
  adopt: (deps: Deps, payload: Facts) => run(adopt, deps, payload),
  'take-snapshot': (deps: Deps, payload: Facts) => run(takeSnapshot, deps, payload),
  'truncate-log': (deps: Deps, payload: Facts) => run(truncateLog, deps, payload),
  rebuild: (deps: Deps, payload: Facts) => run(rebuild, deps, payload),
  'retention-plan': (deps: Deps, payload: Facts) => run(retentionPlan, deps, payload),
  'retention-apply': (deps: Deps, payload: Facts) => run(retentionApply, deps, payload),
  hold: (deps: Deps, payload: Facts) => run(hold, deps, payload),
} as const;

export interface LocalCall {
  readonly settings: ClusterSettings;
  readonly folder: string;
  readonly operation: keyof typeof callable;
  /** Without the cluster. */
  readonly input: Facts;
  readonly nowMs: () => number;
}

export interface LocalCallAnswer {
  readonly place: string;
  readonly answer: Facts;
  readonly notes: readonly string[];
}

/** Needs no claim on the folder. Errors: those of the operation, of the bucket and of the state file. */
export async function callOperation(call: LocalCall): Promise<LocalCallAnswer> {
  const { settings, folder, operation, input, nowMs } = call;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = await openSqliteTaskStore(join(folder, 'state.sqlite'));
  try {
    const deps = { settings, store, nowMs, openBucket: () => openBucket(settings), bucketName: undefined };
    const answer = await callable[operation](deps, { cluster: settings.name, ...input });
    const isWaiting = answer['decision'] === 'planned' && input['dryRun'] !== true;
    const notes =
      isWaiting && runningIn(folder) === undefined
        ? [`no pitr local up has ${folder}: what is planned begins when one does`]
        : [];
    return { place: `this machine, state in ${folder}`, answer, notes };
  } finally {
    await store.close();
  }
}
