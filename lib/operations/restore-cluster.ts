// Operation restore-cluster: starts the flow restore-to-point with the small input of a person, and follows it to its end. Decides
// nothing about the restore: the flow does.

import { PitrError } from '../domain/errors.ts';
import { executionName } from '../domain/execution-name.ts';
import type { RestoreRun } from '../domain/state/restore-run.ts';
import { type Facts, runId } from '../domain/state/run-identity.ts';
import type { RandomFraction } from '../ports/clock.ts';
import { readRestoreRequest } from './control/restore/restore-request.ts';
import { restoreId } from './control/restore/restore-writing.ts';
import { textFact } from './control/runs/run-facts.ts';
import { type FollowDeps, type FollowEvent, followFlow } from './follow-flow.ts';
import { restoreFailure } from './moment/restore-failure.ts';
import { type ShownPlan, shownPlan } from './shown-plan.ts';

export interface RestoreClusterDeps extends FollowDeps {
  readonly random: RandomFraction;
  readonly tell: (event: RestoreClusterEvent) => void;
}

/** The input of the flow, as a person gives it. */
export interface RestoreWish {
  readonly cluster: string;
  /** Any form of a moment. */
  readonly restoreTo: string;
  /** PD of the target, at least one. */
  readonly targetPd: readonly string[];
  /** Rules, one each; empty for everything. */
  readonly tables: readonly string[];
  readonly dryRun: boolean;
  /** Who asks, for the audit; undefined: nobody knows. */
  readonly who: string | undefined;
  /** false: only begin it. */
  readonly wait: boolean;
}

export type RestoreClusterEvent =
  /** The name is known before anything was begun, so that whoever loses sight of it can find it again. */
  { readonly kind: 'started'; readonly execution: string; readonly place: string } | FollowEvent;

interface Begun {
  readonly cluster: string;
  readonly execution: string;
  readonly place: string;
}

export type RestoreClusterReport =
  | (Begun & { readonly state: 'started' })
  | (Begun & { readonly state: 'planned'; readonly plan: ShownPlan })
  /** story: of the flow's last state. run: undefined where the state cannot be read. */
  | (Begun & { readonly state: 'restored'; readonly story: string; readonly run: DoneRestore | undefined });

export type DoneRestore = Extract<RestoreRun, { readonly state: 'done' }>;

export const restoreFlow = 'restore-to-point';

/**
 * Starts one execution and follows it. Errors: those that the flow ended with (MOMENT_NOT_IN_WINDOW with the nearest moments in
 * `details`, TARGET_NOT_EMPTY …), `details.leftBehind` saying what is left; INTERRUPTED when the signal was aborted: what goes on
 * then, and how to watch it, stands in the hint; those of the console.
 */
export async function restoreCluster(
  deps: RestoreClusterDeps,
  wish: RestoreWish,
): Promise<RestoreClusterReport> {
  const { flows } = deps;
  if (!wish.wait && !flows.outlives) {
    throw new PitrError(
      'INVALID_INPUT',
      'nothing runs here that would go on with the restore, expected pitr local up, or no --no-wait',
      { hint: 'start pitr local up in another terminal, or leave --no-wait away' },
    );
  }
  const input = inputOf(wish);
  // A mistake that needs no bucket to be seen begins nothing.
  readRestoreRequest(input);
  const execution = restoreExecutionName(deps);
  await flows.startFlow(restoreFlow, execution, input);
  const place = await flows.place(restoreFlow, execution);
  deps.tell({ kind: 'started', execution, place });
  const begun = { cluster: wish.cluster, execution, place };
  return wish.wait ? await untilEnd(deps, begun) : { ...begun, state: 'started' };
}

/** Follows an execution that was begun before. Errors: as {@link restoreCluster}; INVALID_INPUT when there is none of this name. */
export async function watchRestore(
  deps: RestoreClusterDeps,
  { cluster, execution }: Pick<Begun, 'cluster' | 'execution'>,
): Promise<RestoreClusterReport> {
  const place = await deps.flows.place(restoreFlow, execution);
  return await untilEnd(deps, { cluster, execution, place });
}

async function untilEnd(deps: RestoreClusterDeps, begun: Begun): Promise<RestoreClusterReport> {
  const { flows, tell } = deps;
  const { execution } = begun;
  const find = (restores: readonly RestoreRun[]) => restores.find(({ id }) => isRestoreOf(id, execution));
  const end = await followFlow(deps, { flow: restoreFlow, name: execution, find }, tell);
  if (end === undefined) throw leftAlone(begun, flows.outlives);
  // What the state says is an addition: the flow has ended, whether or not the state can be read.
  const run = find(await flows.restores().catch(() => []));
  if (end.state === 'failed') throw restoreFailure({ ...begun, ...end, run });
  const { output } = end;
  if (output['dryRun'] === true) return { ...begun, state: 'planned', plan: shownPlan(output) };
  const done = run?.state === 'done' ? run : undefined;
  return { ...begun, state: 'restored', story: textFact(output, 'message'), run: done };
}

function inputOf({ cluster, restoreTo, targetPd, tables, dryRun, who }: RestoreWish): Facts {
  return {
    cluster,
    restoreTo,
    target: { pd: targetPd },
    ...(tables.length === 0 ? {} : { tables }),
    ...(dryRun ? { dryRun } : {}),
    ...(who === undefined ? {} : { who }),
  };
}

/** `20261122042448-x4f1-restore`: by its time, and apart from another one of the same second. */
function restoreExecutionName({ nowMs, random }: RestoreClusterDeps): string {
  const lot = Math.floor(random() * 36 ** 4).toString(36);
  return executionName(runId(nowMs(), lot.padStart(4, '0')), 'restore');
}

/** Of an execution there is one restore, and its id tells the name behind the time. */
function isRestoreOf(id: string, execution: string): boolean {
  const time = 'YYYYMMDDHHMMSS'.length;
  return id.slice(time) === restoreId(0, execution).slice(time);
}

function leftAlone({ cluster, execution, place }: Begun, outlives: boolean): PitrError {
  const again = `pitr restore-cluster --cluster ${cluster} --watch ${execution}`;
  return outlives
    ? new PitrError('INTERRUPTED', `the watching was stopped; the restore ${execution} goes on (${place})`, {
        hint: `watch it again with ${again}${place.startsWith('https:') ? '; stop it in its console' : ''}`,
        details: { execution, place },
      })
    : new PitrError('INTERRUPTED', `the restore ${execution} is left unfinished (${place})`, {
        hint: `${again} goes on with it, and so does pitr local up; a br that was started runs on meanwhile`,
        details: { execution, place },
      });
}
