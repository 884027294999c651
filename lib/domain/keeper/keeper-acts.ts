// What the keeper does about a state: one thing at a time, only while no change of the task is planned or running, and only what the
// settings allow. A person's pause is never undone, and a task that is not ours never touched.

import { decideStart } from '../log-task/log-task-start.ts';
import type { KeeperAttempt, KeeperEpoch, KeeperNext, KeeperRecord } from '../state/keeper-record.ts';
import { runId } from '../state/run-identity.ts';
import { msOfTs } from '../ts.ts';
import { dueMs, failuresInARow } from './attempts.ts';
import { treatments } from './cause.ts';
import { epochFolder } from './epochs.ts';
import type { Forecast } from './forecast.ts';
import type { KeeperAct, KeeperFacts, KeeperSettings } from './keeper-facts.ts';
import { type KeeperSight, openChange } from './keeper-sight.ts';
import { snapshotIntent } from './keeper-snapshots.ts';

export interface Situation {
  readonly facts: KeeperFacts;
  readonly sight: KeeperSight;
  /** Since when it is in its state. */
  readonly sinceMs: number;
  readonly history: KeeperRecord | undefined;
  readonly attempts: readonly KeeperAttempt[];
  readonly epochs: readonly KeeperEpoch[];
  readonly forecast: Forecast;
  readonly settings: KeeperSettings;
  readonly nowMs: number;
}

/** `next` and `act` undefined: nothing is wanted, or `waiting` says for whom it is left. */
export interface Intent {
  readonly next: KeeperNext | undefined;
  readonly path: string;
  readonly waiting: string;
}

const minuteMs = 60_000;
/** Whoever stops a task to start it anew has done so by then; history is held longer, by TiDB's life time of garbage alone. */
const graceMs = 3 * minuteMs;
/** A log that was no further behind than this when TiDB paused it for its lag was paused by mistake (FACTS §8.6 #4). */
const freshLagMs = 60 * minuteMs;
/** After so many starts in the old folder that failed, a new one is tried. */
const startsInPlace = 3;

const nothing: Intent = { next: undefined, path: '', waiting: '' };
const wait = (waiting: string): Intent => ({ ...nothing, waiting });

/** What is wanted next, and when. */
export function intentOf(situation: Situation): Intent {
  const { facts, settings, sight } = situation;
  if (!settings.isWanted) return nothing;
  const open = openChange(facts.changes);
  if (open !== undefined) return wait(`${open.action} ${open.id} is ${open.state}`);
  if (sight.state === 'none') return firstStart(situation);
  if (!settings.heals)
    return sight.state === 'healthy'
      ? nothing
      : wait('the settings let the keeper only watch (policy.keeper.heal)');
  switch (sight.state) {
    case 'starting':
    case 'healthy':
    case 'lagging':
      return snapshotIntent(situation);
    case 'frozen':
      return wait('nothing is restarted blindly');
    case 'paused-by-person':
      return wait('a person paused it, and a person resumes it');
    case 'paused-by-system':
    case 'error':
      return resume(situation);
    case 'stopped':
      return restart(situation);
    case 'replaced':
      return wait('the task is not ours');
    case 'lost':
      return newEpoch(situation);
    default:
      return sight.state satisfies never;
  }
}

/** The intent as an act, when its time has come. */
export function actOf(situation: Situation, { next, path }: Intent): KeeperAct | undefined {
  const { nowMs, settings, facts } = situation;
  if (next === undefined || next.atMs > nowMs) return undefined;
  const id = runId(nowMs);
  const { action, why } = next;
  const told = factsOfAct(situation);
  if (action === 'snapshot') {
    return facts.snapshots.some((one) => one.id === id)
      ? undefined
      : { kind: 'snapshot', id, why, facts: told };
  }
  // Of the same second: the next look plans it.
  if (facts.changes.some((one) => one.id === id)) return undefined;
  const act = { kind: 'change', id, action, task: settings.taskName, path, why } as const;
  return { ...act, facts: { action, task: settings.taskName, path, why, ...told } };
}

function factsOfAct({ facts, sight, attempts }: Situation): KeeperAct['facts'] {
  const { fuse } = sight;
  return {
    state: sight.state,
    cause: sight.cause,
    reason: sight.reason,
    checkpointTs: `${sight.progress?.checkpointTs ?? 0n}`,
    lagMs: sight.progress === null ? null : facts.serverMs - msOfTs(sight.progress.checkpointTs),
    gcSafePoint: `${facts.safePoints.gcSafePoint}`,
    fuse: fuse?.kind ?? 'none',
    fuseLeftMs: fuse?.kind === 'held' && fuse.untilMs !== undefined ? fuse.leftMs : null,
    failedBefore: attempts.filter(({ outcome }) => outcome === 'failed').length,
  };
}

function firstStart({ facts, settings, nowMs }: Situation): Intent {
  const { changes, imports } = facts;
  const decision = decideStart({ state: 'none', isWanted: true, imports, changes, nowMs });
  const path = settings.startsIn;
  if (decision.kind === 'start') {
    return { next: { action: 'start', atMs: nowMs, why: decision.why }, path, waiting: '' };
  }
  const { why, againMs } = decision;
  if (againMs === undefined) return wait(why);
  return { next: { action: 'start', atMs: againMs, why }, path, waiting: why };
}

function resume(situation: Situation): Intent {
  const { facts, sight, sinceMs, attempts, settings } = situation;
  const cause = sight.cause === 'none' ? 'unknown' : sight.cause;
  const { mostPerHour, firstPauseMs, meaning } = treatments[cause];
  const isMistake = cause === 'lag-limit' && isFresh(situation);
  const isSigned = facts.ours?.state.kind === 'error' && facts.ours.state.pause.by === 'system';
  const pace = isMistake
    ? // Without a signature a second look has to find the same.
      { firstPauseMs: isSigned ? 0 : minuteMs, mostPerHour: settings.attemptsPerHour }
    : { firstPauseMs, mostPerHour: Math.min(mostPerHour, settings.attemptsPerHour) };
  const atMs = dueMs(attempts, 'resume', sinceMs, { ...pace, fuseLeftMs: fuseLeftMs(sight) });
  const why = isMistake ? 'TiDB paused it for its lag, and the log was fresh: it was a mistake' : meaning;
  const path = facts.path;
  const waiting = atMs > situation.nowMs ? 'the next attempt is not due yet' : '';
  return { next: { action: 'resume', atMs, why }, path, waiting };
}

/** Whether the log was up to date when it was paused: by what is saved, in PD or in the bucket. */
function isFresh({ facts, sinceMs }: Situation): boolean {
  const { task, objectsTs } = facts;
  if (task.state !== 'paused' && task.state !== 'failed') return false;
  const haltedMs = (task.state === 'paused' ? task.pausedMs : task.sinceMs) ?? sinceMs;
  const savedMs = Math.max(msOfTs(task.checkpointTs), msOfTs(objectsTs ?? 0n));
  return haltedMs - savedMs <= freshLagMs;
}

function fuseLeftMs({ fuse }: KeeperSight): number {
  switch (fuse?.kind) {
    case 'held':
      return fuse.isRenewed ? Number.POSITIVE_INFINITY : fuse.leftMs;
    case 'unprotected':
    case 'collected':
      return 0;
    case undefined:
      return Number.POSITIVE_INFINITY;
    default:
      return fuse satisfies never;
  }
}

function restart(situation: Situation): Intent {
  const { facts, sight, settings, attempts, epochs, nowMs } = situation;
  const why = refusalToStart(situation);
  if (why !== '') return wait(why);
  const lastPath = epochs.at(-1)?.path;
  const inPlace = failuresInARow(attempts, 'start').filter(({ path }) => path === lastPath).length;
  const goesOn = settings.goesOnInPlace && lastPath !== undefined && inPlace < startsInPlace;
  const atMs = startDueMs(situation, graceMs, fuseLeftMs(sight));
  const path = goesOn ? lastPath : epochFolder(settings.folder, nowMs);
  const words = goesOn
    ? 'the task was stopped, and its history is still there: the log goes on where it ended'
    : `the task was stopped, and br cannot go on in ${lastPath ?? settings.folder}: a new epoch begins`;
  const waiting = atMs > nowMs ? 'whoever stopped it has three minutes to start it anew' : '';
  return {
    next: { action: 'start', atMs, why: words },
    path,
    waiting: facts.task.state === 'stopped' ? waiting : '',
  };
}

/** Stops the dead task, if it is there, then starts in a folder of its own. */
function newEpoch(situation: Situation): Intent {
  const { facts, sight, settings, attempts, sinceMs, nowMs } = situation;
  if (settings.onLoss === 'tell')
    return wait('the settings leave a new epoch to people (policy.keeper.onLoss)');
  if (sight.pausedBy === 'person')
    return wait('a person paused it: a person stops it, and then a new epoch begins');
  if (settings.needsAdvancer && facts.advancers === 0) return wait('no TiDB server would advance a new task');
  if (facts.task.state !== 'stopped') {
    if (facts.imports > 0) return wait(importsRun(facts.imports));
    const pace = {
      firstPauseMs: 0,
      mostPerHour: settings.attemptsPerHour,
      fuseLeftMs: Number.POSITIVE_INFINITY,
    };
    const atMs = dueMs(attempts, 'stop', sinceMs, pace);
    return { next: { action: 'stop', atMs, why: sight.reason }, path: facts.path, waiting: '' };
  }
  const why = refusalToStart(situation);
  if (why !== '') return wait(why);
  const atMs = startDueMs(
    situation,
    attempts.at(-1)?.action === 'stop' ? 0 : graceMs,
    Number.POSITIVE_INFINITY,
  );
  const waiting = atMs > nowMs ? 'the next start is not due yet' : '';
  return {
    next: { action: 'start', atMs, why: `${sight.reason}: a new epoch begins` },
    path: epochFolder(settings.folder, nowMs),
    waiting,
  };
}

function startDueMs(
  { attempts, sinceMs, settings }: Situation,
  firstPauseMs: number,
  leftMs: number,
): number {
  const pace = { firstPauseMs, mostPerHour: settings.attemptsPerHour, fuseLeftMs: leftMs };
  return dueMs(attempts, 'start', sinceMs, pace);
}

/** Empty: a start is allowed. A task that the keeper stopped itself may always be started again. */
function refusalToStart({ facts, settings, attempts, history }: Situation): string {
  const last = attempts.findLast(({ outcome }) => outcome !== 'failed');
  const isOurStop = last?.action === 'stop';
  if (!isOurStop && settings.onStop === 'tell')
    return 'the settings leave a stopped task to people (policy.keeper.onStop)';
  if (!isOurStop && (history?.aliveMs ?? null) === null)
    return 'the keeper never saw it run, so that it was not stopped under its eyes';
  return facts.imports > 0 ? importsRun(facts.imports) : '';
}

const importsRun = (imports: number) =>
  `${imports} restores or imports run, and br starts no task beside them`;
