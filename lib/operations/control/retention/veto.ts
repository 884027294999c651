// Operation veto: a plan of the retention that somebody does not want is never carried out, and the schedule makes no other until its time
// is over.

import { PitrError } from '../../../domain/errors.ts';
import type { PlanRecord } from '../../../domain/state/plan-record.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import type { StateDeps } from '../control-deps.ts';
import { InputReader, type Operation } from '../operation.ts';
import { readRetentionPlan } from './retention-records.ts';

export interface VetoInput {
  readonly planId: string;
  readonly who: string;
  readonly reason: string;
}

/**
 * Input `{cluster, planId, reason, who?}`. Answers `{decision: 'vetoed', id, until}`; again for one that was vetoed. Errors: PLAN_UNUSABLE for
 * a plan that is being carried out or was, or that is not there; those of the state table.
 */
export const veto: Operation<StateDeps, VetoInput, Facts> = {
  name: 'veto',
  parseInput: (value) => {
    const input = new InputReader('veto', value);
    input.text('cluster');
    const parsed = {
      planId: input.text('planId'),
      who: input.optionalText('who') ?? 'a person',
      reason: input.text('reason', 'a few words for those who read it later'),
    };
    input.done();
    return parsed;
  },
  run: async (deps, { planId, who, reason }) => {
    const { record, revision } = await readRetentionPlan(deps, planId);
    const until = new Date(record.expiresMs).toISOString();
    const answer = { decision: 'vetoed', id: record.id, until };
    if (record.state === 'vetoed') return answer;
    if (record.state !== 'open') {
      throw new PitrError(
        'PLAN_UNUSABLE',
        `plan ${record.id} is ${record.state}, expected one that is open`,
        {
          hint: 'what was begun is finished: half a deletion would help nobody. Pin what is to stay before the next plan',
          details: { id: record.id, state: record.state },
        },
      );
    }
    const nowMs = deps.nowMs();
    const cluster = deps.settings.name;
    const vetoed: PlanRecord = { ...record, state: 'vetoed', vetoedMs: nowMs, vetoedBy: who, why: reason };
    await deps.store.commit({
      ...{ cluster, nowMs, records: [{ record: vetoed, expect: revision }] },
      audit: {
        ...{ shape: 'audit/v1', cluster, id: `veto/${record.id}`, atMs: nowMs, who },
        ...{ what: 'vetoed a plan of the retention', why: reason, facts: {} },
      },
    });
    return answer;
  },
};
