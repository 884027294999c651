// The words of every message: what happened, what was done, what to do, by topic, from the facts of its signal. Pure; who is told,
// and on which channel, is not known here. docs/messages.md is the page of it.

import { duration } from '../doctor/doctor-finding.ts';
import type { Facts } from '../state/run-identity.ts';
import { dateOfTs, numberOf, sentence, textOf, toldFailure, type Words } from './message-words.ts';
import { retentionWords } from './messages-retention.ts';

/** Longest title that every channel takes. */
const longestTitle = 100;

/** One entry for each topic that people are told of. */
export const messageWords = {
  'snapshot-complete': (facts) => ({
    title: `snapshot ${textOf(facts, 'id')} is complete`,
    happened: `${textOf(facts, 'folder')} holds everything up to ${dateOfTs(facts, 'backupTs')}, in ${bytesOf(facts)}; it took ${duration(numberOf(facts, 'tookMs'))}${attemptsOf(facts)}.`,
    done: 'What the retention lets go of the log is looked for now.',
    todo: 'Nothing is to be done.',
  }),
  'snapshot-failed': (facts) => ({
    title: `snapshot ${textOf(facts, 'id')} failed: ${textOf(facts, 'code')}`,
    happened: `${textOf(facts, 'folder')} is no base for a restore. ${toldFailure(facts)}`,
    done: `${triesOf(facts)} The snapshots of before and the log are as they were.`,
    todo: `${hintOf(facts)} The next one is taken on schedule; the function take-snapshot takes one now.`,
  }),
  'snapshot-skipped': (facts) => ({
    title: `snapshot ${textOf(facts, 'id')} was left out`,
    happened: sentence(textOf(facts, 'reason') || 'no reason was given'),
    done: 'No snapshot was begun.',
    todo: 'If this happens often, give the schedule more room, or let firings wait (policy.snapshot.onOverlap).',
  }),
  'truncation-done': (facts) => ({
    title: `the log was cut: it begins at ${dateOfTs(facts, 'logMinimumTs')}`,
    happened: `Everything of the log before ${dateOfTs(facts, 'untilTs')} was deleted, as the retention says.`,
    done: 'The bucket was read again afterwards: this is where its log begins.',
    todo: 'Nothing is to be done.',
  }),
  'truncation-failed': (facts) => ({
    title: `the cut of the log failed: ${textOf(facts, 'code')}`,
    happened: `The log was to be cut at ${dateOfTs(facts, 'untilTs')}. ${toldFailure(facts)}`,
    done: `${triesOf(facts)} Nothing that a restore needs was deleted.`,
    todo: `${hintOf(facts)} The next cut is planned tomorrow; until then the bucket grows.`,
  }),
  'truncation-refused': (facts) => ({
    title: `the log was not cut: ${textOf(facts, 'code')}`,
    happened: `A cut would not be safe. ${toldFailure(facts)}`,
    done: 'Nothing was deleted.',
    todo: hintOf(facts),
  }),
  // The keeper of the log task says its words itself: lib/domain/keeper/keeper-words.ts.
  'log-task-trouble': wordsIn,
  'log-task-well': wordsIn,
  'log-task-epoch': wordsIn,
  'alarm-raised': wordsIn,
  'alarm-over': wordsIn,
  'restore-planned': (facts) => ({
    title: `a restore to ${momentOf(facts)} is planned`,
    happened: `Restore ${textOf(facts, 'id')} shall bring the cluster at ${targetOf(facts)} to ${momentOf(facts)}${baseOf(facts)}.`,
    done: 'Nothing was changed yet.',
    todo: 'Its execution shows where it is; when it waits for an approval, it waits for you.',
  }),
  'restore-done': (facts) => ({
    title: `the restore to ${momentOf(facts)} is done`,
    happened: `Restore ${textOf(facts, 'id')} brought the cluster at ${targetOf(facts)} to ${momentOf(facts)}${baseOf(facts)}.`,
    done: `${sentence(textOf(facts, 'proof'))} What br leaves behind was looked for.`.trim(),
    todo: 'Look at your data, then let your programs use it.',
  }),
  'restore-failed': (facts) =>
    textOf(facts, 'state') === 'refused' ? refusedRestore(facts) : failedRestore(facts),
  ...retentionWords,
} as const satisfies Readonly<Record<string, (facts: Facts) => Words>>;

export type ToldTopic = keyof typeof messageWords;

/** Title and text of a message. */
export function messageOf(topic: ToldTopic, facts: Facts): { readonly title: string; readonly text: string } {
  const { title, happened, done, todo } = messageWords[topic](facts);
  const short = title.length <= longestTitle ? title : `${title.slice(0, longestTitle - 1)}…`;
  return { title: short, text: [happened, done, todo].map(oneSpaced).join('\n') };
}

function refusedRestore(facts: Facts): Words {
  return {
    title: `the restore to ${momentOf(facts)} was refused: ${textOf(facts, 'code')}`,
    happened: `Restore ${textOf(facts, 'id')} into the cluster at ${targetOf(facts)} cannot be served. ${toldFailure(facts)}`,
    done: 'Nothing was begun, and the target is as it was.',
    todo: hintOf(facts),
  };
}

function failedRestore(facts: Facts): Words {
  return {
    title: `the restore to ${momentOf(facts)} failed: ${textOf(facts, 'code')}`,
    happened: `Restore ${textOf(facts, 'id')} into the cluster at ${targetOf(facts)} did not come to its end. ${toldFailure(facts)}`,
    done: `The backup was only read. ${leftBehindOf(facts)}`,
    todo: `${hintOf(facts)} Do not use the target before it is restored anew.`,
  };
}

/** Words that came with the facts. */
function wordsIn(facts: Facts): Words {
  const [title, happened, done, todo] = ['title', 'happened', 'done', 'todo'].map((name) =>
    textOf(facts, name),
  );
  return { title: title || 'the log task', happened: happened ?? '', done: done ?? '', todo: todo ?? '' };
}

/** Where a fact is missing its blanks stay. */
function oneSpaced(part: string): string {
  return part.replace(/ {2,}/g, ' ').trim();
}

function bytesOf(facts: Facts): string {
  const bytes = Number(textOf(facts, 'bytes') || '0');
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${Number((bytes / 1000 ** power).toFixed(1))} ${units[power]}`;
}

function attemptsOf(facts: Facts): string {
  const attempts = numberOf(facts, 'attempts');
  return attempts > 1 ? ` and ${attempts} tries` : '';
}

function triesOf(facts: Facts): string {
  // It was complete, and is not any more.
  if (facts['attempt'] === undefined) return 'No restore and no retention leans on it.';
  const attempt = numberOf(facts, 'attempt');
  if (attempt === 0) return 'br was not run for it.';
  return attempt === 1 ? 'br was run once for it.' : `br was run ${attempt} times for it.`;
}

function hintOf(facts: Facts): string {
  return sentence(textOf(facts, 'hint') || 'look at the execution of its flow');
}

function momentOf(facts: Facts): string {
  return textOf(facts, 'restoreTs') === '' ? 'a moment' : dateOfTs(facts, 'restoreTs');
}

function targetOf(facts: Facts): string {
  const { targetPd } = facts;
  return Array.isArray(targetPd) && targetPd.length > 0 ? targetPd.join(', ') : 'the target';
}

function baseOf(facts: Facts): string {
  const base = textOf(facts, 'base');
  return base === '' ? '' : `, from ${base}`;
}

function leftBehindOf({ leftBehind }: Facts): string {
  if (!Array.isArray(leftBehind) || leftBehind.length === 0)
    return 'Nothing was found that must be put back by hand.';
  return `To be put back by hand: ${leftBehind.join('; ')}.`;
}
