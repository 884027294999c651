// Which errors a flow tries again, how long, and which of them refuse a plan: the Retry and Catch lists of
// lib/flows, from the codes of lib/domain/errors.ts. Pure: scripts/generate-flows.ts writes what this says.

import { errorCodes } from '../domain/errors.ts';

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly JitterStrategy: 'FULL';
}

interface Patience {
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly MaxDelaySeconds: number;
}

/**
 * Lambda itself was not well, and the same call may succeed: AWS, "Handle transient Lambda service exceptions". Newer runtimes
 * tell a time-out and a function that died by names of their own, older ones as Lambda.Unknown.
 */
export const lambdaErrors = [
  'Lambda.AWSLambdaException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.SdkClientException',
  'Lambda.ServiceException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Sandbox.Timedout',
] as const;

/** How patient each kind of state is, at most; jitter makes that half, as a rule. An execution has 25,000 events: five a try. */
const patience = {
  /** An operation that answers in seconds: nine minutes. */
  plain: { IntervalSeconds: 5, MaxAttempts: 8, MaxDelaySeconds: 120 },
  /** Another work excludes this one, a long restore above all: two days at least, since it ends by itself. */
  excluded: { IntervalSeconds: 30, MaxAttempts: 1000, MaxDelaySeconds: 300 },
  /** br cannot start now: almost two hours, for the next schedule is a day away. */
  waiting: { IntervalSeconds: 15, MaxAttempts: 12, MaxDelaySeconds: 900 },
  /** No heartbeat came: the operation that is called again finds the same run, so this is cheap. */
  heartbeat: { IntervalSeconds: 1, MaxAttempts: 20, MaxDelaySeconds: 60 },
  /** A look that helps, and that must not hold up the end. */
  look: { IntervalSeconds: 5, MaxAttempts: 3, MaxDelaySeconds: 30 },
  /** The end must not be lost: about sixteen hours. */
  settle: { IntervalSeconds: 2, MaxAttempts: 200, MaxDelaySeconds: 300 },
  /** The end, when no retry is known to help: an hour and a half, in which a person can help. */
  settleAnything: { IntervalSeconds: 30, MaxAttempts: 12, MaxDelaySeconds: 600 },
} as const satisfies Record<string, Patience>;

/** A state by what may go wrong in it. */
export type StateKind = 'plain' | 'waiting' | 'begin' | 'look' | 'settle';

const codes = Object.entries(errorCodes);
/** Codes after which the same call can succeed, sorted. */
export const retriedCodes: readonly string[] = codes
  .flatMap(([code, { retry }]) => (retry ? [code] : []))
  .sort();
/**
 * Codes that say that what was asked for cannot be done, sorted: the fault of the request, or of the backup that it is asked of. What
 * the machinery around us does wrong refuses nothing.
 */
export const refusedCodes: readonly string[] = codes
  .flatMap(([code, { fault }]) => (fault === 'system' ? [] : [code]))
  .sort();

/** The Retry list of a state of this kind, in its order: the first retrier that fits counts. */
export function retryList(kind: StateKind): readonly Retrier[] {
  const again = [...retriedCodes, ...lambdaErrors];
  switch (kind) {
    case 'plain':
    case 'look':
      return [retrier([...again, 'States.Timeout'], patience[kind])];
    case 'waiting':
      // Not States.Timeout: that is the limit of the whole work, and br is stopped when the flow settles.
      return [
        retrier(
          again.filter((code) => code !== 'WORK_IN_PROGRESS'),
          patience.waiting,
        ),
        retrier(['States.HeartbeatTimeout'], patience.heartbeat),
        retrier(['WORK_IN_PROGRESS'], patience.excluded),
      ];
    case 'begin':
      // As br would wait, but it is a call, and its own time-out is worth another one.
      return [
        retrier([...again.filter((code) => code !== 'WORK_IN_PROGRESS'), 'States.Timeout'], patience.waiting),
        retrier(['WORK_IN_PROGRESS'], patience.excluded),
      ];
    case 'settle':
      return [
        retrier([...again, 'States.Timeout'], patience.settle),
        retrier(['States.ALL'], patience.settleAnything),
      ];
    default: {
      const unknown: never = kind;
      return unknown;
    }
  }
}

function retrier(
  errors: readonly string[],
  { IntervalSeconds, MaxAttempts, MaxDelaySeconds }: Patience,
): Retrier {
  return {
    ErrorEquals: errors,
    IntervalSeconds,
    MaxAttempts,
    BackoffRate: 2,
    MaxDelaySeconds,
    JitterStrategy: 'FULL',
  };
}

interface FlowState {
  readonly Type: string;
  readonly Resource?: string;
  /** Of a Map: a flow of its own for each item. */
  readonly ItemProcessor?: FlowDefinition;
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
}

export interface FlowDefinition {
  readonly States: Readonly<Record<string, FlowState>>;
}

/** The same flow with the lists that the codes ask for; everything else of it is kept, in its order. */
export function withLists<F extends FlowDefinition>(flow: F): F {
  const states = Object.entries(flow.States).map(([name, state]) => [name, stateWithLists(name, state)]);
  return { ...flow, States: Object.fromEntries(states) };
}

function stateWithLists(name: string, state: FlowState): FlowState {
  if (state.ItemProcessor !== undefined) return { ...state, ItemProcessor: withLists(state.ItemProcessor) };
  if (state.Type !== 'Task') return state;
  const lists = {
    Retry: retryList(kindOf(name, state)),
    ...(state.Catch === undefined
      ? {}
      : {
          Catch: state.Catch.map((one) =>
            one.Next === 'Explain' ? { ...one, ErrorEquals: refusedCodes } : one,
          ),
        }),
  };
  return { ...state, ...lists };
}

/** By the names that all flows share: see docs/flows.md. */
function kindOf(name: string, state: FlowState): StateKind {
  if (state.Resource?.endsWith('.waitForTaskToken')) return 'waiting';
  if (name === 'BeginCut') return 'begin';
  if (name === 'Settle') return 'settle';
  return name === 'LookAtTarget' ? 'look' : 'plain';
}
