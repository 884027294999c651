// Operation settle-restore: the last step of the flow restore-to-point, whatever came before: writes how the restore ended and
// what it left, takes its own dead locks out of the log, and gives the lease back. Never while br may still be alive.

import { type ErrorCode, toPitrError } from '../../../domain/errors.ts';
import type { Facts, Failure } from '../../../domain/state/run-identity.ts';
import type { BrWorkDeps, CallbackDeps } from '../control-deps.ts';
import { failureOfCaught } from '../failures.ts';
import { InputReader, type Operation } from '../operation.ts';
import { endedRuns, runsOfWork } from '../runs/br-runs.ts';
import { sweepOwnLocks } from '../runs/dead-locks.ts';
import { settleWork } from '../runs/settle-run.ts';
import { readerLocks } from './restore-locks.ts';
import { lastEnded, noteOnRestore } from './restore-notes.ts';
import { plannedOf } from './restore-plan-facts.ts';
import { readPlan, readPlannedRestore } from './restore-records.ts';

export interface SettleRestoreInput {
  readonly id: string;
  readonly execution: string;
  /** What the flow caught; undefined when it came here by itself. */
  readonly error: Failure | undefined;
}

type Deps = BrWorkDeps & CallbackDeps;

/**
 * Input `{cluster, id, execution, error?}`. Answers `{state, outcome, code, message, leftBehind}`; `message` is the whole story
 * for a person: the proof, or what failed, what is left and what to do. Called twice it answers the same. Errors:
 * WORK_IN_PROGRESS while br is alive (it is asked to stop): try again; those of state, storage, runner.
 */
export const settleRestore: Operation<Deps, SettleRestoreInput, Facts> = {
  name: 'settle-restore',
  parseInput: (value) => {
    const input = new InputReader('settle-restore', value);
    input.text('cluster');
    const parsed = {
      id: input.text('id'),
      execution: input.text('execution'),
      error: input.has('error') ? failureOfCaught(input.value('error')) : undefined,
    };
    input.value('error');
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    await sweepLog(deps, input.id);
    const answer = await settleWork(deps, { work: 'restore', ...input });
    const { record } = await readPlannedRestore(deps, input.id);
    return { ...answer, leftBehind: record.state === 'failed' ? record.leftBehind : [] };
  },
};

/**
 * A storage that is down for longer than this does not keep a restore from its end: it would hold what it needs from the retention,
 * and nobody would be told. Shorter than the flow tries.
 */
const storagePatienceMs = 4 * 3_600_000;

/** The locks of the log, or, when they could not be looked at for hours, where to look. */
async function sweepLog(deps: Deps, id: string): Promise<void> {
  const { record } = await readPlannedRestore(deps, id);
  if (record.state === 'done' || record.state === 'failed') return;
  const { logPath } = plannedOf((await readPlan(deps, record.planId)).record);
  const last = await lastEnded(deps, id);
  if (logPath === undefined || last === undefined) return;
  try {
    await sweepLocks(deps, id, logPath);
  } catch (caught) {
    const { code, message } = toPitrError(caught);
    if (!storageTrouble.has(code) || deps.nowMs() - last.record.endedMs < storagePatienceMs) throw caught;
    const lockNote = `the locks of ${logPath} could not be looked at (${code}: ${message}): a v1/LOCK.READ.… there that is as old as this restore blocks every later writer of the log: delete it by hand when nothing reads there`;
    await noteOnRestore(deps, id, { lockNotes: [lockNote] }, (run) => run);
  }
}

const storageTrouble: ReadonlySet<ErrorCode> = new Set(['STORAGE_UNAVAILABLE', 'STORAGE_DENIED']);

/** Reader locks in the log: those of our own dead runs go, and what is left is told when nobody can tell whose it is. */
async function sweepLocks(deps: Deps, id: string, logPath: string): Promise<void> {
  const runs = await runsOfWork(deps, 'restore', id);
  const ended = endedRuns(runs);
  const store = await deps.openBucket();
  const removed = await sweepOwnLocks(store, await readerLocks(store, logPath), ended);
  const startedMs = Math.min(...ended.map((run) => run.startedMs));
  const left = (await readerLocks(store, logPath)).filter(
    ({ lockedMs }) => (lockedMs ?? startedMs) >= startedMs,
  );
  const lockNotes = left.map(
    ({ object, description }) =>
      `${object} is in the bucket (${description}): it was taken while this restore ran, and is not proven to be its own; it blocks every later writer of the log: delete it by hand when nothing reads there`,
  );
  const isWorthNoting = removed.length > 0 || lockNotes.length > 0;
  if (isWorthNoting) await noteOnRestore(deps, id, { lockNotes, locksRemoved: removed }, (run) => run);
}
