// The words for a change of the log backup task: one form for each state that it can come to. Pure.

import { dateOfTs, numberOf, sentence, textOf, type Words } from './message-words.ts';
import type { LogTaskState } from './state/log-task-state.ts';
import type { Facts } from './state/run-identity.ts';

type Form = (facts: Facts, task: string) => Words;

const nothingDone = 'Nothing was done: the task is only watched.';

const forms: Readonly<Record<LogTaskState['state'], Form>> = {
  none: (_facts) => ({
    title: 'there is no log task',
    happened: 'PD has no log backup task, and none of ours is known to have been there.',
    done: nothingDone,
    todo: 'If a log backup is wanted, say so in the settings (policy.log): it is started then.',
  }),
  running: (facts, task) => ({
    title: `the log task ${task} runs`,
    happened: `It was ${wasOf(facts)}, and runs ${sinceOf(facts)}. The log is complete up to ${checkpointOf(facts)}.`,
    done: textOf(facts, 'from') === 'unknown' ? 'It was adopted as it is: nothing was started.' : nothingDone,
    todo: 'Nothing is to be done.',
  }),
  paused: (facts, task) => ({
    title: `the log task ${task} is paused${byOf(facts)}`,
    happened: `It is paused ${sinceOf(facts)}${byOf(facts)}. ${sentence(textOf(facts, 'message'))} The log is complete up to ${checkpointOf(facts)}, and nothing is added to it.`,
    done: nothingDone,
    todo: `Resume it with br log resume when its reason is gone. ${fuseOf(facts)}`,
  }),
  failed: (facts, task) => ({
    title: `the log task ${task} stopped on an error`,
    happened: `${storesOf(facts)} The log is complete up to ${checkpointOf(facts)}, and nothing is added to it.`,
    done: nothingDone,
    todo: 'Remove the cause, then br log resume. Resume succeeds either way: it has helped when the checkpoint moves.',
  }),
  stuck: (facts, task) => ({
    title: `the log task ${task} stands still`,
    happened: `${sentence(textOf(facts, 'reason'))} The log is complete up to ${checkpointOf(facts)}.`,
    done: nothingDone,
    todo: 'Look at TiDB (it advances the checkpoint) and at the logs of TiKV; history is held for a day at most.',
  }),
  stopped: (facts, task) => ({
    title: `the log task ${task} is gone`,
    happened: `It was ${wasOf(facts)}, and PD has it no more. The log is complete up to ${checkpointOf(facts)}.`,
    done: 'It was not started again: somebody may have stopped it on purpose.',
    todo: 'If nobody did, start it again soon: history that the log lacks is held for hours, not for days.',
  }),
  foreign: (facts, task) => ({
    title: `the log task ${task} is not ours`,
    happened: `A log backup task writes to ${textOf(facts, 'storage')}: ${sentence(textOf(facts, 'reason'))}`,
    done: 'It was not touched, and none of ours was started: a cluster has one task at most.',
    todo: 'Name it in the settings to make it ours, or stop it with br log stop.',
  }),
};

export function logTaskWords(facts: Facts): Words {
  const to = textOf(facts, 'to');
  const state = Object.keys(forms).find((one): one is LogTaskState['state'] => one === to);
  return forms[state ?? 'none'](facts, textOf(facts, 'task'));
}

function wasOf(facts: Facts): string {
  const from = textOf(facts, 'from');
  return from === '' || from === 'unknown' ? 'not known before' : from === 'none' ? 'not there' : from;
}

function sinceOf(facts: Facts): string {
  const beganMs = numberOf(facts, 'beganMs');
  return beganMs === 0 ? 'now' : `since ${new Date(beganMs).toISOString()}`;
}

function checkpointOf(facts: Facts): string {
  return dateOfTs(facts, 'checkpointTs');
}

function byOf(facts: Facts): string {
  switch (textOf(facts, 'by')) {
    case 'person':
      return ' by a person';
    case 'system':
      return ' by the cluster itself';
    default:
      return '';
  }
}

function fuseOf(facts: Facts): string {
  const fuseMs = numberOf(facts, 'fuseMs');
  if (fuseMs === 0) return 'Do so within a day: later its history may be gone.';
  return `Do so before ${new Date(fuseMs).toISOString()}: later its history may be gone, and the log cannot go on.`;
}

/** How many stores a person reads about. */
const mostStores = 3;

function storesOf({ stores }: Facts): string {
  const list = Array.isArray(stores) ? stores.filter(isFacts) : [];
  if (list.length === 0) return 'No store told why.';
  const told = list.slice(0, mostStores).map((store) => {
    const [id, code, message] = ['storeId', 'code', 'message'].map((name) => textOf(store, name));
    const who = id === '0' || id === '' ? '' : `store ${id}: `;
    return sentence(`${who}${[code, message].filter((part) => part !== '').join(' ')}`);
  });
  const more = list.length > mostStores ? ` ${list.length - mostStores} more stores have errors.` : '';
  return `${told.join(' ')}${more}`;
}

function isFacts(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
