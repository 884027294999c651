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
    /** By people, with our own engine, to their end. */
    readonly cuts: number;
    /** Pins that hold at the end, and plans that were refused. */
    readonly holds: number;
    readonly damages: number;
    readonly policies: number;
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
      cuts: world.cuts.done,
      holds: world.holds.pins.size + world.holds.vetoed.size,
      damages: world.damage.damaged.size,
      policies: plan.policies.length,
    },
  };
}
