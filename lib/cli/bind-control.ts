// The control plane behind the command line: opens the console of flows where it is, and calls operations there. What is asked of
// whom stands in lib/operations.

import type { HoldAction } from '../config/functions.ts';
import type { FlowConsole } from '../ports/flow-console.ts';
import type { TaskStore } from '../ports/task-store.ts';
import type {
  CallableFunction,
  CallableOperation,
  CallReport,
  CallRequest,
  ControlOperations,
  ControlRequest,
  LocalUpEnd,
  LocalUpRequest,
  RestoreClusterRequest,
} from './control-operations.ts';

/** A call as it is made: of a function, with its whole input beside the cluster. */
export type FunctionRequest = Omit<CallRequest, 'operation'> & { readonly operation: CallableFunction };

/** What bin/pitr.ts gives for the control plane. */
export interface ControlHands {
  /** `trouble`: told what goes wrong in a runtime that lives in this process. */
  readonly openFlowConsole: (
    request: ControlRequest,
    trouble: (problem: string) => void,
  ) => Promise<FlowConsole>;
  readonly callFunction: (
    request: FunctionRequest,
  ) => Promise<Pick<CallReport, 'place' | 'answer' | 'notes'>>;
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
      const answer = await hands.callFunction({ ...request, ...calledFor(operation, input) });
      return { cluster, operation, dryRun, ...answer };
    },
    localUp: (request) => hands.localUp(request),
  };
}

/** The function that answers for an operation, and what it is given. */
function calledFor(
  operation: CallableOperation,
  input: CallRequest['input'],
): Pick<FunctionRequest, 'operation' | 'input'> {
  switch (operation) {
    case 'veto':
    case 'pin':
    case 'unpin':
    case 'list-pins':
      return { operation: 'hold', input: { ...input, action: operation satisfies HoldAction } };
    default:
      return { operation, input };
  }
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
