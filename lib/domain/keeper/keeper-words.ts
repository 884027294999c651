// The words of the keeper's messages: what happened, what was done, what to do, for each state, each alarm and a new epoch. Pure;
// when they are said is decided in messages.ts.

import { duration } from '../doctor/doctor-finding.ts';
import { sentence } from '../messages/message-words.ts';
import type { KeeperAlarm, KeeperStateName, KeeperTold } from '../state/keeper-record.ts';
import { formatTs } from '../ts.ts';
import { alarmTodo } from './alarm-words.ts';
import type { Alarm } from './alarms.ts';
import { failuresInARow } from './attempts.ts';
import { treatments } from './cause.ts';
import { commandOf } from './commands.ts';
import type { Intent, Situation } from './keeper-acts.ts';
import type { KeeperAct, KeeperMessage } from './keeper-facts.ts';

type Trouble = Exclude<KeeperStateName, 'starting' | 'healthy' | 'lagging'>;

const titles: Readonly<Record<Trouble, string>> = {
  none: 'could not be started',
  frozen: 'stands still',
  'paused-by-person': 'is paused by a person',
  'paused-by-system': 'was paused by the cluster itself',
  error: 'stopped on an error',
  stopped: 'is gone',
  replaced: 'is not the one that PD has',
  lost: 'has lost history: the log has a hole',
};

/** Something began that somebody should know. */
export function troubleMessage(
  situation: Situation,
  act: KeeperAct | undefined,
  intent: Intent,
): KeeperMessage {
  const { sight, settings, nowMs } = situation;
  const state = sight.state as Trouble;
  const about = sight.cause === 'none' ? '' : `: ${treatments[sight.cause].meaning}`;
  return {
    topic: 'log-task-trouble',
    occasion: `${state}-${nowMs}`,
    title: `the log task ${settings.taskName} ${titles[state]}${about}`,
    happened: [sentence(reasonOf(situation)), upTo(situation)].filter((part) => part !== '').join(' '),
    done: doneOf(situation, act, intent),
    todo: todoOf(situation, state),
    facts: factsOf(situation),
  };
}

function reasonOf({ sight, attempts, facts }: Situation): string {
  if (sight.state !== 'none') return sight.reason;
  const last = failuresInARow(attempts, 'start').at(-1);
  const change = facts.changes.find(({ id }) => id === last?.id);
  return change?.state === 'failed'
    ? `${change.failure.code}: ${change.failure.message}`
    : 'the start was given up';
}

function doneOf({ attempts }: Situation, act: KeeperAct | undefined, { next, waiting }: Intent): string {
  if (act !== undefined)
    return sentence(`${wordOf(act.kind === 'change' ? act.action : 'snapshot')} was begun`);
  if (next !== undefined) {
    const failed = next.action === 'snapshot' ? 0 : failuresInARow(attempts, next.action).length;
    const before = failed === 0 ? '' : ` after ${failed} that did not help`;
    return sentence(`${wordOf(next.action)} will be tried at ${new Date(next.atMs).toISOString()}${before}`);
  }
  return waiting === '' ? 'Nothing was done.' : `Nothing was done: ${waiting}.`;
}

const words = {
  start: 'a start of the task',
  stop: 'a stop of the dead task',
  resume: 'a resume of the task',
  snapshot: 'a snapshot',
} as const;
const wordOf = (action: keyof typeof words) => words[action];

function todoOf(situation: Situation, state: Trouble): string {
  const { sight, settings } = situation;
  switch (state) {
    case 'none':
      return 'Remove what the error names (docs/runbook.md has an entry for its code). Until the task runs, only snapshots can be restored.';
    case 'frozen':
    case 'error':
    case 'paused-by-system':
      return `${treatments[sight.cause === 'none' ? 'unknown' : sight.cause].todo} ${fuseWords(situation)}`.trim();
    case 'paused-by-person':
      return `When its reason is gone: ${commandOf('resume', settings)} ${fuseWords(situation)}`;
    case 'stopped':
      return settings.heals && settings.onStop === 'restart'
        ? `If it is to stay stopped, say log: off in the settings. ${fuseWords(situation)}`
        : `Start it again soon: ${commandOf('start', settings)} ${fuseWords(situation)}`;
    case 'replaced':
      return (
        situation.facts.advice ||
        'Name that task in the settings to make it ours, or stop it with br log stop: a cluster has one log task at most.'
      );
    case 'lost':
      return lostTodo(situation);
    default:
      return state satisfies never;
  }
}

function lostTodo({ sight, settings }: Situation): string {
  const old = 'What was saved before the hole stays restorable.';
  if (sight.pausedBy === 'person') {
    return `${old} The paused task cannot go on: ${commandOf('stop', settings)} Then a new epoch begins by itself, with a snapshot.`;
  }
  if (!settings.heals || settings.onLoss === 'tell') {
    return `${old} Stop the task, start it in a folder of its own below ${settings.folder}/, and take a snapshot: ${commandOf('stop', settings)}`;
  }
  return `${old} Nothing is to be done: a new epoch begins with a snapshot. Moments in between are lost.`;
}

function fuseWords({ sight }: Situation): string {
  switch (sight.fuse?.kind) {
    case 'held': {
      const { untilMs, leftMs, isRenewed } = sight.fuse;
      if (isRenewed || untilMs === undefined) return '';
      return `History is held until ${new Date(untilMs).toISOString()}, ${duration(leftMs)} more.`;
    }
    case 'unprotected':
      return 'No safe point holds the history that it needs: the next garbage collection may take it.';
    default:
      return '';
  }
}

function upTo({ sight }: Situation): string {
  return sight.progress === null ? '' : `The log is complete up to ${formatTs(sight.progress.checkpointTs)}.`;
}

/** All of the trouble is over; or, where nothing was told, the log runs for the first time. */
export function wellMessage(situation: Situation, open: readonly KeeperTold[]): KeeperMessage {
  const { settings, sight, attempts, nowMs } = situation;
  const [first] = open;
  const sinceMs = first?.atMs ?? nowMs;
  const made = attempts.filter(({ atMs }) => atMs >= sinceMs);
  const was = [...new Set(open.map(({ key }) => key.split('/')[1] ?? ''))].join(', then ');
  const happened =
    first === undefined
      ? 'The log is backed up, and watched every minute.'
      : `It was ${was}, for ${duration(nowMs - sinceMs)}.`;
  const done = first === undefined ? beginWords(situation) : madeWords(made.length);
  const isGone = sight.state === 'none';
  return {
    topic: 'log-task-well',
    occasion: `${sight.state}-${nowMs}`,
    title: isGone
      ? 'there is no log task any more'
      : `the log task ${settings.taskName} runs, and its checkpoint moves`,
    happened: [happened, upTo(situation)].filter((part) => part !== '').join(' '),
    done,
    todo: 'Nothing is to be done.',
    facts: factsOf(situation),
  };
}

function beginWords({ facts: { adopted } }: Situation): string {
  if (adopted === null) return 'It was found running, or started as the settings want it.';
  return `It was found running in ${adopted.path}, and is adopted as it is: whatever is done with it names it ${adopted.name}.`;
}

function madeWords(count: number): string {
  if (count === 0) return 'The keeper did nothing for it.';
  return count === 1
    ? 'The keeper made one change of the task.'
    : `The keeper made ${count} changes of the task.`;
}

export function epochMessage(situation: Situation): KeeperMessage {
  const { epochs, nowMs, sight } = situation;
  const [old, begun] = [epochs.at(-2), epochs.at(-1)];
  const endTs = old?.endTs ?? 0n;
  return {
    topic: 'log-task-epoch',
    occasion: `${begun?.path.split('/').at(-1) ?? 'epoch'}-${nowMs}`,
    title: `a new epoch of the log begins in ${begun?.path ?? ''}`,
    happened: `${sentence(old?.why ?? sight.reason)} The log before, in ${old?.path ?? ''}, ends at ${formatTs(endTs)}.`,
    done: 'A snapshot of the new epoch is taken at once.',
    todo: `Moments after ${formatTs(endTs)} and before that snapshot cannot be brought back; all before can, as long as the retention says.`,
    facts: { ...factsOf(situation), path: begun?.path ?? '', before: old?.path ?? '', endTs: `${endTs}` },
  };
}

export function alarmRaisedMessage(situation: Situation, alarm: Alarm): KeeperMessage {
  return {
    topic: 'alarm-raised',
    occasion: `${alarm.name}-${alarm.level}-${situation.nowMs}`,
    title: `${alarm.level}: ${alarm.sentence}`,
    happened: sentence(alarm.sentence),
    done: 'The alarm was raised, and nothing else.',
    todo: `${alarmTodo(alarm.name, situation)} ${fuseWords(situation)}`.trim(),
    facts: { alarm: alarm.name, level: alarm.level, ...factsOf(situation) },
  };
}

export function alarmOverMessage(situation: Situation, alarm: Alarm, before: KeeperAlarm): KeeperMessage {
  return {
    topic: 'alarm-over',
    occasion: `${alarm.name}-${situation.nowMs}`,
    title: `over: ${alarm.sentence}`,
    happened: `The alarm ${alarm.name} was ${before.level} for ${duration(situation.nowMs - before.sinceMs)}. ${sentence(alarm.sentence)}`,
    done: 'The alarm was taken back.',
    todo: 'Nothing is to be done.',
    facts: { alarm: alarm.name, level: 'ok', ...factsOf(situation) },
  };
}

function factsOf({ sight, settings, facts }: Situation): KeeperMessage['facts'] {
  return {
    task: settings.taskName,
    state: sight.state,
    cause: sight.cause,
    reason: sight.reason,
    path: facts.path,
    checkpointTs: `${sight.progress?.checkpointTs ?? 0n}`,
  };
}
