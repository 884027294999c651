// A plan of the retention as the operation answered it, in types for its two renderers.

import type { Facts } from '../../domain/state/run-identity.ts';
import type { CallReport } from '../control-operations.ts';
import { countIn, mapIn, mapsIn, textIn, textsIn, u64In } from './answer-facts.ts';

export interface RetentionPlanView {
  readonly cluster: string;
  readonly place: string;
  readonly dryRun: boolean;
  /** planned, nothing, refused, skipped. */
  readonly decision: string;
  readonly id: string;
  /** ISO; empty where nothing was kept. */
  readonly usableAt: string;
  /** Why nothing was planned. */
  readonly reasons: readonly string[];
  readonly refusals: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
  readonly windowStartTs: bigint | undefined;
  readonly windowBefore: readonly IntervalView[];
  readonly windowAfter: readonly IntervalView[];
  readonly holes: readonly IntervalView[];
  readonly steps: readonly ThingView[];
  readonly kept: readonly ThingView[];
  readonly objects: number;
  readonly bytes: bigint;
  /** Something was not counted: it is more. */
  readonly isPartial: boolean;
  readonly monthlyUsd: number;
  readonly price: string;
  readonly notes: readonly string[];
}

export interface IntervalView {
  readonly from: bigint;
  readonly to: bigint;
}

export interface ThingView {
  /** Of a step delete-snapshot, delete-unfinished, delete-log or cut-log; of what stays snapshot or log. */
  readonly kind: string;
  readonly target: string;
  /** Of a cut. */
  readonly untilTs: bigint | undefined;
  readonly objects: number | undefined;
  readonly bytes: bigint | undefined;
  readonly codes: readonly string[];
  readonly reasons: readonly string[];
}

export function retentionPlanView({ cluster, place, dryRun, answer, notes }: CallReport): RetentionPlanView {
  const total = mapIn(answer, 'total');
  return {
    ...{ cluster, place, dryRun, notes },
    decision: textIn(answer, 'decision'),
    id: textIn(answer, 'id'),
    usableAt: textIn(answer, 'usableAt'),
    reasons: textsIn(answer, 'reasons'),
    refusals: mapsIn(answer, 'refusals').map((one) => ({
      code: textIn(one, 'code'),
      message: textIn(one, 'message'),
      hint: textIn(one, 'hint'),
    })),
    windowStartTs: u64In(answer, 'windowStartTs'),
    windowBefore: mapsIn(answer, 'windowBefore').map(intervalOf),
    windowAfter: mapsIn(answer, 'windowAfter').map(intervalOf),
    holes: mapsIn(answer, 'holes').map(intervalOf),
    steps: mapsIn(answer, 'steps').map(stepOf),
    kept: mapsIn(answer, 'kept').map(keptOf),
    objects: countIn(total, 'objects') ?? 0,
    bytes: u64In(total, 'bytes') ?? 0n,
    isPartial: total['isPartial'] === true,
    monthlyUsd: countIn(total, 'monthlyUsd') ?? 0,
    price: textIn(answer, 'price'),
  };
}

function intervalOf(facts: Facts): IntervalView {
  return { from: u64In(facts, 'from') ?? 0n, to: u64In(facts, 'to') ?? 0n };
}

function stepOf(facts: Facts): ThingView {
  const reasons = textsIn(facts, 'reasons');
  return {
    kind: textIn(facts, 'kind'),
    ...sizeOf(facts),
    untilTs: u64In(facts, 'untilTs'),
    codes: [],
    reasons,
  };
}

function keptOf(facts: Facts): ThingView {
  const reasons = mapsIn(facts, 'reasons');
  return {
    kind: textIn(facts, 'of'),
    ...sizeOf(facts),
    untilTs: undefined,
    codes: reasons.map((one) => textIn(one, 'code')),
    reasons: reasons.map((one) => textIn(one, 'sentence')),
  };
}

function sizeOf(facts: Facts) {
  return {
    target: textIn(facts, 'target'),
    objects: countIn(facts, 'objects'),
    bytes: u64In(facts, 'bytes'),
  };
}
