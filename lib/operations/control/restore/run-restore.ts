// Operation run-restore: begins br for a planned restore, for a flow that waits. The plan is used up by it: once, and for it alone.

import { PitrError } from '../../../domain/errors.ts';
import { usePlan } from '../../../domain/state/plan-record.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { InputReader, type Operation } from '../operation.ts';
import { type BeginDeps, beginRun } from '../runs/begin-run.ts';
import { readPlan, readPlannedRestore } from './restore-records.ts';

export interface RunRestoreInput {
  readonly id: string;
  readonly execution: string;
  readonly token: string;
}

/**
 * Input `{cluster, id, execution, token}`. Answers `{started, answered}` as start-br does: called again by a Retry, after a lost
 * heartbeat or for the next attempt it finds what runs, or goes on with the same words. Errors: those of begin-run.ts;
 * STATE_CONFLICT for a plan that was used for another restore.
 */
export const runRestore: Operation<BeginDeps, RunRestoreInput, Facts> = {
  name: 'run-restore',
  parseInput: (value) => {
    const input = new InputReader('run-restore', value);
    input.text('cluster');
    const parsed = {
      id: input.text('id'),
      execution: input.text('execution'),
      token: input.text('token'),
    };
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    await takePlan(deps, input);
    return await beginRun(deps, { work: 'restore', ...input });
  },
};

/** Two calls at once both mean this restore: the slower one finds it used, for the same. */
async function takePlan(deps: BeginDeps, { id, execution }: RunRestoreInput): Promise<void> {
  for (let turn = 0; ; turn++) {
    const { record } = await readPlannedRestore(deps, id);
    const stored = await readPlan(deps, record.planId);
    const nowMs = deps.nowMs();
    const use = usePlan(stored.record, { by: execution, for: id, nowMs });
    if (use.kind === 'refused') {
      throw new PitrError('STATE_CONFLICT', `${use.reason}, and this is ${id}`, {
        hint: 'a plan is carried out once: start the restore anew',
        details: { id, planId: record.planId },
      });
    }
    if (stored.record.state === 'used') return;
    try {
      const records = [{ record: use.record, expect: stored.revision }];
      await deps.store.commit({ cluster: deps.settings.name, nowMs, records });
      return;
    } catch (caught) {
      if (!(caught instanceof PitrError && caught.code === 'STATE_CONFLICT') || turn > 0) throw caught;
    }
  }
}
