// A restore that did not end well, as an error for the person who asked: the sentence of the flow, what is left behind and what to do.
// Must not ask anything.

import { type ErrorCode, errorCodes, PitrError } from '../../domain/errors.ts';
import type { RestoreRun } from '../../domain/state/restore-run.ts';

export interface FailedRestore {
  readonly execution: string;
  readonly place: string;
  /** As the flow ended. */
  readonly code: string;
  readonly message: string;
  /** What the state says of it, where it could be read. */
  readonly run: RestoreRun | undefined;
}

/** The code is the flow's where it is one of ours; exit codes follow from it. `details`: execution, place, leftBehind, nearest. */
export function restoreFailure(failed: FailedRestore): PitrError {
  const { execution, place, run } = failed;
  const code = codeOf(failed.code);
  const known = code === failed.code ? '' : `${failed.code}: `;
  const leftBehind = run?.state === 'failed' ? run.leftBehind : [];
  const leftLines = leftBehind.filter(isNew(failed)).map((what) => `left behind: ${what}`);
  // Of a request that was refused there is nothing to look at.
  const isRefused = run?.state !== 'failed' && errorCodes[code].fault === 'user';
  const hints = [hintOf(run)].filter(isNew(failed));
  const hint = [...hints, ...leftLines, ...(isRefused ? [] : [`where: ${place}`])].join('\n');
  return new PitrError(code, `${known}${sentenceOf(failed)}`, {
    ...(hint === '' ? {} : { hint }),
    details: { ...nearestOf(run), execution, place, leftBehind },
  });
}

/** The last state of the flow tells the whole story in its sentence: what stands there is not told again. */
function isNew({ message }: FailedRestore): (text: string) => boolean {
  return (text) => text !== '' && !message.includes(text);
}

/** Words of Step Functions, and of br, in ours. */
function codeOf(code: string): ErrorCode {
  if (isOurs(code)) return code;
  if (code === 'aborted') return 'INTERRUPTED';
  if (code === 'States.Timeout' || code === 'States.HeartbeatTimeout') return 'RUN_LOST';
  return code.startsWith('[BR:') ? 'BR_FAILED' : 'INTERNAL';
}

function isOurs(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function sentenceOf({ code, message, execution }: FailedRestore): string {
  if (message !== '') return message;
  return code === 'aborted'
    ? `somebody stopped the execution ${execution}: nothing was put back, and the lease runs out by itself`
    : `the execution ${execution} failed and does not say why`;
}

function hintOf(run: RestoreRun | undefined): string {
  if (run?.state === 'failed') return run.failure.hint;
  return run?.state === 'refused' ? run.refusal.hint : '';
}

/** The nearest moments of a refusal, as the command line shows them. */
function nearestOf(run: RestoreRun | undefined): { readonly nearest?: object } {
  if (run?.state !== 'refused' || run.nearestTs.length === 0) return {};
  const sorted = run.nearestTs.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  const before = sorted.findLast((ts) => ts <= run.restoreTs);
  const after = sorted.find((ts) => ts > run.restoreTs);
  return { nearest: { ...(before && { before }), ...(after && { after }) } };
}
