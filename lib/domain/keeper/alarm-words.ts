// What to do about each alarm. Pure.

import type { AlarmName } from '../state/keeper-record.ts';
import { commandOf } from './commands.ts';
import type { Situation } from './keeper-acts.ts';

/** Sentences of a letter. */
export function alarmTodo(name: AlarmName, { settings, sight }: Situation): string {
  switch (name) {
    case 'lag':
      return 'Look at pitr status: which of the three checkpoints is behind? Then at the writes of the cluster, the logs of TiKV and the storage.';
    case 'paused':
    case 'fuse':
      return sight.pausedBy === 'person'
        ? `Resume it: ${commandOf('resume', settings)} To hold its history for another day and keep it paused: ${commandOf('hold', settings)} (br has no other way, and it logs in between).`
        : 'Remove the cause that pitr status tells: the keeper resumes it.';
    case 'gc-passed':
      return 'If the task runs, let it; moments from here on cannot be relied on before the next snapshot. Look why no safe point held the history.';
    case 'error':
    case 'frozen':
      return 'Look at pitr status.';
    case 'snapshot':
      return 'Look at the runs of snapshots and their errors; the function take-snapshot takes one now.';
    case 'restore':
      return 'Look at the execution of the restore.';
    case 'truncation':
      return 'Look at the errors of the cuts; until one works, the bucket grows, and nothing is lost.';
    case 'restore-time':
      return settings.snapshotsEarly
        ? 'The keeper takes a snapshot early where that helps.'
        : 'Take snapshots more often, or let the keeper take them early (objectives.snapshotsEarly).';
    default:
      return name satisfies never;
  }
}
