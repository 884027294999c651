// Whether a cut of the log that was planned may be done now, from what is in the bucket at this moment: asked by whoever is to do it,
// br or our own engine. Deletes nothing.

import { readCatalog } from '../../../br/catalog.ts';
import type { CatalogFacts, LogFacts } from '../../../domain/facts.ts';
import { holdOfLog } from '../../../domain/retention/log-hold.ts';
import type { Failure } from '../../../domain/state/run-identity.ts';
import type { TruncationRun } from '../../../domain/state/truncation-run.ts';
import { planTruncation } from '../../../domain/truncation/truncation-plan.ts';
import { describeTs } from '../../../domain/ts.ts';
import type { BucketDeps, StateDeps } from '../control-deps.ts';
import { allPins, allRestores } from '../retention/retention-reading.ts';

export interface CutDeps extends StateDeps, BucketDeps {
  /** Metas of one part; undefined: as many as are worth a call. */
  readonly partMetas?: number;
}
export type PlannedCut = Exclude<TruncationRun, { readonly state: 'refused' }>;

export async function readFacts(deps: BucketDeps): Promise<CatalogFacts> {
  const store = await deps.openBucket();
  return await readCatalog({ snapshots: store, log: store, keys: {} });
}

/** The log that the cut was planned for, whatever epoch goes on by now. */
export function logOf(facts: CatalogFacts, cut: Pick<PlannedCut, 'path'>): LogFacts | undefined {
  return facts.logs.find(({ path }) => path.replace(/\/$/, '') === cut.path);
}

/**
 * Nothing may have happened since the plan that makes the cut too deep: a snapshot that is gone or damaged, above all, or a pin. The
 * refusal, or undefined. Errors: those of the storage and of the state table.
 */
export async function refusalNow(
  deps: CutDeps,
  facts: CatalogFacts,
  cut: Pick<PlannedCut, 'path' | 'untilTs'>,
): Promise<Failure | undefined> {
  const nowMs = deps.nowMs();
  const kept = { pins: await allPins(deps), restores: await allRestores(deps) };
  const allowed = planTruncation({
    facts,
    logPath: cut.path,
    retention: deps.settings.policy.retention,
    nowMs,
    held: holdOfLog(facts, cut.path, kept, nowMs),
  });
  if (allowed.kind === 'refused') return allowed.refusal;
  if (cut.untilTs <= allowed.untilTs) return undefined;
  return {
    code: 'STATE_CONFLICT',
    message: `the log was to be cut at ${describeTs(cut.untilTs)}, and the bucket allows ${describeTs(allowed.untilTs)} now`,
    hint: `${allowed.reasons.join('; ')}: the next plan is made from what is there`,
  };
}
