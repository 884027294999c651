// The states that the keeper of the log backup task knows: when each begins, when it ends, and what is done in it. The runbook has
// a section for each; a test holds the two together. Decides nothing.

import type { KeeperStateName } from '../state/keeper-record.ts';

export interface StateWords {
  /** Lower case, no period, as all sentences of ours. */
  readonly entry: string;
  readonly exit: string;
  readonly action: string;
}

export const keeperStates: Readonly<Record<KeeperStateName, StateWords>> = {
  none: {
    entry: 'PD has no log backup task, and none of ours is known to have been there',
    exit: 'a task is there, or its start is planned',
    action: 'if the settings want a log backup it is started, and after a failure again with growing pauses',
  },
  starting: {
    entry:
      'a start is planned or running, or the task was started or resumed and its checkpoint has not moved since',
    exit: 'the checkpoint moves; or it stands for ten minutes, or the task halts',
    action: 'nothing: a start or resume has helped when the checkpoint moves, not before',
  },
  healthy: {
    entry: 'PD has our task, its checkpoint moves, and its lag is within objectives.rpo',
    exit: 'the lag grows beyond it, the checkpoint stands, or PD says otherwise',
    action:
      'nothing, but a snapshot where the epoch has no base yet, or where objectives.rto asks for one and the settings allow it',
  },
  lagging: {
    entry: 'the checkpoint moves, and its lag is beyond objectives.rpo',
    exit: 'the lag is within it again',
    action: 'nothing is changed: the alarm lag tells it, and what slows TiKV down is for a person to find',
  },
  frozen: {
    entry:
      'PD calls the task normal, and its checkpoint stands for ten minutes, no TiDB advances it, or the bucket lacks what PD calls saved',
    exit: 'the checkpoint moves',
    action: 'nothing is restarted blindly: people are told what to do',
  },
  'paused-by-person': {
    entry: 'the task is paused, and a person did it or nobody can tell who',
    exit: 'a person resumes it or stops it, or history is collected',
    action:
      'it is never resumed: people are reminded after 2 and 12 hours and before the fuse burns out, with the commands to type',
  },
  'paused-by-system': {
    entry: 'the cluster paused the task itself, without the error of a store: the lag limit of TiDB',
    exit: 'it runs again, or history is collected',
    action:
      'it is resumed: at once where the log was fresh and the limit was wrong, else with growing pauses',
  },
  error: {
    entry: 'a store paused the task with an error',
    exit: 'it runs again, or history is collected',
    action:
      'it is resumed with growing pauses, as often as its cause makes sense; near the end of the fuse as often as allowed',
  },
  stopped: {
    entry: 'there was a task of ours, PD has it no more, and the history after its checkpoint is still there',
    exit: 'a task is there again, or history is collected',
    action: 'after three minutes it is started again in the same folder, if the settings let it',
  },
  replaced: {
    entry:
      'PD has a task that is none of ours and was not adopted: another name where one of ours was, or another place',
    exit: 'it is gone, or a person makes it ours',
    action: 'it is told and never touched; none of ours is started beside it',
  },
  lost: {
    entry: 'history after the checkpoint of a task that does not run was collected: the log has a hole',
    exit: 'a task writes a new epoch and its checkpoint moves',
    action:
      'the dead task is stopped, a new epoch is started in a folder of its own, and a snapshot is taken at once; the old epoch stays restorable',
  },
};

/** The log is written, as far as can be told. */
export function isWell(state: KeeperStateName): boolean {
  return state === 'healthy' || state === 'lagging';
}

/** Somebody is told that it began, and later that it is over. The lag has an alarm of its own. */
export function isTrouble(state: KeeperStateName): boolean {
  return !isWell(state) && state !== 'none' && state !== 'starting';
}

/** The task is there, or was, and writes nothing. */
export function isHalted(state: KeeperStateName): boolean {
  return isTrouble(state) && state !== 'frozen';
}
