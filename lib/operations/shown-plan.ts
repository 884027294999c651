// The plan of a restore as a flow's output has it, read for whoever shows it. What a newer or older function left out is empty;
// must not judge it.

import type { Facts, FactValue } from '../domain/state/run-identity.ts';
import { textFact, tsFact } from './control/runs/run-facts.ts';

export interface ShownPlan {
  readonly restoreTs: bigint;
  /** The moment as it was asked for. */
  readonly asked: string;
  /** Folders of the snapshots, the full one first. */
  readonly chain: readonly string[];
  readonly backupTs: bigint;
  /** undefined: the base alone is the moment. */
  readonly log:
    | { readonly path: string; readonly afterTs: bigint; readonly toTs: bigint; readonly seconds: number }
    | undefined;
  readonly targetPd: readonly string[];
  /** Empty for everything. */
  readonly tables: readonly string[];
  readonly snapshotBytes: bigint | undefined;
  readonly logBytes: bigint | undefined;
  readonly estimate: { readonly seconds: number | undefined; readonly sentence: string };
  /** What br would get. */
  readonly argv: readonly string[];
  readonly steps: readonly string[];
  readonly notes: readonly string[];
}

/** Of the output of a dry run: `{plan: …}` as plan-restore answers it. */
export function shownPlan(output: Facts): ShownPlan {
  const plan = factsAt(output, 'plan');
  const estimate = factsAt(plan, 'estimate');
  const seconds = estimate['seconds'];
  return {
    restoreTs: tsFact(plan, 'restoreTs'),
    asked: textFact(plan, 'asked'),
    chain: textsAt(plan, 'chain'),
    backupTs: tsFact(plan, 'backupTs'),
    log: isFacts(plan['log']) ? logOf(plan['log']) : undefined,
    targetPd: textsAt(plan, 'targetPd'),
    tables: textsAt(plan, 'tables'),
    snapshotBytes: bytesAt(plan, 'snapshotBytes'),
    logBytes: bytesAt(plan, 'logBytes'),
    estimate: {
      seconds: typeof seconds === 'number' ? seconds : undefined,
      sentence: textFact(estimate, 'sentence'),
    },
    argv: textsAt(plan, 'argv'),
    steps: textsAt(plan, 'steps'),
    notes: textsAt(plan, 'notes'),
  };
}

function logOf(log: Facts): NonNullable<ShownPlan['log']> {
  const { seconds } = log;
  return {
    path: textFact(log, 'path'),
    afterTs: tsFact(log, 'afterTs'),
    toTs: tsFact(log, 'toTs'),
    seconds: typeof seconds === 'number' ? seconds : 0,
  };
}

function bytesAt(facts: Facts, name: string): bigint | undefined {
  return typeof facts[name] === 'string' ? tsFact(facts, name) : undefined;
}

function textsAt(facts: Facts, name: string): readonly string[] {
  const list = facts[name];
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}

function factsAt(facts: Facts, name: string): Facts {
  const value = facts[name];
  return isFacts(value) ? value : {};
}

function isFacts(value: FactValue | undefined): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
