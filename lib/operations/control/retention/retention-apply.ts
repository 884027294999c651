// Operation retention-apply: carries out a plan of the retention that has cooled off: step after step, each checked again from the bucket.
// A crash at any point is harmless, and calling it again finishes.

import { PitrError, toPitrError } from '../../../domain/errors.ts';
import { staleFacts } from '../../../domain/retention/fingerprint.ts';
import type { RetentionState } from '../../../domain/retention/retention-state.ts';
import type { HeldLease } from '../../../domain/state/lease.ts';
import { type PlanRecord, usePlan } from '../../../domain/state/plan-record.ts';
import type { Facts, Failure } from '../../../domain/state/run-identity.ts';
import type { Stored } from '../../../ports/task-store.ts';
import { type Disproven, disprovenIn } from '../../prove-snapshots.ts';
import { InputReader, type Operation } from '../operation.ts';
import { prolongLease, refuseBesideBr, takeLease } from '../runs/br-runs.ts';
import { signalOf, type Topic } from '../signals.ts';
import { type RetentionDeps, readRetention, retentionSettings } from './retention-reading.ts';
import { linesIn, readRetentionPlan, retentionPlans, stepsIn, usableMsOf } from './retention-records.ts';
import { doStep } from './retention-step.ts';
import { untilNoConflict } from './step-claim.ts';

export interface RetentionApplyInput {
  /** Undefined: the plan that is being carried out, or else the oldest one that can be. */
  readonly planId: string | undefined;
  readonly who: string;
}

type UsedPlan = Extract<PlanRecord, { readonly state: 'used' }>;

/**
 * Input `{cluster, planId?, who?}`. Answers `{decision: 'done' | 'stopped' | 'stale' | 'nothing' | 'waiting', id, steps, failure?}`; `stopped`: a step
 * would have broken the promise now, and it and those after it were not done. Objects that are locked are told, and are no error.
 * Errors: PLAN_UNUSABLE and PLAN_STALE for a plan that was named, WORK_IN_PROGRESS while a restore or a cut holds the log; those of storage
 * and state table, after which it is called again.
 */
export const retentionApply: Operation<RetentionDeps, RetentionApplyInput, Facts> = {
  name: 'retention-apply',
  parseInput: (value) => {
    const input = new InputReader('retention-apply', value);
    input.text('cluster');
    const parsed = { planId: input.optionalText('planId'), who: input.optionalText('who') ?? 'schedule' };
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    const found =
      input.planId === undefined ? await duePlan(deps) : await readRetentionPlan(deps, input.planId);
    if (found === undefined) return { decision: 'nothing', reasons: ['no plan can be carried out now'] };
    const { record } = found;
    if (record.state === 'done' && input.planId !== undefined && record.result['decision'] === 'done') {
      return record.result;
    }
    checkUsable(record, deps.nowMs());
    const lease = await leaseFor(deps, input, record);
    if ('decision' in lease) return lease;
    try {
      const state = await readRetention(deps, stepsIn(record.plan));
      const stale = record.state === 'open' ? staleLines(deps, record, state) : [];
      if (stale.length > 0) return await endStale(deps, found, stale, input);
      const used = await use(deps, found, input.who, lease);
      return await carryOut(deps, used, lease, disprovenIn(state.facts));
    } finally {
      await deps.store.releaseLease(lease, deps.nowMs());
    }
  },
};

/** Nobody waits for a call without a plan: the next one comes by itself. */
async function leaseFor(
  deps: RetentionDeps,
  { planId }: RetentionApplyInput,
  record: PlanRecord,
): Promise<HeldLease | { readonly decision: 'waiting'; readonly reasons: readonly string[] }> {
  try {
    await refuseBesideBr(deps, 'retention', record.id, useOf(record));
    return await takeLease(deps, 'retention', useOf(record));
  } catch (caught) {
    const error = toPitrError(caught);
    if (planId !== undefined || error.code !== 'WORK_IN_PROGRESS') throw caught;
    return { decision: 'waiting', reasons: [error.message] };
  }
}

/** One that a dead call left comes first. */
async function duePlan(deps: RetentionDeps): Promise<Stored<PlanRecord> | undefined> {
  const plans = (await retentionPlans(deps)).toReversed();
  const nowMs = deps.nowMs();
  return (
    plans.find(({ record }) => record.state === 'used') ??
    plans.find(({ record }) => record.state === 'open' && usableMsOf(record) <= nowMs)
  );
}

function checkUsable(record: PlanRecord, nowMs: number): void {
  const use = usePlan(record, { by: '', for: useOf(record), nowMs });
  const usableMs = usableMsOf(record);
  const reason =
    use.kind === 'refused'
      ? use.reason
      : usableMs > nowMs
        ? `plan ${record.id} cools off until ${new Date(usableMs).toISOString()}`
        : undefined;
  if (reason === undefined) return;
  throw new PitrError('PLAN_UNUSABLE', reason, {
    hint: 'pitr retention plan shows what would be done now; policy.retention.coolOff says how long a plan cools off',
    details: { id: record.id, state: record.state, usableMs },
  });
}

const useOf = ({ id }: PlanRecord) => `retention-apply/${id}`;

function staleLines(deps: RetentionDeps, { plan }: PlanRecord, state: RetentionState): readonly string[] {
  return staleFacts(linesIn(plan), state, retentionSettings(deps), stepsIn(plan));
}

async function use(
  deps: RetentionDeps,
  { record, revision }: Stored<PlanRecord>,
  who: string,
  lease: HeldLease,
): Promise<Stored<UsedPlan>> {
  if (record.state === 'used') return { record, revision };
  const nowMs = deps.nowMs();
  const use = usePlan(record, { by: who, for: useOf(record), nowMs });
  if (use.kind === 'refused') throw new PitrError('PLAN_UNUSABLE', use.reason);
  await deps.store.commit({
    ...{ cluster: deps.settings.name, nowMs, lease },
    records: [{ record: use.record, expect: revision }],
    audit: {
      ...{ shape: 'audit/v1', cluster: deps.settings.name, id: `${useOf(record)}/begin`, atMs: nowMs },
      ...{ who, what: 'began to carry out a plan of the retention', why: 'it has cooled off', facts: {} },
    },
  });
  return { record: use.record, revision: revision + 1 };
}

async function carryOut(
  deps: RetentionDeps,
  used: Stored<UsedPlan>,
  lease: HeldLease,
  disproven: Disproven,
): Promise<Facts> {
  const { id, plan } = used.record;
  const steps: Facts[] = [];
  for (const [index, step] of stepsIn(plan).entries()) {
    await prolongLease(deps, 'retention', lease.holder);
    const outcome = await doStep(deps, { planId: id, index, step, lease, disproven });
    if (outcome.kind === 'done') {
      steps.push(outcome.facts);
      continue;
    }
    return await end(
      deps,
      used.record,
      { decision: 'stopped', id, steps, failure: { ...outcome.refusal } },
      lease,
    );
  }
  return await end(deps, used.record, { decision: 'done', id, steps }, lease);
}

async function end(deps: RetentionDeps, record: UsedPlan, result: Facts, lease: HeldLease): Promise<Facts> {
  const topic = result['decision'] === 'done' ? 'retention-done' : 'retention-stopped';
  const over = { ...record, state: 'done', endedMs: deps.nowMs(), result } as const;
  // Steps and pins wrote it meanwhile.
  await untilNoConflict(async () => {
    const { revision } = await readRetentionPlan(deps, record.id);
    await writeEnd(deps, over, revision, topic, lease);
  });
  return result;
}

/** A plan that was not begun, and whose facts are not so any more: over, so that the next one can be made. */
async function endStale(
  deps: RetentionDeps,
  { record, revision }: Stored<PlanRecord>,
  lines: readonly string[],
  { who, planId }: RetentionApplyInput,
): Promise<Facts> {
  const failure: Failure = {
    code: 'PLAN_STALE',
    message: `plan ${record.id} was made from facts that are not so any more: ${lines.slice(0, 3).join('; ')}`,
    hint: 'nothing was deleted: pitr retention plan makes a new one, and so does the schedule',
  };
  const { shape, cluster, id, work, madeMs, madeBy, expiresMs, plan } = record;
  const result = { decision: 'stale', id, steps: [], failure: { ...failure }, lines };
  const nowMs = deps.nowMs();
  const over: PlanRecord = {
    ...{ shape, cluster, id, work, madeMs, madeBy, expiresMs, plan },
    ...{ state: 'done', usedMs: nowMs, usedBy: who, usedFor: useOf(record), endedMs: nowMs, result },
  };
  await writeEnd(deps, over, revision, 'retention-stopped', undefined);
  if (planId === undefined) return result;
  throw new PitrError('PLAN_STALE', failure.message, { hint: failure.hint, details: { id, lines } });
}

async function writeEnd(
  deps: RetentionDeps,
  record: Extract<PlanRecord, { readonly state: 'done' }>,
  revision: number,
  topic: Topic,
  lease: HeldLease | undefined,
): Promise<void> {
  const { cluster, id, result, usedBy } = record;
  const atMs = deps.nowMs();
  await deps.store.commit({
    ...{ cluster, nowMs: atMs, ...(lease === undefined ? {} : { lease }) },
    records: [{ record, expect: revision }],
    signals: [signalOf(topic, { cluster, id, atMs }, result)],
    audit: {
      ...{ shape: 'audit/v1', cluster, id: `${useOf(record)}/end`, atMs, who: usedBy },
      ...{ what: 'ended a plan of the retention', why: String(result['decision']), facts: result },
    },
  });
}
