// What the command line asks of the control plane, and the views that it shows. bin/pitr.ts fills it, tests give their own. Must not
// know how it is done.

import type { FunctionName, HoldAction } from '../config/functions.ts';
import type { Settings } from '../config/settings-types.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import type { BookmarkEvent, BookmarkWish } from '../operations/bookmark-moment.ts';
import type {
  RestoreClusterEvent,
  RestoreClusterReport,
  RestoreWish,
} from '../operations/restore-cluster.ts';

export type ControlPlace =
  /** `settings`: of the clusters of this machine alone; `folder`: absolute. */
  { readonly kind: 'local'; readonly settings: Settings; readonly folder: string } | { readonly kind: 'aws' };

export interface ControlRequest {
  /** By its name in the settings. */
  readonly cluster: string;
  readonly place: ControlPlace;
  readonly signal: AbortSignal;
}

export interface RestoreClusterRequest extends ControlRequest {
  readonly wish:
    | ({ readonly kind: 'restore' } & RestoreWish)
    /** One that was begun before, by the name of its execution. */
    | { readonly kind: 'watch'; readonly execution: string };
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly tell: (event: RestoreClusterEvent) => void;
}

/** Functions that a person may call directly: they begin no br themselves. */
export const callableFunctions = [
  'take-snapshot',
  'truncate-log',
  'adopt',
  'rebuild',
  'retention-plan',
  'retention-apply',
  'hold',
] as const satisfies FunctionName[];
export type CallableFunction = (typeof callableFunctions)[number];

/** What a person asks for by its own name: a function, or an action of `hold`. */
export type CallableOperation = Exclude<CallableFunction, 'hold'> | HoldAction;

export interface CallRequest extends ControlRequest {
  readonly operation: CallableOperation;
  /** Without the cluster. */
  readonly input: Facts;
}

export interface BookmarkRequest extends ControlRequest {
  /** Without the cluster and the moment. */
  readonly input: Facts;
  readonly wish: BookmarkWish;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly tell: (event: BookmarkEvent) => void;
}

export interface CallReport {
  readonly cluster: string;
  readonly operation: CallableOperation;
  readonly dryRun: boolean;
  /** What was called: this machine, or the name of a function. */
  readonly place: string;
  readonly answer: Facts;
  /** What a person should know, a sentence each. */
  readonly notes: readonly string[];
}

export interface LocalUpRequest {
  readonly place: Extract<ControlPlace, { kind: 'local' }>;
  /** Does what is due now, waits for what runs, and ends. */
  readonly once: boolean;
  readonly signal: AbortSignal;
  readonly begun: (view: LocalUpView) => void;
  readonly tell: (line: LocalUpLine) => void;
}

export interface LocalUpView {
  readonly folder: string;
  readonly clusters: readonly {
    readonly name: string;
    /** Without secrets. */
    readonly bucket: string;
    readonly schedules: readonly {
      /** The operation. */
      readonly name: string;
      /** As the settings write it. */
      readonly schedule: string;
      readonly zone: string;
      /** Unix ms; undefined when it is not known, or never again. */
      readonly nextMs: number | undefined;
    }[];
  }[];
}

export interface LocalUpLine {
  readonly atMs: number;
  /** `operation`, `trouble`, `flow`, `message`. */
  readonly kind: string;
  /** Empty when it is about none. */
  readonly cluster: string;
  /** With its time. */
  readonly text: string;
  readonly event: Facts;
}

export interface LocalUpEnd {
  /** Executions that the next start goes on with, as `FLOW NAME`. */
  readonly unfinished: readonly string[];
}

export interface ControlOperations {
  restoreCluster(request: RestoreClusterRequest): Promise<RestoreClusterReport>;
  callFunction(request: CallRequest): Promise<CallReport>;
  /** Resolves when the bookmark is pinned. Errors: those of lib/operations/bookmark-moment.ts. */
  bookmark(request: BookmarkRequest): Promise<CallReport>;
  /** Resolves when the signal was aborted, or everything that was due is done. Errors: STATE_CONFLICT when one runs already. */
  localUp(request: LocalUpRequest): Promise<LocalUpEnd>;
}
