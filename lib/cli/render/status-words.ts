// The states of a status in words and with their colour, the same on the page and in the document. Decides nothing.

import type { Fuse } from '../../domain/log-task/fuse.ts';
import type { TaskState } from '../../domain/log-task/log-task-facts.ts';
import type { Ownership, StatusReport } from '../../domain/status/status.ts';
import { formatDuration } from './quantity.ts';
import type { Paint, Style } from './style.ts';

/** `running`, `paused by a person on host`, `stopped by an error`. */
export function stateWords(state: TaskState): string {
  switch (state.kind) {
    case 'normal':
      return 'running';
    case 'paused': {
      const who = { person: ' by a person', system: ' by the system', unknown: '' }[state.by];
      return `paused${who}${state.host === '' ? '' : ` on ${state.host}`}`;
    }
    case 'error':
      return 'stopped by an error';
    default:
      return state satisfies never;
  }
}

export function ownershipWords(ownership: Ownership): string {
  return { ours: 'ours', 'not-ours': 'not ours', unknown: 'whose is not known: nothing says what is ours' }[
    ownership
  ];
}

/** One line on how long the history that the log lacks is held. */
export function fuseWords(fuse: Fuse): string {
  switch (fuse.kind) {
    case 'collected':
      return 'burnt down: history that the log needs was collected';
    case 'unprotected':
      return 'not held: the next garbage collection may take it';
    case 'held': {
      const left = fuse.untilMs === undefined ? 'without an end' : `${formatDuration(fuse.leftMs)} left`;
      return `${left}, by ${fuse.by}${fuse.isRenewed ? '; renewed while the task runs' : ''}`;
    }
    default:
      return fuse satisfies never;
  }
}

/** The worst of the notes gives the page its colour. */
export function overallPaint({ notes, cluster }: StatusReport, style: Style): Paint {
  if (cluster.kind === 'unreachable' || notes.some(({ level }) => level === 'fail')) return style.bad;
  return notes.length > 0 ? style.warn : style.good;
}

/** `17h 05m`. Never negative. */
export function age(ms: number): string {
  return formatDuration(Math.max(0, Math.round(ms / 1000) * 1000));
}
