// The records of the flows: an execution in its states, a step and its outcome, and how they stand in a row.
// Rows are read back by this version only, and trusted.

import type { FlowName } from '../../ports/launcher.ts';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface ExecutionKey {
  readonly flow: FlowName;
  readonly name: string;
}

/** How a step or an execution ended. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly output: Json }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string };

interface BegunExecution extends ExecutionKey {
  readonly id: number;
  readonly input: Json;
  readonly startedMs: number;
  /** How often it was begun: more than once after a crash. */
  readonly begun: number;
  /** The state that it entered last; undefined before the first. */
  readonly at: string | undefined;
}

export type FlowExecution =
  | (BegunExecution & { readonly state: 'running' })
  | (BegunExecution & { readonly state: 'succeeded'; readonly endedMs: number; readonly output: Json })
  | (BegunExecution & {
      readonly state: 'failed';
      readonly endedMs: number;
      readonly error: string;
      readonly cause: string;
    });

export interface EnteredState {
  readonly state: string;
  readonly atMs: number;
  /** In which beginning of the execution, from 1. */
  readonly begun: number;
}

/** One attempt of one visit of a state; `entry` and `attempt` count from 1. */
export interface StepKey {
  readonly execution: number;
  readonly state: string;
  readonly entry: number;
  readonly attempt: number;
}

export interface StoredStep {
  readonly token: string | undefined;
  readonly startedMs: number;
  /** The last sign of life of what is waited for. */
  readonly beatMs: number;
  readonly outcome: Outcome | undefined;
}

type Row = Readonly<Record<string, unknown>>;

export function executionOfRow(row: Row): FlowExecution {
  const begun: BegunExecution = {
    id: Number(row['id']),
    flow: String(row['flow']) as FlowName,
    name: String(row['name']),
    input: JSON.parse(String(row['input'])),
    startedMs: Number(row['started_ms']),
    begun: Number(row['begun']),
    at: row['at'] === null ? undefined : String(row['at']),
  };
  const endedMs = Number(row['ended_ms']);
  switch (row['state']) {
    case 'succeeded':
      return { ...begun, state: 'succeeded', endedMs, output: JSON.parse(String(row['output'])) };
    case 'failed':
      return { ...begun, state: 'failed', endedMs, error: String(row['error']), cause: String(row['cause']) };
    default:
      return { ...begun, state: 'running' };
  }
}

export function stepOfRow(row: Row): StoredStep {
  return {
    token: row['token'] === null ? undefined : String(row['token']),
    startedMs: Number(row['started_ms']),
    beatMs: Number(row['beat_ms']),
    outcome: row['outcome'] === null ? undefined : JSON.parse(String(row['outcome'])),
  };
}

export function entryOfRow(row: Row): EnteredState {
  return { state: String(row['state']), atMs: Number(row['at_ms']), begun: Number(row['begun']) };
}
