// What a look at PD and the bucket means for our log backup task: none, running, paused, failed, stuck, stopped, or not ours.
// Decides the state and nothing else: what is done about it is decided elsewhere, and heals nothing here.

import type { SafePointFacts } from '../cluster-facts.ts';
import type { LogTaskState } from '../state/log-task-state.ts';
import { maxTs, minTs, msOfTs } from '../ts.ts';
import { fuseOf } from './fuse.ts';
import type { LogBackupFacts, LogTaskFacts, StoreErrorFacts } from './log-task-facts.ts';
import { stuckReason } from './log-task-standstill.ts';

/** What was seen at one look. */
export interface LogTaskSight {
  readonly logBackup: LogBackupFacts;
  readonly safePoints: SafePointFacts;
  /** Unix ms by the cluster's clock. */
  readonly serverMs: number;
  /** Newest checkpoint among the task's objects; undefined: none there, or not looked at. */
  readonly objectsTs: bigint | undefined;
  /** Since when the checkpoint is known to have its value, Unix ms by our clock; undefined: it moved, or nobody looked before. */
  readonly standsSinceMs: number | undefined;
  /** The last checkpoint of a task of ours, where `before` cannot tell that there was one; undefined: there never was. */
  readonly lastOursTs: bigint | undefined;
}

/** Which task is ours. */
export interface OurTask {
  readonly cluster: string;
  /** undefined: the settings want no log backup, and no task is ours. */
  readonly taskName: string | undefined;
  /** Storage URLs that a task of ours may write to. The keeper's epochs each have their own. */
  readonly places: readonly string[];
  /** Why the task that PD has is none of ours, and what a person can do (own-task.ts). */
  readonly strange?: { readonly reason: string; readonly todo: string };
  /** False for 6.1, where the stores advance the checkpoint themselves (FACTS §2.6). */
  readonly needsAdvancer: boolean;
}

/** Texts of stores are kept up to here: the record must stay small whatever an error says. */
const longestMessage = 1000;
const mostStores = 50;

/** `nowMs`: when PD was asked, by our clock. `before`: what the look before this one decided. */
export function decideLogTask(
  sight: LogTaskSight,
  before: LogTaskState | undefined,
  own: OurTask,
  nowMs: number,
): LogTaskState {
  const observed = { shape: 'log-task/v1', cluster: own.cluster, observedMs: nowMs } as const;
  const ours = ourTaskIn(sight.logBackup, own);
  if (ours !== undefined) return stateOfOurs(ours, sight, before, own, nowMs);
  const { task } = sight.logBackup;
  if (task.kind === 'task') {
    const { name, storage, startTs } = task;
    const reason = own.strange?.reason ?? strangeness(task, own);
    return { ...observed, state: 'foreign', task: name, storage: storage.url, startTs, reason };
  }
  if (before !== undefined && 'checkpointTs' in before) {
    const { task: name, storage, startTs, checkpointTs } = before;
    const stoppedMs = before.state === 'stopped' ? before.stoppedMs : nowMs;
    return { ...observed, state: 'stopped', task: name, storage, startTs, checkpointTs, stoppedMs };
  }
  const { lastOursTs: checkpointTs } = sight;
  if (checkpointTs === undefined) return { ...observed, state: 'none' };
  // It was ours, then another's, and now there is none: the start of ours is not known any more.
  const storage = own.places[0] ?? '';
  const gone = { task: own.taskName ?? '', storage, startTs: 0n, checkpointTs, stoppedMs: nowMs };
  return { ...observed, state: 'stopped', ...gone };
}

/** The task of ours among those in PD: our name and our place, both. */
export function ourTaskIn({ task, otherTasks }: LogBackupFacts, own: OurTask): LogTaskFacts | undefined {
  const all = task.kind === 'task' ? [task, ...otherTasks] : otherTasks;
  return all.find((one) => one.name === own.taskName && isOurPlace(one.storage.url, own));
}

function isOurPlace(url: string, { places }: OurTask): boolean {
  return places.some((place) => plainUrl(place) === plainUrl(url));
}

/** br's word for a folder is `local`, PD's keys tell it as `file`; a slash at the end makes no difference. */
export function plainUrl(url: string): string {
  return url.replace(/^local:/, 'file:').replace(/\/+$/, '');
}

function strangeness({ name, storage }: LogTaskFacts, own: OurTask): string {
  if (own.taskName === undefined) return 'the settings want no log backup, so that no task is ours';
  const differences = [
    ...(name === own.taskName ? [] : [`its name is ${name}, ours is ${own.taskName}`]),
    ...(isOurPlace(storage.url, own)
      ? []
      : [`it writes to ${storage.url}, ours to ${own.places.join(' or ')}`]),
  ];
  return differences.join('; ');
}

/**
 * Up to where every change is in the bucket, as PD says: what `br log status` shows (FACTS §2.5). 6.1 has no storage
 * checkpoints: there each store's own key is written after its flush, and the least of them counts (FACTS §2.11).
 */
export function savedCheckpoint({ startTs, checkpoints }: LogTaskFacts): bigint {
  const { persisted, advanced, perStore } = checkpoints;
  if (persisted !== undefined) return maxTs(startTs, persisted);
  if (advanced !== undefined) return startTs;
  const [first, ...rest] = perStore.flatMap((store) =>
    store.advanced === undefined ? [] : [store.advanced],
  );
  return first === undefined ? startTs : maxTs(startTs, rest.reduce(minTs, first));
}

function stateOfOurs(
  task: LogTaskFacts,
  sight: LogTaskSight,
  before: LogTaskState | undefined,
  own: OurTask,
  nowMs: number,
): LogTaskState {
  const common = {
    shape: 'log-task/v1',
    cluster: own.cluster,
    observedMs: nowMs,
    task: task.name,
    storage: task.storage.url,
    startTs: task.startTs,
    checkpointTs: savedCheckpoint(task),
  } as const;
  const { state } = task;
  switch (state.kind) {
    case 'normal': {
      const stuck = stuckReason(task, sight, { before, own, nowMs, checkpointTs: common.checkpointTs });
      return stuck === undefined ? { ...common, state: 'running' } : { ...common, state: 'stuck', ...stuck };
    }
    case 'paused':
      return {
        ...common,
        state: 'paused',
        pausedMs: wholeMs(state.sinceMs),
        by: state.by,
        message: state.message.slice(0, longestMessage),
        fuseMs: fuseMsOf(task, sight),
      };
    case 'error': {
      const { pause, stores } = state;
      // The advancer pauses for a lag without any store's error: its words are all that there is.
      const nobody = { storeId: 0n, code: '', message: pause.message, atMs: pause.sinceMs };
      return {
        ...common,
        state: 'failed',
        sinceMs: failedSinceMs(stores, pause.sinceMs),
        stores: (stores.length === 0 ? [nobody] : stores)
          .slice(0, mostStores)
          .map(({ storeId, code, message }) => ({
            storeId,
            code,
            message: message.slice(0, longestMessage),
          })),
      };
    }
    default:
      return state satisfies never;
  }
}

/** The first error counts: each further store writes the pause anew, and only a resume takes the errors away (FACTS §2.3). */
function failedSinceMs(stores: readonly StoreErrorFacts[], pausedMs: number | undefined): number | null {
  const times = [...stores.map(({ atMs }) => atMs), pausedMs].flatMap((ms) => wholeMs(ms) ?? []);
  return times.length === 0 ? null : Math.min(...times);
}

/** A time that a store or a person's machine wrote may be anything. */
function wholeMs(ms: number | undefined): number | null {
  return ms !== undefined && Number.isSafeInteger(ms) && ms >= 0 ? ms : null;
}

/** When the history that the log lacks may be collected; what is past may be gone already. */
function fuseMsOf(task: LogTaskFacts, { safePoints, serverMs }: LogTaskSight): number | null {
  const fuse = fuseOf(task, safePoints, serverMs);
  switch (fuse.kind) {
    case 'held':
      return wholeMs(fuse.untilMs);
    case 'unprotected':
      return serverMs;
    case 'collected':
      return msOfTs(fuse.gcSafePoint);
    default:
      return fuse satisfies never;
  }
}
