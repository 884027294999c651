// A piece of work that br does for us, whatever its kind: what the kinds have in common for whoever starts, watches and ends
// their runs. One file per kind beside it (`snapshot-work.ts` …); must not know which kinds there are.

import type { BrDecision } from '../../../br/commands/br-decision.ts';
import type { BrOutcome } from '../../../br/commands/br-outcome.ts';
import type { BrRun } from '../../../domain/state/br-run.ts';
import type { Facts, Failure, RunnerRef, Work } from '../../../domain/state/run-identity.ts';
import type { WaitingSignal } from '../../../domain/state/signal.ts';
import type { TaskRecord } from '../../../domain/state/task-record.ts';
import type { BrRole } from '../control-deps.ts';

export type EndedRun = Extract<BrRun, { readonly state: 'ended' }>;

/** What must be known before br may begin (again). */
export type Way =
  /** Nothing is in the way. `notes`: what was taken out of it, a sentence each. */
  | { readonly kind: 'clear'; readonly notes: readonly string[] }
  /** What was aimed at is there already: nothing needs to run. */
  | { readonly kind: 'done'; readonly facts: Facts; readonly why: string }
  /** A lock that ends by itself. */
  | { readonly kind: 'wait'; readonly seconds: number; readonly failure: Failure }
  /** It must not begin. */
  | { readonly kind: 'blocked'; readonly failure: Failure };

/** What a run's end means, once the world was looked at. */
export type Judgement =
  | { readonly verdict: 'done'; readonly facts: Facts }
  /** waitSeconds: at least, until a lock of the dead run is over; 0 when nothing is known. */
  | {
      readonly verdict: 'again';
      readonly waitSeconds: number;
      readonly failure: Failure;
      readonly facts: Facts;
    }
  | { readonly verdict: 'failed'; readonly failure: Failure; readonly facts: Facts };

export interface Beat {
  readonly attempt: number;
  readonly runner: RunnerRef;
  readonly startedMs: number;
  readonly nowMs: number;
  /** br's step; empty before it says anything. */
  readonly step: string;
  readonly progress: number | null;
}

/** How the work ended for good. */
export type WorkEnd =
  | { readonly outcome: 'succeeded'; readonly run: EndedRun }
  /** `attempt` 0: it never ran. */
  | { readonly outcome: 'failed'; readonly failure: Failure; readonly attempt: number };

export interface Ending {
  readonly record: TaskRecord;
  readonly signals: readonly WaitingSignal[];
  /** For the audit: what was done, a few words. */
  readonly what: string;
}

/** What became of a record that is over. */
export interface Over {
  readonly outcome: 'succeeded' | 'failed';
  readonly state: string;
  readonly code: string;
  readonly message: string;
}

export interface OwnHands {
  readonly attempt: number;
  /** Takes away what holds others off. Nothing of the work is alive any more. Errors: those of the storage. */
  readonly letGo: () => Promise<void>;
  /** Why it failed, as far as it is known better than by what the flow caught. */
  readonly failure: (caught: Failure) => Failure;
}

/** One record of work, as it was read. Immutable: it answers with records to write, and writes none. */
export interface BrWork {
  readonly work: Work;
  readonly id: string;
  readonly role: BrRole;
  readonly record: TaskRecord;
  /** To be named by the write of what follows. */
  readonly revision: number;
  /** Undefined as long as it is not over. */
  readonly over: Over | undefined;
  /** There when this work is done by ourselves, without br: how a flow that failed ends it. */
  readonly ownHands?: OwnHands | undefined;
  /** What br is to do. The same record gives the same decision. */
  readonly decision: () => BrDecision;
  /** PD that br talks to; undefined: our cluster's. */
  readonly pd: readonly string[] | undefined;
  /**
   * Looks at the bucket before an attempt. What a dead run of ours left is removed here, once it is proven that it is ours and
   * dead. `earlier`: all runs of this work, each ended. Errors: those of the storage.
   */
  readonly clearTheWay: (earlier: readonly EndedRun[]) => Promise<Way>;
  /** Looks at what the run did. Errors: those of the storage. */
  readonly judge: (run: BrRun, outcome: BrOutcome) => Promise<Judgement>;
  /** Of a run that is done: why the world says otherwise, where that can be known only now; undefined when it agrees. */
  readonly confirm: (run: EndedRun) => Promise<Failure | undefined>;
  readonly running: (beat: Beat) => TaskRecord;
  readonly ended: (end: WorkEnd, nowMs: number) => Ending;
}

/** What is waited for before the n-th attempt (from 2): doubles with each, within the settings. Milliseconds. */
export function backoffMs(
  attempt: number,
  { backoffMs: first, maxBackoffMs }: { readonly backoffMs: number; readonly maxBackoffMs: number },
): number {
  return Math.min(first * 2 ** Math.max(0, Math.min(attempt - 2, 30)), maxBackoffMs);
}

/** How long we would go on starting a dead run again: what history must be held for. Milliseconds. */
export function retryBudgetMs(policy: {
  readonly retries: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}): number {
  let budget = hourMs;
  for (let attempt = 2; attempt <= policy.retries + 1; attempt++) budget += backoffMs(attempt, policy);
  return budget;
}
/** For what passes between an end and its being noticed, and for the attempts' own starts. */
const hourMs = 3_600_000;
