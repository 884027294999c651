// What the retention promises, spelled out by trying every way to every moment: shares no rule with the planner, so that it can
// judge it, and mutants of it.

import type { CatalogFacts, SnapshotFacts } from '../../../lib/domain/facts.ts';
import { checkStep } from '../../../lib/domain/retention/check-step.ts';
import { staleFacts } from '../../../lib/domain/retention/fingerprint.ts';
import { invariantHolds } from '../../../lib/domain/retention/invariant.ts';
import { planRetention } from '../../../lib/domain/retention/plan-retention.ts';
import type { RetentionPlan, RetentionStep } from '../../../lib/domain/retention/retention-plan.ts';
import type { RetentionState } from '../../../lib/domain/retention/retention-state.ts';
import { msOfTs, tsFromMs } from '../../../lib/domain/ts.ts';
import { waysTo } from '../brute-force.ts';
import { type Case, nowOf, settingsOf, stateOf } from './retention-cases.ts';

/** What the tests need of the planner; a mutant brings its own. */
export const planner = { planRetention, checkStep, invariantHolds, staleFacts };
export type Planner = typeof planner;

/** The bucket with what counts alone. */
export function counted(state: RetentionState, facts: CatalogFacts = state.facts): CatalogFacts {
  const counts = ({ backupTs, state: found }: SnapshotFacts) => found.kind === 'complete' && backupTs > 0n;
  return { ...facts, snapshots: facts.snapshots.filter(counts) };
}

export const isRestorable = (facts: CatalogFacts, moment: bigint): boolean =>
  waysTo(facts, moment).length > 0;

/** Every moment at which an answer can change, and those beside it. */
export function telling(facts: CatalogFacts, extra: readonly bigint[] = []): readonly bigint[] {
  const edges = [
    ...facts.snapshots.map(({ backupTs }) => backupTs),
    ...facts.logs.flatMap(({ minTs, maxTs }) => [minTs, maxTs ?? 0n]),
    ...extra,
  ];
  return [...new Set(edges.flatMap((ts) => [ts - 1n, ts, ts + 1n]))].filter((ts) => ts > 0n);
}

/** The first promised moment. */
export function windowStart(one: Case): bigint {
  const facts = counted(stateOf(one));
  const latest = telling(facts)
    .filter((ts) => isRestorable(facts, ts))
    .reduce((newest, ts) => (ts > newest ? ts : newest), 0n);
  const endMs = Math.min(nowOf(one), msOfTs(latest));
  return tsFromMs(endMs - settingsOf(one).windowMs);
}

/** The bucket after a step, by the words of the step. */
export function done(facts: CatalogFacts, step: RetentionStep): CatalogFacts {
  switch (step.kind) {
    case 'delete-snapshot':
    case 'delete-unfinished':
      return { ...facts, snapshots: facts.snapshots.filter(({ name }) => name !== step.folder) };
    case 'delete-log':
      return { ...facts, logs: facts.logs.filter(({ path }) => path !== step.path) };
    case 'cut-log':
      return {
        ...facts,
        logs: facts.logs.map((log) => (log.path === step.path ? { ...log, minTs: step.untilTs } : log)),
      };
    default:
      return step satisfies never;
  }
}

/** The bucket before the first step and after each. */
export function prefixes(facts: CatalogFacts, { steps }: RetentionPlan): readonly CatalogFacts[] {
  const all = [facts];
  for (const step of steps) all.push(done(all.at(-1) ?? facts, step));
  return all;
}

/** Ends of the bases, newest first: each snapshot that some sequence ends with. */
export function baseEnds(facts: CatalogFacts): readonly SnapshotFacts[] {
  return facts.snapshots
    .filter((one) => waysTo(facts, one.backupTs).some(({ snapshots }) => snapshots.at(-1) === one))
    .sort((a, b) => (a.backupTs > b.backupTs ? -1 : 1));
}
