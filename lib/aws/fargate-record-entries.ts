// The lines of a run's record: what each says, how it is written and read, and what all of them say together. A line that
// this version does not know says nothing. Must not call anything.

import type { RunEnd } from '../ports/runner.ts';
import type { FinalState } from './fargate-task.ts';

export type RecordEntry =
  /** Written before every RunTask: whether it made a task is not known until one of the next two is there. */
  | { readonly event: 'starting'; readonly attempt: string; readonly argv: readonly string[] }
  | { readonly event: 'refused'; readonly attempt: string; readonly why: string }
  | {
      readonly event: 'started';
      readonly attempt: string;
      readonly taskArn: string;
      readonly argv: readonly string[];
    }
  | { readonly event: 'over'; readonly final: FinalState };

export interface TimedEntry {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly entry: RecordEntry;
}

export interface RunRecord {
  readonly started:
    | { readonly taskArn: string; readonly argv: readonly string[]; readonly atMs: number }
    | undefined;
  /** The first try of which nobody knows whether it made a task. */
  readonly unknownTry: { readonly argv: readonly string[]; readonly atMs: number } | undefined;
  readonly final: FinalState | undefined;
}

/** No request lasts longer, with all that the SDK tries again. */
const longestTryMs = 60_000;

/** One line of text, without its time: CloudWatch keeps that. */
export function formatEntry(entry: RecordEntry): string {
  return JSON.stringify({ v: 1, ...entry });
}

/** undefined for anything else than a line of this version. */
export function readEntry(text: string): RecordEntry | undefined {
  const { v, event, attempt, argv, why, taskArn, final } = fieldsOf(parsed(text));
  if (v !== 1) return undefined;
  if (event === 'over') {
    const state = finalOf(fieldsOf(final));
    return state === undefined ? undefined : { event, final: state };
  }
  if (typeof attempt !== 'string') return undefined;
  if (event === 'refused') return { event, attempt, why: String(why) };
  if (!Array.isArray(argv) || !argv.every((word): word is string => typeof word === 'string'))
    return undefined;
  if (event === 'starting') return { event, attempt, argv };
  return event === 'started' && typeof taskArn === 'string' ? { event, attempt, taskArn, argv } : undefined;
}

/** All lines of one run, in their order. */
export function recordOf(entries: readonly TimedEntry[]): RunRecord {
  let started: RunRecord['started'];
  let known: FinalState | undefined;
  const open = new Map<string, { readonly argv: readonly string[]; readonly atMs: number }>();
  for (const { atMs, entry } of entries) {
    switch (entry.event) {
      case 'starting':
        open.set(entry.attempt, { argv: entry.argv, atMs });
        break;
      case 'refused':
        closeTries(open, entry.attempt);
        break;
      case 'started':
        open.delete(entry.attempt);
        started ??= { taskArn: entry.taskArn, argv: entry.argv, atMs };
        break;
      case 'over':
        known ??= entry.final;
        break;
      default: {
        const unknown: never = entry;
        return unknown;
      }
    }
  }
  return { started, unknownTry: [...open.values()][0], final: known };
}

/** Had an earlier try made a task, this one would have been answered with it and not refused. */
function closeTries(open: Map<string, { readonly atMs: number }>, attempt: string): void {
  const refused = open.get(attempt);
  open.delete(attempt);
  for (const [other, { atMs }] of open) {
    if (refused !== undefined && atMs + longestTryMs < refused.atMs) open.delete(other);
  }
}

function finalOf({ state, end, endedMs, wasStopped, why }: Fields): FinalState | undefined {
  if (state === 'lost') return { state, why: String(why) };
  const how = endOf(fieldsOf(end));
  if (state !== 'ended' || how === undefined || typeof endedMs !== 'number') return undefined;
  return { state, end: how, endedMs, wasStopped: wasStopped === true };
}

function endOf({ exitCode, signal }: Fields): RunEnd | undefined {
  if (typeof exitCode === 'number') return { exitCode };
  return typeof signal === 'string' ? { signal } : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
