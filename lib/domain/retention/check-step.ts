// Whether a step of a plan may be done at this moment, asked again from the bucket right before it is: the rule and the promise, both.

import type { Failure } from '../state/run-identity.ts';
import { formatTs } from '../ts.ts';
import { holdsOf } from './holds.ts';
import { afterStep, lostMoments } from './invariant.ts';
import { planRetention } from './plan-retention.ts';
import { promisedWindow } from './promise.ts';
import { type RetentionStep, targetOf } from './retention-plan.ts';
import { folderName, isRest, type RetentionSettings, type RetentionState } from './retention-state.ts';
import { verifiedFacts } from './verified.ts';

export type StepCheck =
  | { readonly kind: 'go' }
  /** Nothing is left to do of it; a sentence. */
  | { readonly kind: 'over'; readonly why: string }
  | { readonly kind: 'refused'; readonly refusal: Failure };

/** `state`: read after the step before, with the contents of the step's folder. */
export function checkStep(
  state: RetentionState,
  step: RetentionStep,
  settings: RetentionSettings,
  nowMs: number,
): StepCheck {
  const over = whyOver(state, step);
  if (over !== undefined) return { kind: 'over', why: over };
  const plan = planRetention(state, settings, nowMs);
  if (plan.kind === 'refused') {
    const [refusal] = plan.refusals;
    return refusal === undefined ? atRisk(step, 'nothing may be deleted now') : { kind: 'refused', refusal };
  }
  const isPlanned = plan.steps.some((one) => isSameStep(one, step));
  if (!isPlanned && !isUnnamedRest(state, step, nowMs)) {
    const kept = plan.kept.find((one) => one.name === targetOf(step));
    return atRisk(step, kept?.reasons[0]?.sentence ?? 'a plan that is made now would not do it');
  }
  const verified = verifiedFacts(state.facts);
  const window = promisedWindow(verified, settings, nowMs);
  const [lost] = lostMoments(verified, afterStep(verified, step), window);
  if (lost === undefined) return { kind: 'go' };
  return atRisk(step, `the moments from ${formatTs(lost.from)} on could not be restored any more`);
}

function whyOver(state: RetentionState, step: RetentionStep): string | undefined {
  const target = targetOf(step);
  if (step.kind === 'cut-log') {
    const log = state.facts.logs.find(({ path }) => folderName(path) === target);
    if (log === undefined) return `${target} is gone`;
    return log.minTs >= step.untilTs ? `${target} begins at ${formatTs(log.minTs)} already` : undefined;
  }
  return isKnown(state, step) || (state.contents.get(target)?.objects ?? 0) > 0
    ? undefined
    : `${target} is gone`;
}

/** The bucket's facts have it as what the step takes it for. */
function isKnown({ facts }: RetentionState, step: RetentionStep): boolean {
  const target = targetOf(step);
  return step.kind === 'delete-log'
    ? facts.logs.some(({ path }) => folderName(path) === target)
    : facts.snapshots.some(({ name }) => folderName(name) === target);
}

/** A folder that nothing tells the kind of any more, because its head and lock have gone. */
function isUnnamedRest(state: RetentionState, step: RetentionStep, nowMs: number): boolean {
  if (step.kind === 'cut-log' || isKnown(state, step) || !isRest(state, targetOf(step))) return false;
  return !holdsOf(state, nowMs).some(({ folder }) => folder === targetOf(step));
}

/** A snapshot whose deletion was begun looks like what a dead run left; a cut that may go deeper by now may go as deep as planned. */
function isSameStep(found: RetentionStep, step: RetentionStep): boolean {
  if (targetOf(found) !== targetOf(step)) return false;
  switch (step.kind) {
    case 'cut-log':
      return found.kind === 'cut-log' && found.untilTs >= step.untilTs;
    case 'delete-snapshot':
      return found.kind === 'delete-snapshot'
        ? found.backupTs === step.backupTs
        : found.kind === 'delete-unfinished';
    case 'delete-unfinished':
    case 'delete-log':
      return found.kind === step.kind;
    default:
      return step satisfies never;
  }
}

function atRisk(step: RetentionStep, why: string): StepCheck {
  return {
    kind: 'refused',
    refusal: {
      code: 'WINDOW_AT_RISK',
      message: `${targetOf(step)} is not deleted: ${why}`,
      hint: 'what was done before stays done, and harms nothing; the next plan is made from what is there',
    },
  };
}
