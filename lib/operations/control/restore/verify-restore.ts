// Operation verify-restore: reads the target back, from the cluster's network, after br is over: whether it is what was asked
// for, or, after a failure, what was left there for settle-restore to tell. Keeps the restore's lease; changes nothing in the target.

import { PitrError } from '../../../domain/errors.ts';
import { type VerificationQuestion, verifyTarget } from '../../../domain/restore/restore-verification.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { describeRatios } from '../../../domain/target/target-look.ts';
import type { BucketDeps, ClusterDeps, StateDeps } from '../control-deps.ts';
import { InputReader, type Operation } from '../operation.ts';
import { brStorageUrl } from '../runs/br-call.ts';
import { endedRuns, prolongLease, runsOfWork } from '../runs/br-runs.ts';
import type { EndedRun } from '../runs/br-work.ts';
import { ownLocks } from '../runs/dead-locks.ts';
import { textFact, tsFact } from '../runs/run-facts.ts';
import { factsOfSeen, factsOfVerified, type SeenTarget } from './restore-aftermath.ts';
import { readerLocks } from './restore-locks.ts';
import { lastEnded, noteOnRestore } from './restore-notes.ts';
import { type PlannedRestore, plannedOf } from './restore-plan-facts.ts';
import { fieldsOfRun, type PlannedRun, readPlan, readPlannedRestore } from './restore-records.ts';
import { lookAtTarget, withTarget } from './target-reading.ts';

export interface VerifyRestoreInput {
  readonly id: string;
  /** The flow's execution: the holder of the lease. */
  readonly execution: string;
  readonly purpose: 'verify' | 'settle';
}

type Deps = StateDeps & BucketDeps & ClusterDeps;

/**
 * Input `{cluster, id, execution, purpose}`. For `verify` answers `{next: 'done' | 'again' | 'failed', waitSeconds, code,
 * message}`, and keeps what is final with the run of br; errors: PD_UNREACHABLE, PD_REFUSED, those of storage and state table.
 * For `settle` answers `{seen, message}`, and a target that is down is no error: that is what was seen.
 */
export const verifyRestore: Operation<Deps, VerifyRestoreInput, Facts> = {
  name: 'verify-restore',
  parseInput: (value) => {
    const input = new InputReader('verify-restore', value);
    input.text('cluster');
    const parsed = {
      id: input.text('id'),
      execution: input.text('execution'),
      purpose: input.oneOf('purpose', ['verify', 'settle']),
    };
    input.done();
    return parsed;
  },
  run: async (deps, { id, execution, purpose }) => {
    // br is over and nothing looks at it any more, but until the end is settled nobody else may begin.
    await prolongLease(deps, 'restore', execution);
    return purpose === 'verify' ? await verify(deps, id) : await look(deps, id);
  },
};

async function verify(deps: Deps, id: string): Promise<Facts> {
  const { record } = await readPlannedRestore(deps, id);
  if (record.state === 'done') return { next: 'done', waitSeconds: 0, code: '', message: record.proof };
  const last = await lastEnded(deps, id);
  if (record.state === 'failed' || last?.record.verdict !== 'done') return notEnded(record);
  const planned = plannedOf((await readPlan(deps, record.planId)).record);
  const verified = verifyTarget(await questionOf(deps, record, planned, last.record));
  if (verified.next === 'again') {
    await noteOnRestore(deps, id, {}, verifying);
    return { next: 'again', waitSeconds: verified.waitSeconds, code: '', message: verified.why };
  }
  await noteOnRestore(deps, id, factsOfVerified(verified), verifying);
  if (verified.next === 'done') return { next: 'done', waitSeconds: 0, code: '', message: verified.proof };
  const { code, message } = verified.failure;
  return { next: 'failed', waitSeconds: 0, code, message };
}

function notEnded(record: PlannedRun): Facts {
  const message =
    record.state === 'failed'
      ? record.failure.message
      : `br of the restore ${record.id} has not ended well: there is nothing to be proven`;
  return { next: 'failed', waitSeconds: 0, code: 'CLUSTER_NOT_READY', message };
}

async function questionOf(
  deps: Deps,
  record: PlannedRun,
  planned: PlannedRestore,
  run: EndedRun,
): Promise<VerificationQuestion> {
  const target = await withTarget(deps, record.targetPd, lookAtTarget);
  const usedLog = planned.logPath !== undefined;
  return {
    askedTs: planned.restoreTs,
    saidTs: tsFact(run.facts, usedLog ? 'restoredTs' : 'saidBackupTs'),
    targetTs: tsFact(run.facts, 'targetTs'),
    target,
    sinceEndMs: deps.nowMs() - run.endedMs,
    usedLog,
    ownLocks: await ownReaderLocks(deps, record.id, planned),
    countCommand: countCommand(deps, planned),
    doubt: textFact(run.facts, 'doubt'),
  };
}

async function ownReaderLocks(
  deps: Deps,
  id: string,
  { logPath }: PlannedRestore,
): Promise<readonly string[]> {
  if (logPath === undefined) return [];
  const store = await deps.openBucket();
  const ended = endedRuns(await runsOfWork(deps, 'restore', id));
  const owned = await ownLocks(store, await readerLocks(store, logPath), ended);
  return owned.map(({ lock }) => lock.object);
}

function countCommand({ settings, bucketName }: Deps, { restoreTs }: PlannedRestore): string {
  const storage = brStorageUrl(settings, bucketName, '').replace(/\/$/, '');
  return `pitr query --storage '${storage}' --at ${restoreTs} "SELECT count(*) FROM DATABASE.TABLE"`;
}

/** From when br is over until the flow settles. */
function verifying(run: PlannedRun, ended: EndedRun): PlannedRun {
  if (run.state !== 'running') return run;
  const { startedMs, endedMs } = ended;
  return { ...fieldsOfRun(run), state: 'verifying', startedMs, endedMs };
}

function settling(run: PlannedRun, ended: EndedRun): PlannedRun {
  if (run.state === 'done' || run.state === 'failed') return run;
  const { startedMs, endedMs, failure } = ended;
  return { ...fieldsOfRun(run), state: 'settling', startedMs, endedMs, failure };
}

async function look(deps: Deps, id: string): Promise<Facts> {
  const { record } = await readPlannedRestore(deps, id);
  if ((await lastEnded(deps, id)) === undefined) {
    return {
      seen: false,
      message: 'no run of br is over: there is nothing of it to be looked at, or it is stopped first',
    };
  }
  const seen = await seeTarget(deps, record.targetPd);
  await noteOnRestore(deps, id, factsOfSeen(seen, deps.nowMs()), settling);
  if (seen.kind === 'unseen') return { seen: false, message: seen.problem };
  const { imports, gcRatios } = seen.look;
  const leases = imports.length === 0 ? 'no import' : imports.map(({ name }) => name).join(', ');
  return { seen: true, message: `${leases}; gc.ratio-threshold: ${describeRatios(gcRatios)}` };
}

/** A target that does not answer after a failure is no other failure. */
async function seeTarget(deps: Deps, pd: readonly string[]): Promise<SeenTarget> {
  try {
    return { kind: 'seen', look: await withTarget(deps, pd, lookAtTarget) };
  } catch (caught) {
    if (!(caught instanceof PitrError) || caught.code === 'INTERNAL') throw caught;
    return { kind: 'unseen', problem: `${caught.code}: ${caught.message}` };
  }
}
