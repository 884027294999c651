// What every part of the runner's contract needs: an opened runner, how a platform departs from the contract, small programs
// of `sh`, and waiting for what takes its time.

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { PitrError } from '../../lib/domain/errors.ts';
import { identityOf } from '../../lib/local/runs/process-identity.ts';
import {
  type OutputLine,
  type OutputPosition,
  outputStart,
  type RunHandle,
  type Runner,
  type RunRequest,
  type RunState,
} from '../../lib/ports/runner.ts';

/** Where a platform cannot do what the contract says, and the contract holds in another form. lib/ports/runner.ts has each. */
export type Departure =
  /** An exit code above 128 is told as a signal. */
  | 'codes-are-signals'
  /** `start` does not see that a program is missing: the run ends with 127. */
  | 'missing-program-ends-127'
  /** Both streams come as stdout, without empty lines, and a cut last line looks whole. */
  | 'one-stream'
  /** `log.limitBytes` is not kept: everything is. */
  | 'whole-log'
  /** The run has no folder of ours: `workFolder` is refused. */
  | 'no-work-folder';

/** Each with the reason, which stands in the titles of the tests that it changes. */
export type Departures = Readonly<Partial<Record<Departure, string>>>;

export interface OpenedRunner {
  readonly runner: Runner;
  /** The same runner, as another controller opens it. */
  readonly openAgain: () => Runner;
  /** A folder that the programs of the test may write to, and that the test reads. */
  readonly scratch: string;
  /** Whether a process lives on the machine where the runs are; this one when not given. */
  readonly isAlive?: (pid: number) => boolean;
  readonly close: () => Promise<void>;
}

export type WithRunner = (title: string, run: (opened: OpenedRunner) => Promise<void>) => void;

export const isAlive = (opened: OpenedRunner, pid: number): boolean =>
  opened.isAlive === undefined ? identityOf(pid) !== undefined : opened.isAlive(pid);

export const sh = (script: string, ...args: readonly string[]): readonly string[] => [
  'sh',
  '-c',
  script,
  'sh',
  ...args,
];

export const request = (runId: string, argv: readonly string[]): RunRequest => ({ runId, argv, env: {} });

/** The state in which the run rests, or the running one when it takes longer than `withinMs`. */
export async function rest(runner: Runner, handle: RunHandle, withinMs = 20_000): Promise<RunState> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const state = await runner.poll(handle);
    if (state.state !== 'running' || Date.now() > untilMs) return state;
    await setTimeout(20);
  }
}

/** Everything that is kept of what the run printed from a position on; waits for output that comes late. */
export async function allOutput(
  runner: Runner,
  handle: RunHandle,
  start: OutputPosition = outputStart,
): Promise<{ readonly lines: readonly OutputLine[]; readonly droppedBytes: number }> {
  const lines: OutputLine[] = [];
  const untilMs = Date.now() + 30_000;
  let droppedBytes = 0;
  let from = start;
  for (;;) {
    const page = await runner.output(handle, from);
    lines.push(...page.lines);
    droppedBytes += page.droppedBytes;
    if (page.isEnd) return { lines, droppedBytes };
    const isFurther = page.next.stdout > from.stdout || page.next.stderr > from.stderr;
    assert.ok(isFurther || Date.now() < untilMs, `reading stands still at ${JSON.stringify(from)}`);
    if (!isFurther) await setTimeout(50);
    from = page.next;
  }
}

export async function waitFor(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < untilMs, `20 s without ${what}`);
    await setTimeout(20);
  }
}

/** Until the program has printed something. */
export const isReady = (runner: Runner, handle: RunHandle): Promise<void> =>
  waitFor(async () => (await runner.output(handle, outputStart)).lines.length > 0, 'the program being ready');

export const textsOf = (lines: readonly OutputLine[], stream: string): readonly string[] =>
  lines.filter((line) => line.stream === stream).map((line) => line.text);

export const hasCode = (code: string) => (error: unknown) =>
  error instanceof PitrError && error.code === code;
