// One step of a plan of the retention: checked again from the bucket, done, recorded. Called again after a crash it goes on where the
// last call died.

import { checkStep } from '../../../domain/retention/check-step.ts';
import { type RetentionStep, targetOf } from '../../../domain/retention/retention-plan.ts';
import { folderName, type RetentionState } from '../../../domain/retention/retention-state.ts';
import type { HeldLease } from '../../../domain/state/lease.ts';
import type { Facts, Failure } from '../../../domain/state/run-identity.ts';
import type { SnapshotRun } from '../../../domain/state/snapshot-run.ts';
import type { TruncationRun } from '../../../domain/state/truncation-run.ts';
import { everyRecord } from '../../../ports/every-record.ts';
import type { Change, RecordWrite } from '../../../ports/task-store.ts';
import type { Disproven } from '../../prove-snapshots.ts';
import { signalOf } from '../signals.ts';
import { type Deletion, deleteLog, deleteSnapshot } from './retention-deletion.ts';
import { type RetentionDeps, readRetention, retentionSettings } from './retention-reading.ts';
import { readRetentionPlan } from './retention-records.ts';
import { claimStep, untilNoConflict } from './step-claim.ts';

export type StepOutcome =
  | { readonly kind: 'done'; readonly facts: Facts }
  | { readonly kind: 'refused'; readonly refusal: Failure };

export interface StepCall {
  readonly planId: string;
  /** From 0. */
  readonly index: number;
  readonly step: RetentionStep;
  readonly lease: HeldLease;
  /** As it was when the plan was taken up. */
  readonly disproven: Disproven;
}

/** Errors: those of storage and state table, LEASE_LOST; doing it again goes on. */
export async function doStep(deps: RetentionDeps, call: StepCall): Promise<StepOutcome> {
  const begun = await untilNoConflict(() => beginStep(deps, call));
  return 'state' in begun ? { kind: 'done', facts: await act(deps, call, begun.state) } : begun;
}

/** Checked with all pins that are there, and begun: whoever pins from now on meets it. Errors: STATE_CONFLICT when a pin came meanwhile. */
async function beginStep(
  deps: RetentionDeps,
  call: StepCall,
): Promise<StepOutcome | { readonly state: RetentionState }> {
  const { step } = call;
  const plan = await readRetentionPlan(deps, call.planId);
  const state = await readRetention(deps, [step], call.disproven);
  const check = checkStep(state, step, retentionSettings(deps), deps.nowMs());
  switch (check.kind) {
    case 'refused':
      return check;
    case 'over': {
      const facts = { target: targetOf(step), outcome: 'over', why: check.why };
      // Whoever died after the last deletion did not record it.
      if (step.kind !== 'cut-log') await record(deps, call, facts);
      return { kind: 'done', facts };
    }
    case 'go':
      await claimStep(deps, plan, call.index, call.lease);
      return { state };
    default:
      return check satisfies never;
  }
}

async function act(deps: RetentionDeps, call: StepCall, state: RetentionState): Promise<Facts> {
  const { step } = call;
  const store = await deps.openBucket();
  switch (step.kind) {
    case 'cut-log':
      return await planCut(deps, call, step);
    case 'delete-snapshot':
    case 'delete-unfinished': {
      const facts = deletionFacts(step, await deleteSnapshot(store, step.folder));
      await record(deps, call, facts);
      return facts;
    }
    case 'delete-log': {
      const log = state.facts.logs.find(({ path }) => folderName(path) === step.path);
      const endTs = log?.maxTs === undefined || log.maxTs < step.endTs ? step.endTs : log.maxTs;
      const facts = deletionFacts(step, await deleteLog(store, step.path, endTs));
      await record(deps, call, facts);
      return facts;
    }
    default:
      return step satisfies never;
  }
}

function deletionFacts(step: RetentionStep, { deleted, left, kept }: Deletion): Facts {
  const outcome = left === 0 ? 'deleted' : deleted === 0 ? 'kept' : 'partly';
  return {
    target: targetOf(step),
    outcome,
    deleted,
    left,
    // Locked objects stay until their lock ends; the next plan finds them.
    kept: kept.map(({ key, error }) => ({ key, code: error.code, message: error.message })),
  };
}

const done = {
  'delete-snapshot': 'deleted a snapshot that expired',
  'delete-unfinished': 'deleted what a dead run left',
  'delete-log': 'deleted the log of an old epoch',
  'cut-log': 'planned a cut of the log',
} as const satisfies Record<RetentionStep['kind'], string>;

function changeOf(deps: RetentionDeps, { planId, index, step, lease }: StepCall, facts: Facts): Change {
  const cluster = deps.settings.name;
  const atMs = deps.nowMs();
  return {
    cluster,
    nowMs: atMs,
    records: [],
    lease,
    audit: {
      ...{ shape: 'audit/v1', cluster, id: `retention-apply/${planId}/${index}`, atMs },
      ...{ who: `retention-apply/${planId}`, what: done[step.kind], why: step.reasons.join('; '), facts },
    },
  };
}

async function record(deps: RetentionDeps, call: StepCall, facts: Facts): Promise<void> {
  const { step } = call;
  const isGone = facts['outcome'] !== 'kept';
  const expiry =
    step.kind === 'delete-snapshot' && isGone ? await expiryOf(deps, step) : ([] as readonly RecordWrite[]);
  if (expiry === 'recorded') return;
  await deps.store.commit({ ...changeOf(deps, call, facts), records: expiry });
}

/** The record of the snapshot as expired, if it has one; `recorded` when it says so already. */
async function expiryOf(
  deps: RetentionDeps,
  step: Extract<RetentionStep, { readonly kind: 'delete-snapshot' }>,
): Promise<readonly RecordWrite[] | 'recorded'> {
  const found = await runOfFolder(deps, step.folder);
  if (found === undefined) return [];
  const { shape, cluster, id, dueMs, trigger, folder } = found.record;
  if (found.record.state === 'expired') return 'recorded';
  const record: SnapshotRun = {
    ...{ shape, cluster, id, dueMs, trigger, folder },
    ...{ state: 'expired', backupTs: step.backupTs, deletedMs: deps.nowMs() },
    reason: step.reasons[0] ?? 'the retention let it go',
  };
  return [{ record, expect: found.revision }];
}

async function runOfFolder({ store, settings, nowMs }: RetentionDeps, folder: string) {
  const query = { nowMs: nowMs(), limit: 1000 };
  for await (const run of everyRecord(store, 'snapshot', settings.name, query)) {
    if (folderName(run.record.folder) === folder) return run;
  }
  return undefined;
}

/** The flow truncate cuts, by br or by our own engine, after it has looked once more. */
async function planCut(
  deps: RetentionDeps,
  call: StepCall,
  step: Extract<RetentionStep, { readonly kind: 'cut-log' }>,
): Promise<Facts> {
  const { store, settings, nowMs } = deps;
  const cluster = settings.name;
  const [id, atMs] = [call.planId, nowMs()];
  const page = await store.list('truncation', cluster, { nowMs: atMs, newestFirst: true, limit: 100 });
  const open = page.entries.find(
    ({ record }) => record.id !== id && (record.state === 'planned' || record.state === 'running'),
  );
  const facts = { target: step.path, untilTs: `${step.untilTs}`, base: step.base };
  if (open !== undefined)
    return { ...facts, outcome: 'kept', why: `the cut ${open.record.id} is ${open.record.state}` };
  const record: TruncationRun = {
    ...{ shape: 'truncation/v1', state: 'planned', cluster, id, dueMs: atMs, path: step.path },
    ...{ untilTs: step.untilTs, plannedMs: atMs, reasons: step.reasons },
  };
  await store.commit({
    ...changeOf(deps, call, facts),
    records: [{ record, expect: 'absent' }],
    signals: [signalOf('truncation-planned', { cluster, id, atMs }, { ...facts, reasons: step.reasons })],
  });
  return { ...facts, outcome: 'planned', truncation: id };
}
