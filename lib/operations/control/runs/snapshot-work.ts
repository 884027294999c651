// A snapshot as work of br: what is run, what its folder says before and after, and what a dead attempt left there.
// Removes nothing but the lock of an attempt of its own that is proven dead.

import { readSnapshotFacts } from '../../../br/catalog-snapshot.ts';
import type { BackupFull } from '../../../br/commands/br-decision.ts';
import type { BrOutcome } from '../../../br/commands/br-outcome.ts';
import { backupLockKey } from '../../../br/layout.ts';
import type { SnapshotFacts } from '../../../domain/facts.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import type { SnapshotRun } from '../../../domain/state/snapshot-run.ts';
import { describeTs } from '../../../domain/ts.ts';
import type { Stored } from '../../../ports/task-store.ts';
import { type Proof, proveSnapshot } from '../../prove-snapshots.ts';
import type { BrWorkDeps } from '../control-deps.ts';
import { failureOfOutcome } from '../failures.ts';
import { signalOf } from '../signals.ts';
import { brStorageUrl } from './br-call.ts';
import {
  type BrWork,
  type EndedRun,
  type Judgement,
  retryBudgetMs,
  type Way,
  type WorkEnd,
} from './br-work.ts';
import { numberFact, tsFact } from './run-facts.ts';

/** A checkpoint's lock is looked at by clocks that differ a little. */
const lockSlackSeconds = 10;

export function snapshotWork(deps: BrWorkDeps, stored: Stored<SnapshotRun>): BrWork {
  const { record, revision } = stored;
  return {
    work: 'snapshot',
    id: record.id,
    role: 'writer',
    record,
    revision,
    over: overOf(record),
    pd: undefined,
    decision: () => decisionOf(deps, record),
    clearTheWay: (earlier) => clearTheWay(deps, record, earlier),
    judge: (_run, outcome) => judge(deps, record, outcome),
    confirm: async () => undefined,
    running: (beat) => ({
      ...runOf(record),
      state: 'running',
      startedMs: beat.startedMs,
      attempt: beat.attempt,
      runner: beat.runner,
      heartbeatMs: beat.nowMs,
      progress: beat.progress,
    }),
    ended: (end, nowMs) => endedAs(record, end, nowMs),
  };
}

/** The fields of every state. */
function runOf({ shape, cluster, id, dueMs, trigger, folder }: SnapshotRun) {
  return { shape, cluster, id, dueMs, trigger, folder };
}

function overOf(record: SnapshotRun): BrWork['over'] {
  switch (record.state) {
    case 'planned':
    case 'running':
      return undefined;
    case 'complete':
    case 'expired':
      return {
        outcome: 'succeeded',
        state: record.state,
        code: '',
        message: `${record.folder} holds ${describeTs(record.backupTs)}`,
      };
    case 'failed':
      return { outcome: 'failed', state: 'failed', ...record.failure };
    default:
      return record satisfies never;
  }
}

function decisionOf({ settings, bucketName }: BrWorkDeps, record: SnapshotRun): BackupFull {
  return {
    kind: 'backup-full',
    storage: brStorageUrl(settings, bucketName, record.folder),
    retryBudgetMs: retryBudgetMs(settings.policy.onFailure),
    checksum: true,
  };
}

async function readFolder(deps: BrWorkDeps, { folder }: SnapshotRun): Promise<SnapshotFacts | undefined> {
  return await readSnapshotFacts(await deps.openBucket(), `${folder}/`, {});
}

async function clearTheWay(
  deps: BrWorkDeps,
  record: SnapshotRun,
  earlier: readonly EndedRun[],
): Promise<Way> {
  const found = await readFolder(deps, record);
  if (found === undefined) return { kind: 'clear', notes: [] };
  const { state } = found;
  if (earlier.length === 0) return pathUsed(record, state.kind);
  switch (state.kind) {
    case 'complete':
      return { kind: 'done', facts: factsOf(found), why: 'its backupmeta is there and complete' };
    case 'unfinished':
      return await unfinishedWay(deps, record, state);
    case 'damaged':
    case 'unreadable':
      return pathUsed(record, state.kind);
    default:
      return state satisfies never;
  }
}

/** Every run of this work has ended, and the folder is this work's alone: what is in it is ours, and its writer is dead. */
async function unfinishedWay(
  deps: BrWorkDeps,
  record: SnapshotRun,
  state: Extract<SnapshotFacts['state'], { readonly kind: 'unfinished' }>,
): Promise<Way> {
  const { lockExpiresMs } = state;
  const nowMs = deps.nowMs();
  if (lockExpiresMs !== undefined && lockExpiresMs > nowMs) {
    const seconds = Math.ceil((lockExpiresMs - nowMs) / 1000) + lockSlackSeconds;
    return {
      kind: 'wait',
      seconds,
      failure: {
        code: 'BR_LOCKED',
        message: `the checkpoint of the dead attempt in ${record.folder} is locked for ${seconds} more seconds`,
        hint: 'the lock ends by itself',
      },
    };
  }
  if (state.resumable) {
    return { kind: 'clear', notes: [`${record.folder} is unfinished, and br goes on where it stopped`] };
  }
  // Without a checkpoint br refuses the folder because of this lock (FACTS §1.13), and nothing in it can be gone on with.
  const store = await deps.openBucket();
  await store.delete(`${record.folder}/${backupLockKey}`);
  return {
    kind: 'clear',
    notes: [`${record.folder}/${backupLockKey} of a dead attempt without a checkpoint was removed`],
  };
}

function pathUsed(record: SnapshotRun, kind: string): Way {
  const failure = {
    code: 'BACKUP_PATH_USED',
    message: `${record.folder} is in use by something that is not this snapshot (${kind}), expected no such folder`,
    hint: 'look what wrote there; the next snapshot goes to a folder of its own',
  };
  return { kind: 'blocked', failure };
}

function factsOf(found: SnapshotFacts): Facts {
  return { backupTs: `${found.backupTs}`, bytes: `${found.sizeBytes ?? 0n}` };
}

/** backupmeta is written last and tells: complete is complete, whatever the exit code said (FACTS §3.2, §9). */
async function judge(deps: BrWorkDeps, record: SnapshotRun, outcome: BrOutcome): Promise<Judgement> {
  const found = await readFolder(deps, record);
  if (found?.state.kind === 'complete') {
    const proof = await proveSnapshot(await deps.openBucket(), record.folder);
    return judgeComplete(record, found, outcome, proof);
  }
  if (outcome.kind === 'failed' && !outcome.retry) {
    return { verdict: 'failed', failure: failureOfOutcome(outcome), facts: {} };
  }
  const failure =
    outcome.kind === 'succeeded'
      ? {
          code: 'BR_FAILED',
          message: `br said that it succeeded, and ${record.folder}/backupmeta is ${found?.state.kind ?? 'not there'}`,
          hint: 'look whether something deletes objects from the bucket, and whether br writes to this one',
        }
      : failureOfOutcome(outcome);
  const waitSeconds = outcome.kind === 'failed' ? (outcome.waitSeconds ?? 0) : 0;
  const locked = lockSeconds(found, deps.nowMs());
  return { verdict: 'again', waitSeconds: Math.max(waitSeconds, locked), failure, facts: {} };
}

function judgeComplete(
  record: SnapshotRun,
  found: SnapshotFacts,
  outcome: BrOutcome,
  proof: Proof | undefined,
): Judgement {
  const said = outcome.kind === 'succeeded' ? outcome.facts.backupTs : undefined;
  const facts = factsOf(found);
  if (proof?.kind === 'failed') {
    const failure = {
      code: 'OBJECT_MISSING',
      message: `${record.folder} has a backupmeta and is not whole: ${proof.why}`,
      hint: 'look whether something deletes objects from the bucket, such as a lifecycle rule; the next snapshot goes to a folder of its own',
    };
    return { verdict: 'failed', failure, facts };
  }
  if (said === undefined || said === found.backupTs) return { verdict: 'done', facts };
  const failure = {
    code: 'BACKUP_PATH_USED',
    message: `${record.folder}/backupmeta holds ${describeTs(found.backupTs)}, and br said ${describeTs(said)}`,
    hint: 'another br writes to this folder: look who',
  };
  return { verdict: 'failed', failure, facts };
}

function lockSeconds(found: SnapshotFacts | undefined, nowMs: number): number {
  if (found?.state.kind !== 'unfinished' || found.state.lockExpiresMs === undefined) return 0;
  return Math.max(0, Math.ceil((found.state.lockExpiresMs - nowMs) / 1000) + lockSlackSeconds);
}

function endedAs(record: SnapshotRun, end: WorkEnd, nowMs: number): ReturnType<BrWork['ended']> {
  const run = runOf(record);
  const common = { cluster: record.cluster, id: record.id, atMs: nowMs };
  if (end.outcome === 'succeeded') {
    const backupTs = tsFact(end.run.facts, 'backupTs');
    const bytes = tsFact(end.run.facts, 'bytes');
    return {
      record: { ...run, state: 'complete', backupTs, endedMs: nowMs, bytes },
      what: 'completed a snapshot',
      signals: [
        signalOf('snapshot-complete', common, {
          folder: record.folder,
          backupTs: `${backupTs}`,
          bytes: `${bytes}`,
          attempts: end.run.attempt,
          tookMs: numberFact(end.run.facts, 'tookMs'),
        }),
      ],
    };
  }
  const { failure, attempt } = end;
  return {
    record: { ...run, state: 'failed', endedMs: nowMs, attempt, failure },
    what: 'gave up a snapshot',
    signals: [signalOf('snapshot-failed', common, { folder: record.folder, attempt, ...failure })],
  };
}
