// What the state of a cluster tells beside PD and the bucket: the keeper of its log, the newest runs, and by which name our task goes. On
// this machine the state is a file, of a deployed stack a table.

import { PitrError } from '../domain/errors.ts';
import { expectedTaskName } from '../domain/log-task/own-task.ts';
import type { KeeperRecord } from '../domain/state/keeper-record.ts';
import type { RecentRun } from '../operations/recent-runs.ts';
import type { TaskStore } from '../ports/task-store.ts';
import type { ClusterRequest } from './operations.ts';

export interface StateHands {
  /** The state of a runtime of this machine; undefined where there is none yet. */
  readonly openState: (folder: string) => Promise<TaskStore | undefined>;
  /** Of a deployed stack, by the cluster's name; undefined where it tells no table. */
  readonly openDeployedState: (cluster: string) => Promise<TaskStore | undefined>;
  /** Unix ms. */
  readonly wallMs: () => number;
}

export interface KnownState {
  /** Undefined: nobody kept the cluster yet, or it cannot be read. */
  readonly runs: readonly RecentRun[] | undefined;
  readonly keeper?: KeeperRecord | undefined;
  /** Why it cannot be read; undefined when it can, or there is none. */
  readonly problem?: PitrError;
}

/** A state that cannot be read is told, and stops nobody. */
export async function knownState(hands: StateHands, request: ClusterRequest): Promise<KnownState> {
  try {
    return await readState(hands, request);
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    return { runs: undefined, problem: caught };
  }
}

async function readState(hands: StateHands, request: ClusterRequest): Promise<KnownState> {
  const { clusterName: cluster } = request;
  const store = await openStateOf(hands, request);
  if (store === undefined || cluster === undefined) return { runs: undefined };
  try {
    const { recentRuns } = await import('../operations/recent-runs.ts');
    const nowMs = hands.wallMs();
    const runs = await recentRuns(store, cluster, nowMs);
    return { runs, keeper: (await store.get({ cluster, kind: 'keeper', id: 'current' }, nowMs))?.record };
  } finally {
    await store.close();
  }
}

/** Undefined where there is none. Must be closed. Errors: those of the state. */
export async function openStateOf(
  hands: Pick<StateHands, 'openState' | 'openDeployedState'>,
  { clusterName, stateFolder, isDeployed }: ClusterRequest,
): Promise<TaskStore | undefined> {
  if (clusterName === undefined) return undefined;
  if (stateFolder !== undefined) return await hands.openState(stateFolder);
  return isDeployed ? await hands.openDeployedState(clusterName) : undefined;
}

/** As the keeper takes it, so that nobody calls a stranger what it adopted. */
export function taskNameOf(
  { taskName, isTaskChosen }: ClusterRequest,
  { keeper }: KnownState,
): string | undefined {
  return expectedTaskName(taskName, isTaskChosen, keeper);
}
