// How alarming everything is that the keeper sees: for each alarm a level and a sentence. The same values go into metrics, messages
// and `pitr status`. That observe itself is silent only somebody else can tell: an alarm of CloudWatch on missing data.

import { duration } from '../doctor/doctor-finding.ts';
import type { AlarmLevel, AlarmName } from '../state/keeper-record.ts';
import { formatTs, msOfTs } from '../ts.ts';
import type { Forecast } from './forecast.ts';
import type { KeeperFacts, KeeperSettings } from './keeper-facts.ts';
import type { KeeperSight } from './keeper-sight.ts';
import { isHalted } from './keeper-state.ts';
import { restoreAlarm, snapshotAlarm, truncationAlarm } from './run-alarms.ts';

export interface Alarm {
  readonly name: AlarmName;
  readonly level: AlarmLevel;
  /** Lower case, no period; of an alarm that is ok what is well. */
  readonly sentence: string;
}

export interface AlarmQuestion {
  readonly facts: KeeperFacts;
  readonly sight: KeeperSight;
  /** Since when it is in its state. */
  readonly sinceMs: number;
  /** When people were told of the trouble that goes on; undefined: there is none. */
  readonly troubleMs: number | undefined;
  readonly settings: KeeperSettings;
  readonly forecast: Forecast;
  readonly nowMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The lag is critical at so many times the objective: 30 minutes of 10 (FACTS §8.5). */
export const criticalLagFactor = 3;
/** FACTS §8.5 */
const pausedWarningMs = 2 * hourMs;
const pausedCriticalMs = 12 * hourMs;
export const fuseWarningMs = 6 * hourMs;
const fuseCriticalMs = hourMs;

export const ok = (name: AlarmName, sentence: string): Alarm => ({ name, level: 'ok', sentence });

/** All alarms, in the order of their names' list. Where no log is wanted, those of the log are ok. */
export function alarmsOf(question: AlarmQuestion): readonly Alarm[] {
  const { facts, nowMs, settings } = question;
  return [
    lagAlarm(question),
    pausedAlarm(question),
    stateAlarm(question, 'error'),
    stateAlarm(question, 'frozen'),
    gcAlarm(question),
    fuseAlarm(question),
    snapshotAlarm(facts.snapshots, settings.snapshotEveryMs, nowMs),
    restoreAlarm(facts.restores, nowMs),
    truncationAlarm(facts.truncations, nowMs),
    forecastAlarm(question),
  ];
}

function lagAlarm({ facts, sight, settings }: AlarmQuestion): Alarm {
  const { progress } = sight;
  if (!settings.isWanted || progress === null) return ok('lag', 'there is no log to lag');
  const lagMs = Math.max(0, facts.serverMs - msOfTs(progress.checkpointTs));
  const sentence = `the log is ${duration(lagMs)} behind, objectives.rpo is ${duration(settings.rpoMs)}`;
  if (lagMs <= settings.rpoMs) return ok('lag', sentence);
  return {
    name: 'lag',
    level: lagMs > criticalLagFactor * settings.rpoMs ? 'critical' : 'warning',
    sentence,
  };
}

/** By whomever, also by an error: the fuse burns in all of them. A resume that is not proven yet ends nothing. */
function pausedAlarm({ facts, sight, sinceMs, troubleMs, nowMs }: AlarmQuestion): Alarm {
  const { state } = sight;
  const isPaused = state === 'paused-by-person' || state === 'paused-by-system' || state === 'error';
  if (!isPaused && !(state === 'starting' && troubleMs !== undefined))
    return ok('paused', 'the task is not paused');
  const { task } = facts;
  const saidMs = task.state === 'paused' ? task.pausedMs : task.state === 'failed' ? task.sinceMs : null;
  const lengthMs = Math.max(0, nowMs - Math.min(saidMs ?? sinceMs, sinceMs, troubleMs ?? sinceMs));
  const sentence = `the task is paused for ${duration(lengthMs)}`;
  if (lengthMs < pausedWarningMs) return ok('paused', sentence);
  return { name: 'paused', level: lengthMs < pausedCriticalMs ? 'warning' : 'critical', sentence };
}

function stateAlarm({ sight }: AlarmQuestion, name: 'error' | 'frozen'): Alarm {
  if (sight.state !== name) return ok(name, `the task is not in the state ${name}`);
  return { name, level: 'critical', sentence: sight.reason };
}

function gcAlarm({ sight }: AlarmQuestion): Alarm {
  const { fuse } = sight;
  if (fuse?.kind !== 'collected') return ok('gc-passed', 'history that the log needs is there');
  const sentence = `history was collected up to ${formatTs(fuse.gcSafePoint)}, and the log needs it from ${formatTs(fuse.neededTs)}`;
  return { name: 'gc-passed', level: 'critical', sentence };
}

/** Of a task that runs the safe points are set anew, so that an old one says little; one that halts lives by them. */
function fuseAlarm({ sight }: AlarmQuestion): Alarm {
  const { fuse, state } = sight;
  if (fuse === undefined || fuse.kind === 'collected') return ok('fuse', 'there is no history to hold');
  if (fuse.kind === 'unprotected') {
    const sentence =
      'no safe point holds the history that the log still needs: the next collection may take it';
    if (isHalted(state)) return { name: 'fuse', level: 'critical', sentence };
    return state === 'frozen' || state === 'lagging'
      ? { name: 'fuse', level: 'warning', sentence }
      : ok('fuse', 'the task runs, and needs no history of before');
  }
  const sentence = `history is held for ${duration(fuse.leftMs)} more, by ${fuse.by}`;
  const isBurning = isHalted(state) || (state === 'frozen' && !fuse.isRenewed);
  if (!isBurning || fuse.leftMs >= fuseWarningMs) return ok('fuse', sentence);
  return { name: 'fuse', level: fuse.leftMs < fuseCriticalMs ? 'critical' : 'warning', sentence };
}

function forecastAlarm({ forecast, settings }: AlarmQuestion): Alarm {
  const { restoreMs, objective, sentence } = forecast;
  const { rtoMs } = settings;
  if (objective !== 'broken' || rtoMs === undefined || restoreMs === undefined)
    return ok('restore-time', sentence);
  return { name: 'restore-time', level: restoreMs > 2 * rtoMs ? 'critical' : 'warning', sentence };
}
