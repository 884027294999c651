// Operation truncate: cuts the log of a bucket at a moment that a person names, or tells what that would do. Refuses a cut that a
// snapshot which stays could not bear, before the first step and again while it works.

import { readCatalog } from '../br/catalog.ts';
import type { LockHolder } from '../br/lock-protocol.ts';
import { PitrError } from '../domain/errors.ts';
import type { CatalogFacts, LogFacts } from '../domain/facts.ts';
import { type Moment, parseMoment } from '../domain/moment.ts';
import { refusalOfCut } from '../domain/truncation/truncation-guard.ts';
import { computeWindow, latest } from '../domain/window.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { ReadDeps } from './deps.ts';
import {
  asError,
  runNativeTruncation,
  type StillAllowed,
  type TruncationReport,
} from './truncation/native-truncation.ts';
import type { NativePlan, PlanDeps, TruncationProgress } from './truncation/native-truncation-plan.ts';
import { previewTruncation, type TruncationPreview } from './truncation/native-truncation-preview.ts';

export interface TruncateDeps extends ReadDeps {
  readonly holder: LockHolder;
  readonly nowMs: () => number;
  readonly progress: (event: TruncationProgress) => void;
  readonly signal: AbortSignal;
}

export interface TruncateInput {
  /** As a person writes a moment. */
  readonly until: string;
  /** Cuts what snapshots need, too. */
  readonly unsafeIgnoreSnapshots: boolean;
  /** Owners of locks that the person knows to be dead. */
  readonly deadOwners: readonly string[];
}

export interface TruncateAnswer {
  /** The URL of the log's store and the folder in it, without secrets. */
  readonly storage: string;
  readonly log: string;
  readonly plan: NativePlan;
  readonly notes: readonly string[];
}

export type TruncatePreview = TruncateAnswer & TruncationPreview;
export type TruncateReport = TruncateAnswer & TruncationReport;

/** GETs in flight; the store has its own limit. */
const parallel = 32;
/** Looking at all snapshots for each page would cost more than the page; nobody makes one within this and loses the log to us. */
const lookAgainMs = 10_000;

/** Writes nothing. Errors: as truncateStorage, but those of locks. */
export async function previewTruncate(deps: TruncateDeps, input: TruncateInput): Promise<TruncatePreview> {
  const ready = await prepare(deps, input);
  const preview = await previewTruncation(ready.planDeps, ready.until.ts);
  return { ...ready.answer, ...preview, notes: [...ready.until.notes, ...preview.plan.notes] };
}

/**
 * Errors: LOG_NEEDED when a snapshot that stays needs what would go, BASE_MISSING when nothing could be restored with the log;
 * INVALID_INPUT for a moment that is none, and where there is not one log; those of runNativeTruncation.
 */
export async function truncateStorage(deps: TruncateDeps, input: TruncateInput): Promise<TruncateReport> {
  const ready = await prepare(deps, input);
  const { holder, nowMs, signal } = deps;
  const report = await runNativeTruncation(
    {
      ...ready.planDeps,
      ...{ holder, nowMs, signal },
      deadOwners: input.deadOwners,
      stillAllowed: input.unsafeIgnoreSnapshots ? async () => undefined : lookingAgain(deps, ready.log),
    },
    ready.until.ts,
  );
  return { ...ready.answer, ...report, notes: [...ready.until.notes, ...report.plan.notes] };
}

interface Ready {
  readonly planDeps: PlanDeps;
  readonly log: LogFacts;
  readonly until: Moment;
  readonly answer: { readonly storage: string; readonly log: string };
}

async function prepare(deps: TruncateDeps, input: TruncateInput): Promise<Ready> {
  const { store, facts, log } = await readLog(deps);
  const window = computeWindow(facts);
  const until = parseMoment(input.until, { latest: latest(window), whyNone: window.holes.at(-1) });
  const refusal = input.unsafeIgnoreSnapshots ? undefined : refusalOfCut(facts, log, until.ts);
  if (refusal !== undefined) throw asError(refusal);
  const logPrefix = log.path === '' ? '' : `${log.path}/`;
  const { progress } = deps;
  return {
    planDeps: { store, logPrefix, parallel, progress },
    log,
    until,
    answer: { storage: store.url, log: log.path },
  };
}

async function readLog({ backup }: ReadDeps): Promise<{
  readonly store: ObjectStore;
  readonly facts: CatalogFacts;
  readonly log: LogFacts;
}> {
  const facts = await readCatalog(backup);
  const [log, ...others] = facts.logs;
  if (backup.log === undefined || log === undefined || others.length > 0) {
    const found = facts.logs.map(({ path }) => path).join(', ');
    throw new PitrError(
      'INVALID_INPUT',
      `the storage holds ${found === '' ? 'no log' : `the logs ${found}`}, expected one`,
      {
        hint: 'name the folder of the log to cut with --log, and the snapshots with --snapshots',
        details: { logs: facts.logs.map(({ path }) => path) },
      },
    );
  }
  if (log.problem !== undefined) {
    throw new PitrError(log.problem.code ?? 'OBJECT_DAMAGED', log.problem.problem, {
      hint: 'nothing is cut before the log can be read again',
      details: { object: log.problem.object },
    });
  }
  return { store: backup.log, facts, log };
}

/** The bucket asked again, but not for every page. The log as it was before the cut: afterwards it begins at the cut. */
function lookingAgain(deps: TruncateDeps, log: LogFacts): StillAllowed {
  let lookedMs = deps.nowMs();
  return async (untilTs) => {
    if (deps.nowMs() - lookedMs < lookAgainMs) return undefined;
    const { snapshots } = await readCatalog(deps.backup);
    lookedMs = deps.nowMs();
    return refusalOfCut({ snapshots, logs: [log], unknown: [] }, log, untilTs);
  };
}
