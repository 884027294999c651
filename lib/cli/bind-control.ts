// The control plane behind the command line: opens the console of flows where it is, and calls operations there. What is asked of
// whom stands in lib/operations.

import type { HoldAction } from '../config/functions.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import type { FlowConsole } from '../ports/flow-console.ts';
import type { TaskStore } from '../ports/task-store.ts';
import type {
  BookmarkRequest,
  CallableFunction,
  CallableOperation,
  CallReport,
  CallRequest,
  ControlOperations,
  ControlPlace,
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
  /** The operation force-flush of a cluster of this machine. */
  readonly forceFlush: (request: {
    readonly cluster: string;
    readonly place: Extract<ControlPlace, { kind: 'local' }>;
    readonly id: string;
  }) => Promise<Facts>;
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
    bookmark: (request) => bookmark(hands, request),
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
    case 'bookmark':
    case 'unpin':
    case 'list-pins':
      return { operation: 'hold', input: { ...input, action: operation satisfies HoldAction } };
    default:
      return { operation, input };
  }
}

async function bookmark(hands: ControlHands, request: BookmarkRequest): Promise<CallReport> {
  const { cluster, place, signal, input, wish, sleep, tell } = request;
  const { bookmarkMoment } = await import('../operations/bookmark-moment.ts');
  let asked: Pick<CallReport, 'place' | 'notes'> = { place: '', notes: [] };
  const ask = async (at: string | undefined) => {
    const moment = at === undefined ? input : { ...input, at };
    const made = calledFor('bookmark', moment);
    const { answer, ...where } = await hands.callFunction({ cluster, place, signal, ...made });
    asked = where;
    return answer;
  };
  const flush = place.kind === 'local' ? (id: string) => hands.forceFlush({ cluster, place, id }) : undefined;
  const deps = { ask, flush, nowMs: hands.wallMs, sleep, signal, tell };
  const answer = await bookmarkMoment(deps, wish);
  return { cluster, operation: 'bookmark', dryRun: false, ...asked, answer };
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
