// One look at our log backup task: PD, then the newest checkpoint in the bucket; what it means is decided and written, with what is
// to be told of it, in one conditional write. Shared by observe's two purposes; changes nothing in cluster or bucket.

import { newestCheckpoint } from '../../br/log-look.ts';
import { capabilities } from '../../domain/capabilities.ts';
import { PitrError } from '../../domain/errors.ts';
import { changeOfLogTask, type LogTaskChange } from '../../domain/log-task-change.ts';
import {
  decideLogTask,
  type LogTaskSight,
  type OurTask,
  ourTaskIn,
  savedCheckpoint,
} from '../../domain/log-task-decision.ts';
import type { LogTaskFacts } from '../../domain/log-task-facts.ts';
import { checkpointsOf } from '../../domain/state/checkpoint.ts';
import type { LogTaskState } from '../../domain/state/log-task-state.ts';
import type { ClusterObservation } from '../../ports/cluster.ts';
import type { Change, Stored } from '../../ports/task-store.ts';
import { brStorageUrl, logFolder } from './br-call.ts';
import type { BucketDeps, ClusterDeps, StateDeps } from './control-deps.ts';
import { failureOf } from './failures.ts';
import { changeSignal, logTaskKey, plannedStart, type StartPlan } from './log-task-signals.ts';
import { signalOf } from './signals.ts';

export type ObserveDeps = StateDeps & BucketDeps & ClusterDeps;

/** What the bucket's checkpoint objects say; `problem` when they could not be read, which no look at PD fails for. */
interface ObjectsLook {
  readonly ts: bigint | undefined;
  readonly problem: string;
}

export interface Observation {
  /** As it is stored now. */
  readonly state: LogTaskState;
  /** undefined: nothing that is told. */
  readonly change: LogTaskChange | undefined;
  readonly start: StartPlan;
  readonly seen: ClusterObservation;
  readonly objects: ObjectsLook;
}

/** Others who write at the same time: a second minute, the flow's Confirm. */
const mostRounds = 5;
const dayMs = 86_400_000;
/** Enough to see that a checkpoint stands for longer than it may. */
const minutesBack = 15;

/**
 * PD: five requests. Bucket: one listing and at most four reads, and none without a task of ours. State: two or three reads and
 * three writes. Two who look at once, or a minute that comes twice, tell a change once: the record's revision lets one of them
 * write. Who looked earlier never overwrites who looked later. Errors: PD_UNREACHABLE, PD_REFUSED, OBJECT_DAMAGED for a task's
 * key in PD that cannot be read (nothing is written then); those of the state table.
 */
export async function observeLogTask(deps: ObserveDeps): Promise<Observation> {
  const nowMs = deps.nowMs();
  const own = ourTaskOf(deps);
  const seen = await lookAtPd(deps);
  const task = ourTaskIn(seen.logBackup, own);
  // After PD, so that a checkpoint in PD is never newer than the objects that it speaks of.
  const objects = task === undefined ? { ts: undefined, problem: '' } : await lookAtObjects(deps);
  for (let round = 1; ; round++) {
    const stored = await deps.store.get(logTaskKey(deps), deps.nowMs());
    if (stored !== undefined && stored.record.observedMs > nowMs) {
      const start: StartPlan = { kind: 'none', why: '' };
      return { state: stored.record, change: undefined, start, seen, objects };
    }
    const sight = await sightOf(deps, { seen, objects, task, nowMs }, stored?.record);
    const state = decideLogTask(sight, stored?.record, own, nowMs);
    const change = changeOfLogTask(stored?.record, state);
    const start = await plannedStart(deps, state, seen.logBackup.imports.length);
    await addCheckpoints(deps, state);
    if (await isWritten(deps, stored, { state, change, start }, round)) {
      return { state, change, start, seen, objects };
    }
  }
}

/** Which task is ours, by the settings. The keeper's epochs add their places here. */
function ourTaskOf({ settings, bucketName }: ObserveDeps): OurTask {
  const { log } = settings.policy;
  return {
    cluster: settings.name,
    taskName: log.kind === 'on' ? log.taskName : undefined,
    places: [brStorageUrl(settings, bucketName, logFolder)],
    needsAdvancer: capabilities(settings.version).globalCheckpoint === 'central-global',
  };
}

async function lookAtPd(deps: ObserveDeps): Promise<ClusterObservation> {
  const { cluster, close } = await deps.openCluster();
  try {
    return await cluster.observe();
  } finally {
    close();
  }
}

/** A storage that refuses us is told in the answer: what PD says is worth knowing all the same. */
async function lookAtObjects(deps: ObserveDeps): Promise<ObjectsLook> {
  try {
    const newest = await newestCheckpoint(await deps.openBucket(), `${logFolder}/`);
    return { ts: newest?.ts, problem: '' };
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    const { code, message } = failureOf(caught);
    return { ts: undefined, problem: `${code}: ${message}` };
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
async function addCheckpoints({ store, settings }: ObserveDeps, state: LogTaskState): Promise<void> {
  if (!('checkpointTs' in state) || state.state === 'stopped') return;
  const seen = { cluster: settings.name, atMs: state.observedMs, checkpointTs: state.checkpointTs };
  const keep = { minutesForMs: dayMs, hoursForMs: settings.policy.retention.windowMs };
  await store.addCheckpoints(checkpointsOf(seen, keep), state.observedMs);
}

/** False when somebody else was faster: then it is looked at what they wrote. */
async function isWritten(
  deps: ObserveDeps,
  stored: Stored<LogTaskState> | undefined,
  decided: Pick<Observation, 'state' | 'change' | 'start'>,
  round: number,
): Promise<boolean> {
  try {
    const outcome = await deps.store.commit(changeToWrite(deps, stored, decided));
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
  stored: Stored<LogTaskState> | undefined,
  { state, change, start }: Pick<Observation, 'state' | 'change' | 'start'>,
): Change {
  const about = { cluster: settings.name, id: 'current', atMs: state.observedMs };
  const planned = start.kind === 'planned' ? start : undefined;
  return {
    cluster: settings.name,
    nowMs: state.observedMs,
    records: [
      { record: state, expect: stored?.revision ?? 'absent' },
      ...(planned === undefined ? [] : [{ record: planned.record, expect: 'absent' } as const]),
    ],
    signals: [
      ...(change === undefined ? [] : [changeSignal(state, change)]),
      // Never filled before: whatever stands in the bucket is to be made known.
      ...(stored === undefined ? [signalOf('adopt-wanted', about, {})] : []),
      ...(planned === undefined ? [] : [planned.signal]),
    ],
    ...(planned === undefined ? {} : { audit: planned.audit }),
  };
}
