// The control plane behind the command line: opens the console of flows where it is, and calls operations there. What is asked of
// whom stands in lib/operations.

import type { FlowConsole } from '../ports/flow-console.ts';
import type { TaskStore } from '../ports/task-store.ts';
import type {
  CallReport,
  CallRequest,
  ControlOperations,
  ControlRequest,
  LocalUpEnd,
  LocalUpRequest,
  RestoreClusterRequest,
} from './control-operations.ts';

/** What bin/pitr.ts gives for the control plane. */
export interface ControlHands {
  /** `trouble`: told what goes wrong in a runtime that lives in this process. */
  readonly openFlowConsole: (
    request: ControlRequest,
    trouble: (problem: string) => void,
  ) => Promise<FlowConsole>;
  readonly callFunction: (request: CallRequest) => Promise<Pick<CallReport, 'place' | 'answer' | 'notes'>>;
  readonly localUp: (request: LocalUpRequest) => Promise<LocalUpEnd>;
  /** The state of a runtime of this machine; undefined where there is none yet. */
  readonly openState: (folder: string) => Promise<TaskStore | undefined>;
  /** Unix milliseconds. */
  readonly wallMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

export function bindControl(hands: ControlHands): ControlOperations {
  return {
    restoreCluster: (request) => restoreCluster(hands, request),
    async callFunction(request) {
      const { cluster, operation, input } = request;
      const dryRun = input['dryRun'] === true;
      return { cluster, operation, dryRun, ...(await hands.callFunction(request)) };
    },
    localUp: (request) => hands.localUp(request),
  };
}

async function restoreCluster(hands: ControlHands, request: RestoreClusterRequest) {
  const { cluster, wish, sleep, signal, tell } = request;
  const { restoreCluster, watchRestore } = await import('../operations/restore-cluster.ts');
  const flows = await hands.openFlowConsole(request, (problem) => tell({ kind: 'trouble', problem }));
  const deps = { flows, nowMs: hands.wallMs, random: hands.random, sleep, signal, tell };
  try {
    if (wish.kind === 'restore') return await restoreCluster(deps, wish);
    return await watchRestore(deps, { cluster, execution: wish.execution });
  } finally {
    await flows.close();
  }
}
