// The words of messages about the retention: what a plan would delete, until when it can be vetoed, what was deleted, and why not. Pure;
// a part of messages.ts.

import type { Facts, FactValue } from '../state/run-identity.ts';
import { numberOf, sentence, textOf, toldFailure, type Words } from './message-words.ts';

export const retentionWords = {
  'retention-planned': (facts: Facts): Words => ({
    title: `the retention will delete ${countOf(facts)}`,
    happened: `Plan ${textOf(facts, 'id')}: ${listed(facts)}.`,
    done: `Nothing was deleted. It can be carried out from ${textOf(facts, 'usableAt') || 'now'} on.`,
    todo: 'Look at it with pitr retention plan. Who wants something to stay pins it with pitr pin, or vetoes the plan with pitr retention veto.',
  }),
  'retention-refused': (facts: Facts): Words => ({
    title: `the retention deletes nothing: ${textOf(facts, 'code')}`,
    happened: `No plan could be made. ${toldFailure(facts)}`,
    done: 'Nothing was deleted.',
    todo: hintOf(facts),
  }),
  'retention-done': (facts: Facts): Words => ({
    title: `the retention deleted ${doneOf(facts)}`,
    happened: `Plan ${textOf(facts, 'id')} was carried out: ${outcomes(facts)}.`,
    done: 'Each step was checked again from the bucket before it was done.',
    todo: leftOf(facts),
  }),
  'retention-stopped': (facts: Facts): Words => {
    const failure = isFacts(facts['failure']) ? facts['failure'] : {};
    return {
      title: `the retention stopped: ${textOf(failure, 'code')}`,
      happened: `Plan ${textOf(facts, 'id')} was not carried out to its end. ${toldFailure(failure)}`,
      done: `${sentence(`done before: ${outcomes(facts)}`)} What was not done stays as it was.`,
      todo: hintOf(failure),
    };
  },
} as const;

function hintOf(facts: Facts): string {
  return sentence(textOf(facts, 'hint')) || 'The runbook says what it means.';
}

function isFacts(value: FactValue | undefined): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stepsOf(facts: Facts): readonly Facts[] {
  const steps = facts['steps'];
  return Array.isArray(steps) ? steps.filter(isFacts) : [];
}

const words: Readonly<Record<string, string>> = {
  'delete-snapshot': 'the snapshot',
  'delete-unfinished': 'the rest in',
  'delete-log': 'the old log',
  'cut-log': 'the begin of the log',
};

/** `3 things (12 objects)`. */
function countOf(facts: Facts): string {
  const count = stepsOf(facts).length;
  const total = isFacts(facts['total']) ? facts['total'] : {};
  const objects = numberOf(total, 'objects');
  const things = count === 1 ? '1 thing' : `${count} things`;
  return objects > 0 ? `${things} of ${objects} objects` : things;
}

/** As many as a person reads. */
const most = 10;

function listed(facts: Facts): string {
  const all = stepsOf(facts).map(
    (step) => `${words[textOf(step, 'kind')] ?? 'something in'} ${textOf(step, 'target')}`,
  );
  if (all.length === 0) return 'nothing goes';
  const more = all.length > most ? `, and ${all.length - most} more` : '';
  return `${all.slice(0, most).join(', ')}${more}`;
}

function doneOf(facts: Facts): string {
  const deleted = stepsOf(facts).reduce((sum, step) => sum + numberOf(step, 'deleted'), 0);
  return deleted === 1 ? '1 object' : `${deleted} objects`;
}

function outcomes(facts: Facts): string {
  const all = stepsOf(facts).map((step) => `${textOf(step, 'target')} ${textOf(step, 'outcome')}`);
  return all.length === 0 ? 'nothing' : all.slice(0, most).join(', ');
}

function leftOf(facts: Facts): string {
  const left = stepsOf(facts).reduce((sum, step) => sum + numberOf(step, 'left'), 0);
  if (left === 0) return 'Nothing is to be done.';
  return `The storage keeps ${left === 1 ? '1 object' : `${left} objects`}, locked or not ours to delete: the next plan finds them, and they go when their lock ends.`;
}
