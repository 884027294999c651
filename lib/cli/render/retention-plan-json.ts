// The document `pitr.retention-plan/v1`. Field by field in docs/formats/json.md.

import { instantJson, optionalInstantJson } from './instant.ts';
import type { JsonValue } from './json.ts';
import type { IntervalView, RetentionPlanView, ThingView } from './retention-plan-view.ts';

export function retentionPlanJson(view: RetentionPlanView): { readonly [key: string]: JsonValue } {
  const { cluster, place, dryRun, decision, reasons, refusals, price, notes } = view;
  return {
    ...{ cluster, place, dryRun, decision },
    id: view.id === '' ? null : view.id,
    usableAt: view.usableAt === '' ? null : view.usableAt,
    reasons,
    refusals,
    windowStart: optionalInstantJson(view.windowStartTs),
    windowBefore: view.windowBefore.map(intervalJson),
    windowAfter: view.windowAfter.map(intervalJson),
    holes: view.holes.map(intervalJson),
    steps: view.steps.map((step) => ({ ...thingJson(step), until: optionalInstantJson(step.untilTs) })),
    kept: view.kept.map((kept) => ({ ...thingJson(kept), codes: kept.codes })),
    total: {
      objects: view.objects,
      bytes: view.bytes,
      isPartial: view.isPartial,
      monthlyUsd: view.monthlyUsd,
      price,
    },
    notes,
  };
}

function intervalJson({ from, to }: IntervalView): JsonValue {
  return { from: instantJson(from), to: instantJson(to) };
}

function thingJson({ kind, target, objects, bytes, reasons }: ThingView): {
  readonly [key: string]: JsonValue;
} {
  return { kind, target, objects: objects ?? null, bytes: bytes ?? null, reasons };
}
