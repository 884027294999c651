// One seed from beginning to end: what it came to, how to run it again, and what happened last.

import { allInvariants } from './invariants/all-invariants.ts';
import { SimWorld } from './sim-world.ts';
import { drawPlan, type PlanOptions } from './world-plan.ts';

export interface SeedResult {
  readonly seed: number;
  /** The rules that were broken; none for a clean seed. */
  readonly violations: readonly string[];
  readonly last: readonly string[];
  /** Of everything that happened, in order. */
  readonly digest: string;
  readonly counts: {
    readonly virtualMs: number;
    readonly invocations: number;
    readonly crashes: number;
    readonly runs: number;
    readonly troubles: number;
    readonly restores: number;
  };
}

const lastLines = 60;

export async function runSeed(seed: number, options: PlanOptions = {}): Promise<SeedResult> {
  const plan = drawPlan(seed, options);
  const world = new SimWorld(plan, allInvariants(seed));
  const startMs = world.clock.nowMs();
  await world.live();
  return {
    seed,
    violations: world.record.violations.map(({ message }) => message),
    last: world.record.last(lastLines),
    digest: world.record.digest(),
    counts: {
      virtualMs: world.clock.nowMs() - startMs,
      invocations: world.functions.invocations,
      crashes: world.functions.crashes,
      runs: world.br.runs.size,
      troubles: plan.faults.troubles.length,
      restores: world.restored.length,
    },
  };
}
