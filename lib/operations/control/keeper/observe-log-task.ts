// One look at our log backup task: PD, then the newest checkpoint in the bucket; what it means and what its keeper does about it is
// decided and written, with what is to be told, in one conditional write. Shared by observe's two purposes; the cluster is changed by
// what the keeper planned, later and elsewhere.

import { PitrError } from '../../../domain/errors.ts';
import type { KeeperDecision, KeeperFacts } from '../../../domain/keeper/keeper-facts.ts';
import { changeOfLogTask, type LogTaskChange } from '../../../domain/log-task/log-task-change.ts';
import {
  decideLogTask,
  type LogTaskSight,
  ourTaskIn,
  savedCheckpoint,
} from '../../../domain/log-task/log-task-decision.ts';
import type { LogTaskFacts } from '../../../domain/log-task/log-task-facts.ts';
import { ownTaskOf } from '../../../domain/log-task/own-task.ts';
import { checkpointsOf, slotOf } from '../../../domain/state/checkpoint.ts';
import type { KeeperRecord } from '../../../domain/state/keeper-record.ts';
import type { LogTaskState } from '../../../domain/state/log-task-state.ts';
import type { ClusterObservation } from '../../../ports/cluster.ts';
import type { Change, Stored } from '../../../ports/task-store.ts';
import type { BucketDeps, ClusterDeps, StateDeps } from '../control-deps.ts';
import { askKeeper, keeperWrites } from '../runs/keeper-work.ts';
import { signalOf } from '../signals.ts';
import { keeperKey, taskOwner } from './log-place.ts';
import { changeSignal, logTaskKey } from './log-task-signals.ts';
import { lookAtObjects, measuredHour, type ObjectsLook } from './look-at-log.ts';

export type ObserveDeps = StateDeps & BucketDeps & ClusterDeps;

export interface Observation {
  /** As it is stored now. */
  readonly state: LogTaskState;
  /** undefined: nothing that is told. */
  readonly change: LogTaskChange | undefined;
  /** Undefined: somebody looked later, and it is theirs that counts. */
  readonly kept: KeeperDecision | undefined;
  /** What was kept is decided from; undefined exactly when that is. */
  readonly facts: KeeperFacts | undefined;
  readonly seen: ClusterObservation;
  readonly objects: ObjectsLook;
}

/** Others who write at the same time: a second minute, the flow's Confirm. */
const mostRounds = 5;
const dayMs = 86_400_000;
/** Enough to see that a checkpoint stands for longer than it may. */
const minutesBack = 15;

/**
 * PD: five requests. Bucket: one listing and at most four reads, once an hour at most five more listings, and none without a task
 * of ours. State: eight or nine reads and two writes, three in the first minute of an hour. Two who look at once, or a minute that comes twice, tell a change once and
 * plan an act once: the records' revisions let one of them write. Who looked earlier never overwrites who looked later. Errors:
 * PD_UNREACHABLE, PD_REFUSED, OBJECT_DAMAGED for a task's key in PD that cannot be read (nothing is written then); those of the
 * state table.
 */
export async function observeLogTask(deps: ObserveDeps): Promise<Observation> {
  const nowMs = deps.nowMs();
  const seen = await lookAtPd(deps);
  const remembered = (await deps.store.get(keeperKey(deps), nowMs))?.record;
  const { path } = ownTaskOf(seen.logBackup, taskOwner(deps), remembered, nowMs);
  // After PD, so that a checkpoint in PD is never newer than the objects that it speaks of.
  const objects = path === undefined ? { ts: undefined, problem: '' } : await lookAtObjects(deps, path);
  for (let round = 1; ; round++) {
    const stored = await deps.store.get(logTaskKey(deps), deps.nowMs());
    if (stored !== undefined && stored.record.observedMs > nowMs) {
      return { state: stored.record, change: undefined, kept: undefined, facts: undefined, seen, objects };
    }
    const keeper = await deps.store.get(keeperKey(deps), deps.nowMs());
    // Again: a person may have made a task ours meanwhile.
    const { own, path, adopted } = ownTaskOf(seen.logBackup, taskOwner(deps), keeper?.record, nowMs);
    const task = ourTaskIn(seen.logBackup, own);
    const sight = await sightOf(deps, { seen, objects, task, nowMs }, stored?.record);
    const state = decideLogTask(sight, stored?.record, own, nowMs);
    const change = changeOfLogTask(stored?.record, state);
    const measured = await measuredHour(deps, path, state, keeper?.record);
    const { stores } = seen.cluster;
    const ours = { own, path: path ?? '', adopted };
    const look = { sight, state, ...ours, stores, bucketProblem: objects.problem, measured };
    const { facts, decision: kept } = await askKeeper(deps, look, keeper?.record, nowMs);
    await addCheckpoints(deps, state, stored?.record);
    const before = { logTask: stored, keeper };
    if (await isWritten(deps, before, { state, change, kept }, round)) {
      return { state, change, kept, facts, seen, objects };
    }
  }
}

async function lookAtPd(deps: ObserveDeps): Promise<ClusterObservation> {
  const { cluster, close } = await deps.openCluster();
  try {
    return await cluster.observe();
  } finally {
    close();
  }
}

async function sightOf(
  deps: ObserveDeps,
  look: {
    readonly seen: ClusterObservation;
    readonly objects: ObjectsLook;
    readonly task: LogTaskFacts | undefined;
    readonly nowMs: number;
  },
  before: LogTaskState | undefined,
): Promise<LogTaskSight> {
  const { seen, objects, task, nowMs } = look;
  const checkpointTs = task === undefined ? undefined : savedCheckpoint(task);
  const isSame = before !== undefined && 'checkpointTs' in before && before.checkpointTs === checkpointTs;
  const hasNone = task === undefined && seen.logBackup.task.kind === 'none';
  return {
    logBackup: seen.logBackup,
    safePoints: seen.safePoints,
    serverMs: seen.clock.serverMs,
    objectsTs: objects.ts,
    standsSinceMs: isSame ? await standsSince(deps, before.checkpointTs, nowMs) : undefined,
    lastOursTs: hasNone && before?.state === 'foreign' ? await lastCheckpoint(deps, nowMs) : undefined,
  };
}

/** A checkpoint never goes back: since the first record of its value it stood, also where nobody looked in between. */
async function standsSince(
  { store, settings }: ObserveDeps,
  checkpointTs: bigint,
  nowMs: number,
): Promise<number | undefined> {
  const query = { nowMs, untilMs: nowMs, newestFirst: true, limit: minutesBack };
  const { entries } = await store.checkpoints(settings.name, 'minute', query);
  const same = entries.filter((entry) => entry.checkpointTs === checkpointTs);
  return same.length === 0 ? undefined : Math.min(...same.map(({ atMs }) => atMs));
}

/** Checkpoints are kept of tasks of ours alone. */
async function lastCheckpoint({ store, settings }: ObserveDeps, nowMs: number): Promise<bigint | undefined> {
  const query = { nowMs, newestFirst: true, limit: 10 };
  const { entries } = await store.checkpoints(settings.name, 'hour', query);
  return entries[0]?.checkpointTs;
}

/** Before the record: whoever dies in between looks again, and the first of a slot stays. */
async function addCheckpoints(
  { store, settings }: ObserveDeps,
  state: LogTaskState,
  before: LogTaskState | undefined,
): Promise<void> {
  if (!('checkpointTs' in state) || state.state === 'stopped') return;
  const seen = { cluster: settings.name, atMs: state.observedMs, checkpointTs: state.checkpointTs };
  const keep = { minutesForMs: dayMs, hoursForMs: settings.policy.retention.windowMs };
  const all = checkpointsOf(seen, keep);
  // A refused write is paid as one that is not: that of the hour is made by its first look, which wrote its record after it.
  const isHourKept =
    before !== undefined &&
    'checkpointTs' in before &&
    before.state !== 'stopped' &&
    slotOf('hour', before.observedMs) === slotOf('hour', state.observedMs);
  const added = isHourKept ? all.filter(({ resolution }) => resolution !== 'hour') : all;
  await store.addCheckpoints(added, state.observedMs);
}

interface Before {
  readonly logTask: Stored<LogTaskState> | undefined;
  readonly keeper: Stored<KeeperRecord> | undefined;
}

interface Decided {
  readonly state: LogTaskState;
  readonly change: LogTaskChange | undefined;
  readonly kept: KeeperDecision;
}

/** False when somebody else was faster: then it is looked at what they wrote. */
async function isWritten(
  deps: ObserveDeps,
  before: Before,
  decided: Decided,
  round: number,
): Promise<boolean> {
  try {
    const outcome = await deps.store.commit(changeToWrite(deps, before, decided));
    if (outcome.kind === 'written') return true;
  } catch (caught) {
    if (!(caught instanceof PitrError && caught.code === 'STATE_CONFLICT')) throw caught;
    if (round >= mostRounds) throw caught;
  }
  if (round < mostRounds) return false;
  throw new PitrError(
    'STATE_UNAVAILABLE',
    `the log task of ${deps.settings.name} was written by others ${mostRounds} times while it was decided on`,
    {
      hint: 'look who calls observe that often',
    },
  );
}

function changeToWrite(
  { settings }: ObserveDeps,
  { logTask, keeper }: Before,
  { state, change, kept }: Decided,
): Change {
  const about = { cluster: settings.name, id: 'current', atMs: state.observedMs };
  const { records, signals, audit } = keeperWrites(settings.name, kept, keeper);
  return {
    cluster: settings.name,
    nowMs: state.observedMs,
    records: [{ record: state, expect: logTask?.revision ?? 'absent' }, ...records],
    signals: [
      ...(change === undefined ? [] : [changeSignal(state, change)]),
      // Never filled before: whatever stands in the bucket is to be made known.
      ...(logTask === undefined ? [signalOf('adopt-wanted', about, {})] : []),
      ...signals,
    ],
    ...(audit === undefined ? {} : { audit }),
  };
}
