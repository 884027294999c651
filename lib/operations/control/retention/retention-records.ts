// Plans of the retention as they stand in the state: written as facts, read back into steps, found. Decides nothing but whether a plan
// can be used now.

import { PitrError } from '../../../domain/errors.ts';
import { type RetentionStep, targetOf } from '../../../domain/retention/retention-plan.ts';
import type { PlanRecord } from '../../../domain/state/plan-record.ts';
import { type Facts, type FactValue, runId } from '../../../domain/state/run-identity.ts';
import { everyRecord } from '../../../ports/every-record.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { StateDeps } from '../control-deps.ts';
import { numberFact, textFact, tsFact } from '../runs/run-facts.ts';

/** How long a plan can be used once it has cooled off. */
const usableForMs = 7 * 86_400_000;
/** The longest cool-off that the settings allow, and the time after it. */
const plansBackMs = 30 * 86_400_000 + usableForMs;

export function planId(atMs: number): string {
  return runId(atMs, 'retention');
}

export function expiryOf(usableMs: number): number {
  return usableMs + usableForMs;
}

/** From here on the plan can be carried out, Unix ms. */
export function usableMsOf({ plan, madeMs }: PlanRecord): number {
  return Math.max(madeMs, numberFact(plan, 'usableMs'));
}

/** All of them that have not expired, the newest first. */
export async function retentionPlans({
  store,
  settings,
  nowMs,
}: StateDeps): Promise<readonly Stored<PlanRecord>[]> {
  const found: Stored<PlanRecord>[] = [];
  const atMs = nowMs();
  const query = { nowMs: atMs, fromMs: Math.max(0, atMs - plansBackMs), newestFirst: true, limit: 1000 };
  for await (const plan of everyRecord(store, 'plan', settings.name, query)) {
    if (plan.record.work === 'retention') found.push(plan);
  }
  return found;
}

/** Errors: PLAN_UNUSABLE when there is no such plan, or not any more; those of the state table. */
export async function readRetentionPlan(
  { store, settings, nowMs }: StateDeps,
  id: string,
): Promise<Stored<PlanRecord>> {
  const found = await store.get({ cluster: settings.name, kind: 'plan', id }, nowMs());
  if (found !== undefined && found.record.work === 'retention') return found;
  throw new PitrError('PLAN_UNUSABLE', `there is no plan ${id} of the retention of ${settings.name}`, {
    hint: 'pitr retention plan makes one; a plan is kept until a week after its cool-off',
    details: { id },
  });
}

/** Folders that plans which are being carried out delete. */
export function beginningsOf(plans: readonly Stored<PlanRecord>[]): ReadonlySet<string> {
  const begun = plans.filter(({ record }) => record.state === 'used');
  return new Set(
    begun.flatMap(({ record }) =>
      stepsIn(record.plan)
        .filter(({ kind }) => kind !== 'cut-log')
        .map(targetOf),
    ),
  );
}

export function stepFacts(step: RetentionStep): Facts {
  const { kind, reasons, objects, bytes } = step;
  return {
    kind,
    target: targetOf(step),
    ...(step.kind === 'delete-snapshot' ? { backupTs: `${step.backupTs}` } : {}),
    ...(step.kind === 'delete-log' ? { endTs: `${step.endTs}` } : {}),
    ...(step.kind === 'cut-log' ? { untilTs: `${step.untilTs}`, base: step.base } : {}),
    reasons,
    objects: objects ?? null,
    bytes: bytes === undefined ? null : `${bytes}`,
  };
}

/** The steps of a stored plan. Errors: STATE_SHAPE_UNKNOWN for one that this version did not write. */
export function stepsIn(plan: Facts): readonly RetentionStep[] {
  return listFact(plan, 'steps').map(readStep);
}

export function linesIn(plan: Facts): readonly string[] {
  const lines = plan['facts'];
  return Array.isArray(lines) ? lines.map(String) : [];
}

export function listFact(facts: Facts, name: string): readonly Facts[] {
  const value = facts[name];
  return Array.isArray(value) ? value.filter(isFacts) : [];
}

function isFacts(value: FactValue): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readStep(facts: Facts): RetentionStep {
  const [kind, target] = [textFact(facts, 'kind'), textFact(facts, 'target')];
  const { reasons, objects, bytes } = facts;
  const common = {
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
    objects: typeof objects === 'number' ? objects : undefined,
    bytes: typeof bytes === 'string' ? tsFact(facts, 'bytes') : undefined,
  };
  // An empty target would be everything.
  if (target === '') throw unreadable(kind, target);
  switch (kind) {
    case 'delete-snapshot':
      return { kind, folder: target, backupTs: tsFact(facts, 'backupTs'), ...common };
    case 'delete-unfinished':
      return { kind, folder: target, ...common };
    case 'delete-log':
      return { kind, path: target, endTs: tsFact(facts, 'endTs'), ...common };
    case 'cut-log':
      return {
        ...{ kind, path: target, untilTs: tsFact(facts, 'untilTs'), base: textFact(facts, 'base') },
        ...common,
      };
    default:
      throw unreadable(kind, target);
  }
}

function unreadable(kind: string, target: string): PitrError {
  return new PitrError(
    'STATE_SHAPE_UNKNOWN',
    `a step of a plan is ${JSON.stringify(kind)} of ${JSON.stringify(target)}, expected one that this version knows`,
    { hint: 'another version of this program wrote it: update this one, or make a new plan' },
  );
}
