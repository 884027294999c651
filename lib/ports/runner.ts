// The port of everything that runs `br` for us: start a command, look how it is, read what it printed, stop it.
// Adapters: lib/local/process-runner.ts (a child process that outlives us), lib/aws/fargate-runner.ts, lib/aws/ssm-runner.ts.
// Contract: test/contracts/runner.contract.ts; where a platform cannot keep it, it is said here, with the platform's name.
// Must not know what a command means: argv comes from lib/br/commands, and goes back there as lines.

import { PitrError } from '../domain/errors.ts';

/** What is to run. The words are not looked into; `argv[0]` is the program. */
export interface RunRequest {
  /**
   * The name of this run, made by the caller from what it works for, so that a caller that was killed and started
   * again makes the same one. Letters, digits, `.`, `_` and `-`, at most 128, beginning with a letter or digit.
   */
  readonly runId: string;
  readonly argv: readonly string[];
  /**
   * Added to the environment that the runner gives every run. Never written to a file by a runner; but on AWS it is a part of
   * the task or the command, which others may look at (SSM keeps commands for 30 days, its agent has them in files). No
   * secrets there: the task definition and the machine's role are for these.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Where it runs; a folder of its own when not given. Fargate: UNSUPPORTED, a task has no folder of ours. */
  readonly workFolder?: string;
  /**
   * How much of each stream is kept: the beginning and the end, whole. 64 MiB when not given, at least 64 KiB. Fargate keeps
   * all, until the log group lets it go; so does SSM where the machine's file system has no holes.
   */
  readonly log?: { readonly limitBytes: number };
  /** Whose rights on the bucket the program needs; looked at where runs have rights of their own, and needed there. */
  readonly rights?: RunRights;
}

/** What the program does to the bucket: add to it, take from it, or read it. */
export type RunRights = 'writer' | 'deleter' | 'restorer';

/**
 * The run as plain data: stored as text (`encodeRunHandle`), it means the same run in any process, at any later time.
 */
export interface RunHandle {
  /** Which adapter: `process`, … A handle of one runner is refused by another. */
  readonly runner: string;
  readonly runId: string;
  /** Where that runner keeps the run: a folder, an ARN, a command's id. */
  readonly place: string;
}

/**
 * How a process ended: by itself with a code, or by a signal (`SIGKILL`, …). Never both. Fargate and SSM know one number: a
 * code above 128 that stands for a signal is told as that signal, also when the program ended with it by itself.
 */
export type RunEnd = { readonly exitCode: number } | { readonly signal: string };

export type RunState =
  | {
      readonly state: 'running';
      /** Unix milliseconds. */
      readonly sinceMs: number;
      /** When it last printed anything, Unix milliseconds; undefined as long as it printed nothing. */
      readonly lastOutputMs: number | undefined;
    }
  | {
      readonly state: 'ended';
      readonly end: RunEnd;
      readonly endedMs: number;
      /** Somebody had asked for the stop before it ended. */
      readonly wasStopped: boolean;
    }
  | {
      readonly state: 'lost';
      /** What is known of how it went, for people. */
      readonly why: string;
    };

/** Bytes of each stream that were read already. */
export interface OutputPosition {
  readonly stdout: number;
  readonly stderr: number;
}

export const outputStart: OutputPosition = { stdout: 0, stderr: 0 };

export interface OutputLine {
  /** Fargate: always stdout, in which the driver mixes both; without empty lines, and a line cut at the end is not told. */
  readonly stream: 'stdout' | 'stderr';
  /** Of its first byte in all that the stream has carried, also what is no longer kept. */
  readonly offset: number;
  /** Without its line end; bytes that are not UTF-8 are replaced. */
  readonly text: string;
  /** Not a whole line: the run ended in the middle of it, or it is a piece of one longer than 1 MiB. */
  readonly isCut: boolean;
}

export interface OutputPage {
  /** In order within each stream; between the streams there is no order. */
  readonly lines: readonly OutputLine[];
  /** Where the next call goes on. */
  readonly next: OutputPosition;
  /** Bytes between `from` and `next` that are no longer kept (see `log.limitBytes`), and lines that were cut there. */
  readonly droppedBytes: number;
  /** The run is over and all of its output was read. Fargate: up to half a minute after the end, as lines come in late. */
  readonly isEnd: boolean;
}

/**
 * Runs commands that take from a tenth of a second to days, and that outlive whoever started them.
 *
 * At most once: the program of a runId is started at most once, whoever calls `start` how often, at once or after a
 * crash. It may be that it never starts (then the run is lost, or `start` throws), never that it starts twice.
 *
 * Lost: nobody will ever know how it ended, and it is proven that nothing of it is alive any more. What it did may be
 * nothing, half or all: read the state of the world before going on. A state `ended` or `lost` never changes again.
 *
 * Errors of all calls: RUNNER_UNAVAILABLE when the runner itself cannot be asked; AWS_DENIED, naming the action, when AWS
 * refuses us; INTERNAL for a handle of another runner.
 */
export interface Runner {
  /**
   * Starts the run, or finds the one with this runId. When it returns, the program has been started. Errors:
   * DEPENDENCY_MISSING (there is no such program) and RUNNER_START_FAILED: nothing ran, and the same call may be made
   * again; INTERNAL for a runId that was used with another argv; INVALID_INPUT for a runId of another form. After
   * RUNNER_UNAVAILABLE nobody knows whether it was started: the same call finds out.
   *
   * Fargate: returns when there is a task, whose program begins half a minute later. A task that never begins is lost, with
   * the reason; a program that is not there ends with 127.
   */
  start(request: RunRequest): Promise<RunHandle>;

  /** How it is now. Changes nothing that goes on. */
  poll(handle: RunHandle): Promise<RunState>;

  /**
   * Lines from a position on, up to a mebibyte per stream and call; `outputStart` is the beginning. Of a running run
   * the last line is held back until its end is there. Reading is repeatable and takes nothing away.
   */
  output(handle: RunHandle, from: OutputPosition): Promise<OutputPage>;

  /**
   * Asks for the end, and returns when the wish will be carried out even if the caller dies; `poll` tells when it is
   * over. SIGTERM once, to the program alone: br cancels its work and takes its locks away within 10 s, and a second
   * signal would make it leave at once (FACTS §1.1). After `graceMs` SIGKILL, to it and all it started. Stopping again is
   * the same stop, with the earlier of the two deadlines; stopping what is over does nothing.
   *
   * Fargate: the grace is the `stopTimeout` of the task definition, at most 120 s, whatever is asked for.
   */
  stop(handle: RunHandle, options: { readonly graceMs: number }): Promise<void>;
}

const runIdForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Throws INVALID_INPUT for a runId that could not be a file's and a task's name everywhere. */
export function checkRunId(runId: string): void {
  if (runIdForm.test(runId)) return;
  throw new PitrError(
    'INVALID_INPUT',
    `run id ${JSON.stringify(runId.slice(0, 140))} is not of letters, digits, ".", "_" and "-", at most 128`,
    { hint: 'make the run id from the names of the cluster, the work and its time' },
  );
}

/** One line of text that `decodeRunHandle` reads in any later version. */
export function encodeRunHandle(handle: RunHandle): string {
  return JSON.stringify({ v: 1, runner: handle.runner, runId: handle.runId, place: handle.place });
}

/** The handle of a stored text. INTERNAL for any other text: handles are written by us alone. */
export function decodeRunHandle(text: string): RunHandle {
  const { v, runner, runId, place } = parseObject(text);
  if (v !== 1 || typeof runner !== 'string' || typeof runId !== 'string' || typeof place !== 'string') {
    throw new PitrError('INTERNAL', `${JSON.stringify(text.slice(0, 200))} is not the handle of a run`);
  }
  checkRunId(runId);
  return { runner, runId, place };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** For whoever cannot go on because `poll` said `lost`. */
export function runLost(handle: RunHandle, why: string): PitrError {
  return new PitrError('RUN_LOST', `run ${handle.runId} is lost: ${why}`, {
    hint: 'look what it left behind (locks, checkpoints, safe points) before the work is begun again',
    details: { runId: handle.runId, runner: handle.runner, place: handle.place, why },
  });
}
