// How a run of br ended, from its exit code and what it said. Three answers, and never a guess: it succeeded (and what must be
// read back to be sure), it failed (and whether to try again), or it is unclear (and what must be read to know).
import type { ErrorCode } from '../../domain/errors.ts';
import type { BrCommandKind } from './br-decision.ts';
import type { BrEvent, ErrorEvent } from './br-events.ts';
import type { Reaction } from './error-catalogue.ts';
import { type BrFacts, collectFacts } from './outcome-facts.ts';
import { isReadOnly, type ReadBack, readBackLists } from './read-back.ts';

export interface BrSucceeded {
  readonly kind: 'succeeded';
  readonly readBack: readonly ReadBack[];
  readonly facts: BrFacts;
}

export interface BrFailed {
  readonly kind: 'failed';
  /** For a PitrError, and for the Retry and Catch lists of a flow. */
  readonly code: ErrorCode;
  readonly reaction: Reaction;
  /** Whether the same command may succeed without anybody changing anything. */
  readonly retry: boolean;
  /** Until the lock in the way ends by itself, when br said it. */
  readonly waitSeconds: number | undefined;
  /** Ours, lower case, without period. */
  readonly meaning: string;
  /** br's own words; may be empty. */
  readonly text: string;
  readonly ids: readonly string[];
  readonly facts: BrFacts;
}

export interface BrUnclear {
  readonly kind: 'unclear';
  /** For a PitrError, if what is read back is not what was aimed at. */
  readonly code: ErrorCode;
  /** A sentence without period. */
  readonly because: string;
  readonly readBack: readonly ReadBack[];
  readonly facts: BrFacts;
}

export type BrOutcome = BrSucceeded | BrFailed | BrUnclear;

/**
 * What a run came to. `exitCode` is undefined when a signal ended it or nobody knows; codes above 127 and below 0 count as
 * signals. The events may lack `line` and `progress`, see {@link countsForOutcome}. FACTS §0.15, §1.1, §9
 */
export function outcome(
  exitCode: number | undefined,
  events: Iterable<BrEvent>,
  command: BrCommandKind,
): BrOutcome {
  const facts = collectFacts(events);
  if (exitCode === 126 || exitCode === 127) return notStarted(exitCode, facts);
  if (exitCode === 0) return afterExitZero(command, facts);
  if (exitCode === 1 && !facts.crashed) return afterFailure(command, facts);
  return afterDeath(exitCode, command, facts);
}

/** Whether an event can change the outcome: the others need not be kept until the end of a long run. */
export function countsForOutcome(event: BrEvent): boolean {
  return event.kind !== 'line' && event.kind !== 'progress';
}

function afterExitZero(command: BrCommandKind, facts: BrFacts): BrOutcome {
  const doubt = doubtOf(command, facts);
  if (doubt === undefined) {
    return { kind: 'succeeded', readBack: readBackLists[command].afterSuccess, facts };
  }
  return isReadOnly(command) ? failedRead(doubt, facts) : unclear('BR_FAILED', doubt, command, facts);
}

/** Why a run that exited with 0 is not believed. */
function doubtOf(command: BrCommandKind, facts: BrFacts): string | undefined {
  if (facts.undeletedItems !== undefined) {
    return `br could not delete ${facts.undeletedItems} objects and will not try again`;
  }
  if (facts.abortSkipped !== undefined) {
    return facts.abortSkipped === 'running'
      ? 'the restore is running, and br aborted nothing'
      : 'br found no restore with these arguments';
  }
  if (facts.finalError !== undefined || facts.failedSummaries.length > 0) {
    return 'br exited with 0 although it said that it failed';
  }
  if (!hasSaidSuccess(command, facts)) return 'br exited with 0 and did not say that it succeeded';
  if (isRestore(command) && facts.gcRatio?.startsWith('-') === true) {
    return `br left gc.ratio-threshold at ${facts.gcRatio}`;
  }
  return undefined;
}

/** The words that a run of this command ends well with. `log truncate` has no summary (FACTS §1.8): its plan must do. */
function hasSaidSuccess(command: BrCommandKind, facts: BrFacts): boolean {
  const said = (name: string) => facts.succeededSummaries.includes(name);
  switch (command) {
    case 'backup-full':
      return (
        facts.backupTs !== undefined && facts.succeededSummaries.some((name) => name.endsWith(' Backup'))
      );
    case 'log-start':
      return said('log start');
    case 'log-stop':
      return said('log stop');
    case 'log-pause':
      return said('log pause');
    case 'log-resume':
      return said('log resume');
    case 'log-status':
      return facts.tasks !== undefined;
    case 'log-metadata':
      return facts.logMaxTs !== undefined;
    case 'log-truncate':
      return facts.filesToTruncate !== undefined;
    case 'restore-point':
      return said('restore log');
    case 'restore-full':
      return facts.succeededSummaries.some((name) => name.endsWith(' Restore'));
    case 'version':
      return facts.version !== undefined;
    case 'abort-restore':
    case 'force-flush':
      return true;
    default:
      return command satisfies never;
  }
}

function afterFailure(command: BrCommandKind, facts: BrFacts): BrOutcome {
  const error = facts.finalError ?? facts.lastError;
  if (!isReadOnly(command) && hasEndedWell(command, facts)) {
    const because = `br said that it succeeded, and failed afterwards${quoted(error?.text)}`;
    return unclear(error?.meaning.code ?? 'BR_FAILED', because, command, facts);
  }
  if (facts.signal !== undefined) return interrupted(facts, error);
  if (error === undefined) {
    return failed('BR_FAILED', 'retry', 'br failed and did not say why', facts, undefined);
  }
  const { code, reaction, meaning } = error.meaning;
  if (reaction === 'already-done' && !isReadOnly(command)) {
    return unclear(code, `br says: ${error.text}`, command, facts);
  }
  return failed(code, reaction, meaning, facts, error);
}

/** Said before the end of a run that then failed: only what a summary says, since a plan says nothing yet. */
function hasEndedWell(command: BrCommandKind, facts: BrFacts): boolean {
  return facts.succeededSummaries.length > 0 && command !== 'log-truncate' && hasSaidSuccess(command, facts);
}

function afterDeath(exitCode: number | undefined, command: BrCommandKind, facts: BrFacts): BrOutcome {
  const how = facts.crashed
    ? 'br crashed'
    : exitCode === undefined
      ? 'br was killed or lost'
      : `br ended with ${exitCode}, which it never does by itself`;
  return isReadOnly(command) ? failedRead(how, facts) : unclear('INTERRUPTED', how, command, facts);
}

function unclear(code: ErrorCode, because: string, command: BrCommandKind, facts: BrFacts): BrUnclear {
  return { kind: 'unclear', code, because, readBack: readBackLists[command].afterDoubt, facts };
}

/** A command that only reads is run again, whatever happened to it. */
function failedRead(how: string, facts: BrFacts): BrFailed {
  return failed('BR_FAILED', 'retry', how, facts, undefined);
}

function interrupted(facts: BrFacts, error: ErrorEvent | undefined): BrFailed {
  return failed('INTERRUPTED', 'retry', `br was stopped by the signal ${facts.signal}`, facts, error);
}

function notStarted(exitCode: number, facts: BrFacts): BrFailed {
  const why = exitCode === 127 ? 'br is not there' : 'br cannot be executed';
  return failed('DEPENDENCY_MISSING', 'never', why, facts, undefined);
}

function failed(
  code: ErrorCode,
  reaction: Reaction,
  meaning: string,
  facts: BrFacts,
  error: ErrorEvent | undefined,
): BrFailed {
  return {
    kind: 'failed',
    code,
    reaction,
    retry: reaction === 'retry' || reaction === 'retry-after-lock',
    waitSeconds: error?.meaning.waitSeconds,
    meaning,
    text: error?.text ?? '',
    ids: error?.ids ?? [],
    facts,
  };
}

const isRestore = (command: BrCommandKind) => command === 'restore-point' || command === 'restore-full';
const quoted = (text: string | undefined) => (text === undefined ? '' : `: ${text}`);
