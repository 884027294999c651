// Failures as they are stored and told: from errors of ours, from br's outcome, from what a flow caught. Decides nothing.

import type { BrOutcome } from '../../br/commands/br-outcome.ts';
import { errorCodes, toPitrError } from '../../domain/errors.ts';
import type { Failure } from '../../domain/state/run-identity.ts';

export function failureOf(caught: unknown): Failure {
  const { code, message, hint } = toPitrError(caught);
  return { code, message, hint: hint ?? '' };
}

/** Of a run that did not do what it was told. */
export function failureOfOutcome(outcome: Exclude<BrOutcome, { readonly kind: 'succeeded' }>): Failure {
  if (outcome.kind === 'unclear')
    return { code: outcome.code, message: outcome.because, hint: hintOf(outcome.code) };
  const words = outcome.text === '' ? '' : `: ${outcome.text.slice(0, 2000)}`;
  return { code: outcome.code, message: `${outcome.meaning}${words}`, hint: hintOf(outcome.code) };
}

/** What a flow's Catch hands on: `{Error, Cause}`, where Cause is Lambda's `{errorType, errorMessage}` as text. */
export function failureOfCaught(caught: unknown): Failure {
  const { Error: error, Cause: cause }: Readonly<Record<string, unknown>> =
    typeof caught === 'object' && caught !== null ? { ...caught } : {};
  const code = typeof error === 'string' && error !== '' ? error : 'INTERNAL';
  return { code, message: sentenceIn(cause) ?? `the flow failed with ${code}`, hint: hintOf(code) };
}

function sentenceIn(cause: unknown): string | undefined {
  if (typeof cause !== 'string' || cause === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(cause);
    const { errorMessage }: Readonly<Record<string, unknown>> =
      typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
    return typeof errorMessage === 'string' ? errorMessage : cause;
  } catch {
    return cause;
  }
}

/** Every code of ours has an entry in the runbook; what Step Functions and Lambda call their own errors is explained there, too. */
function hintOf(code: string): string {
  if (Object.hasOwn(errorCodes, code)) return `docs/runbook.md, ${code}`;
  if (code === 'States.HeartbeatTimeout')
    return 'nobody watched over the run: look whether the minute schedule of br-ended works';
  return '';
}
