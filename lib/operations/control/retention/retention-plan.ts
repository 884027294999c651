// Operation retention-plan: what the retention would delete and keep now, with a reason for each; kept as a plan that may be carried out
// once it has cooled off. Deletes nothing.

import { pricesSource } from '../../../domain/cost/prices.ts';
import type { TsInterval } from '../../../domain/intervals.ts';
import { staleFacts } from '../../../domain/retention/fingerprint.ts';
import { planRetention } from '../../../domain/retention/plan-retention.ts';
import type { Kept, RetentionPlan } from '../../../domain/retention/retention-plan.ts';
import type { PlanRecord } from '../../../domain/state/plan-record.ts';
import type { Facts, Failure } from '../../../domain/state/run-identity.ts';
import type { Change } from '../../../ports/task-store.ts';
import { InputReader, type Operation } from '../operation.ts';
import { signalOf } from '../signals.ts';
import { recordDisproven } from './disproven-snapshots.ts';
import { type RetentionDeps, readRetention, retentionSettings, withContents } from './retention-reading.ts';
import {
  expiryOf,
  linesIn,
  planId,
  retentionPlans,
  stepFacts,
  stepsIn,
  usableMsOf,
} from './retention-records.ts';
import { totalOf, withSizes } from './retention-sizes.ts';

export interface RetentionPlanInput {
  /** The time that the schedule named, Unix ms; undefined: now. */
  readonly dueMs: number | undefined;
  readonly who: string;
  /** Only tells what would be planned; writes nothing. */
  readonly dryRun: boolean;
}

/**
 * Input `{cluster, dueAt?, who?, dryRun?}`. Answers `{decision: 'planned' | 'nothing' | 'refused' | 'skipped', …}` with the plan, or the
 * reasons. A schedule makes no second plan while one is open whose facts still hold, is carried out, or was vetoed; a person gets a new
 * one. Errors: INVALID_INPUT; those of storage and state table.
 */
export const retentionPlan: Operation<RetentionDeps, RetentionPlanInput, Facts> = {
  name: 'retention-plan',
  parseInput: (value) => {
    const input = new InputReader('retention-plan', value);
    input.text('cluster');
    const dueMs = input.optionalTime('dueAt');
    const parsed = { dueMs, who: input.optionalText('who') ?? 'schedule', dryRun: input.bool('dryRun') };
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    const settings = retentionSettings(deps);
    const nowMs = deps.nowMs();
    const id = planId(Math.floor((input.dueMs ?? nowMs) / 1000) * 1000);
    const seen = await readRetention(deps);
    if (!input.dryRun) await recordDisproven(deps, seen.facts, input.who);
    const first = planRetention(seen, settings, nowMs);
    if (first.kind === 'refused') return await refused(deps, input, id, first.refusals);
    const state = await withContents(deps, seen, first.steps);
    const plan = planRetention(state, settings, nowMs);
    if (plan.kind === 'refused') return await refused(deps, input, id, plan.refusals);
    const facts = factsOf({ ...plan, steps: await withSizes(await deps.openBucket(), plan.steps) });
    if (plan.steps.length === 0) return { decision: 'nothing', ...facts };
    if (input.dryRun) return { decision: 'planned', ...facts };
    const before = input.who === 'schedule' ? await standing(deps, state) : undefined;
    return before ?? (await keep(deps, input, id, facts));
  },
};

/** Why the schedule makes no plan now. */
async function standing(
  deps: RetentionDeps,
  state: Awaited<ReturnType<typeof readRetention>>,
): Promise<Facts | undefined> {
  for (const { record } of await retentionPlans(deps)) {
    const skipped = (reason: string): Facts => ({ decision: 'skipped', id: record.id, reasons: [reason] });
    switch (record.state) {
      case 'used':
        return skipped(`the plan ${record.id} is being carried out`);
      case 'vetoed':
        return skipped(
          `the plan ${record.id} was vetoed by ${record.vetoedBy} (${record.why}); the schedule plans again from ${new Date(record.expiresMs).toISOString()} on`,
        );
      case 'open': {
        const steps = stepsIn(record.plan);
        const counted = await withContents(deps, state, steps);
        const stale = staleFacts(linesIn(record.plan), counted, retentionSettings(deps), steps);
        if (stale.length > 0) continue;
        return skipped(
          `the plan ${record.id} can be carried out from ${new Date(usableMsOf(record)).toISOString()} on`,
        );
      }
      case 'done':
        continue;
      default:
        return record satisfies never;
    }
  }
  return undefined;
}

async function keep(
  deps: RetentionDeps,
  { who }: RetentionPlanInput,
  id: string,
  facts: Facts,
): Promise<Facts> {
  const cluster = deps.settings.name;
  const madeMs = deps.nowMs();
  const usableMs = madeMs + deps.settings.policy.retention.coolOffMs;
  const plan = { usableMs, ...facts };
  const record: PlanRecord = {
    ...{ shape: 'plan/v1', state: 'open', cluster, id, work: 'retention' },
    ...{ madeMs, madeBy: who, expiresMs: expiryOf(usableMs), plan },
  };
  const usableAt = new Date(usableMs).toISOString();
  const told = { usableAt, steps: facts['steps'] ?? [], total: facts['total'] ?? {} };
  await deps.store.commit({
    ...changeOf(
      deps,
      id,
      who,
      'planned what the retention deletes',
      `it can be carried out from ${usableAt} on`,
    ),
    records: [{ record, expect: 'absent' }],
    signals: [signalOf('retention-planned', { cluster, id, atMs: madeMs }, told)],
  });
  return { decision: 'planned', id, usableAt, ...facts };
}

async function refused(
  deps: RetentionDeps,
  { who, dryRun }: RetentionPlanInput,
  id: string,
  refusals: readonly Failure[],
): Promise<Facts> {
  const [first] = refusals;
  const { code, message, hint } = first ?? { code: 'INTERNAL', message: 'nobody knows why', hint: '' };
  const all = refusals.map((one) => ({ ...one }));
  const answer = { decision: 'refused', code, message, hint, refusals: all };
  if (dryRun) return answer;
  const cluster = deps.settings.name;
  await deps.store.commit({
    ...changeOf(deps, id, who, 'refused to plan what the retention deletes', message),
    records: [],
    signals: [signalOf('retention-refused', { cluster, id, atMs: deps.nowMs() }, { code, message, hint })],
  });
  return { id, ...answer };
}

function changeOf(
  deps: RetentionDeps,
  id: string,
  who: string,
  what: string,
  why: string,
): Pick<Change, 'cluster' | 'nowMs'> & { readonly audit: NonNullable<Change['audit']> } {
  const cluster = deps.settings.name;
  const atMs = deps.nowMs();
  const audit = {
    shape: 'audit/v1',
    cluster,
    id: `retention-plan/${id}`,
    atMs,
    who,
    what,
    why,
    facts: {},
  } as const;
  return { cluster, nowMs: atMs, audit };
}

function factsOf(plan: RetentionPlan): Facts {
  const { objects, bytes, isPartial, monthlyUsd } = totalOf(plan.steps);
  return {
    windowStartTs: `${plan.windowStartTs}`,
    windowBefore: plan.windowBefore.map(intervalFacts),
    windowAfter: plan.windowAfter.map(intervalFacts),
    holes: plan.holes.map(intervalFacts),
    steps: plan.steps.map(stepFacts),
    kept: plan.kept.map(keptFacts),
    total: { objects, bytes: `${bytes}`, isPartial, monthlyUsd },
    price: pricesSource,
    facts: plan.facts,
  };
}

function intervalFacts({ from, to }: TsInterval): Facts {
  return { from: `${from}`, to: `${to}` };
}

function keptFacts({ of, name, reasons, objects, bytes }: Kept): Facts {
  return {
    of,
    target: name,
    reasons: reasons.map(({ code, sentence }) => ({ code, sentence })),
    objects: objects ?? null,
    bytes: bytes === undefined ? null : `${bytes}`,
  };
}
