// The control plane of this machine with its own clock and lots, as the command line opens it. Decides nothing.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterSettings, Settings } from '../../config/settings-types.ts';
import { PitrError } from '../../domain/errors.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import { forceFlush } from '../../operations/control/force-flush.ts';
import type { FlowConsole } from '../../ports/flow-console.ts';
import type { Runner } from '../../ports/runner.ts';
import type { TaskStore } from '../../ports/task-store.ts';
import { openProcessRunner } from '../process-runner.ts';
import { openSqliteTaskStore } from '../sqlite-task-store.ts';
import { systemClock, systemRandom } from '../system-clock.ts';
import { callOperation, type LocalCall, type LocalCallAnswer } from './call-operation.ts';
import { brPlaceOf } from './local-deps.ts';
import { openLocalFlowConsole } from './local-flow-console.ts';
import type { LocalUp } from './local-up.ts';
import { formatEvent } from './runtime-log.ts';

/** Settings of the clusters of this machine, and the folder of their state. */
export interface MachinePlace {
  readonly settings: Settings;
  readonly folder: string;
}

const parts = { clock: systemClock, random: systemRandom } as const;

/** Errors: as {@link openLocalFlowConsole}. */
export async function openConsole(
  { settings, folder }: MachinePlace,
  cluster: string,
  trouble: (problem: string) => void,
): Promise<FlowConsole> {
  return await openLocalFlowConsole({
    ...{ settings, folder, cluster, ...parts },
    log: (event) => {
      if (event.kind === 'trouble') trouble(formatEvent(event));
    },
  });
}

function clusterIn({ clusters }: Settings, cluster: string): ClusterSettings {
  const found = clusters.find(({ name }) => name === cluster);
  if (found !== undefined) return found;
  throw new PitrError('INTERNAL', `${cluster} is not among the clusters of this machine`);
}

/** Errors: as {@link callOperation}. */
export async function callHere(
  { settings, folder }: MachinePlace,
  { cluster, operation, input }: Pick<LocalCall, 'operation' | 'input'> & { readonly cluster: string },
): Promise<LocalCallAnswer> {
  const found = clusterIn(settings, cluster);
  return await callOperation({ settings: found, folder, operation, input, nowMs: systemClock.nowMs });
}

/** Errors: those of lib/operations/control/force-flush.ts; INVALID_INPUT for a cluster whose br runs elsewhere. */
export async function flushHere(
  { settings, folder }: MachinePlace,
  { cluster, id }: { readonly cluster: string; readonly id: string },
  runner: Runner = openProcessRunner(join(folder, 'runs')),
): Promise<Facts> {
  const found = clusterIn(settings, cluster);
  const deps = { settings: found, brPlace: brPlaceOf(found), openRunner: async () => runner };
  return await forceFlush.run(deps, forceFlush.parseInput({ cluster, id }));
}

/** The state in a folder; undefined where no runtime ever was. Errors: those of the state file. */
export async function openState(folder: string): Promise<TaskStore | undefined> {
  const path = join(folder, 'state.sqlite');
  return existsSync(path) ? await openSqliteTaskStore(path) : undefined;
}

/** Errors: as localUp of local-up.ts. */
export async function upHere(
  { settings, folder }: MachinePlace,
  request: Pick<LocalUp, 'once' | 'signal' | 'begun' | 'tell'>,
): Promise<{ readonly unfinished: readonly string[] }> {
  const { localUp } = await import('./local-up.ts');
  return await localUp({ settings, folder, ...request, ...parts });
}
