// Runs br as a child process of this machine that outlives us: everything about a run is in its folder, so that a
// controller that was killed and started again finds the truth. Must not believe a pid without proof that it is ours.

import { spawn } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PitrError } from '../domain/errors.ts';
import {
  checkRunId,
  type OutputPage,
  type OutputPosition,
  type RunHandle,
  type Runner,
  type RunRequest,
  type RunState,
} from '../ports/runner.ts';
import { errnoOf } from './file-errors.ts';
import { findProgram } from './runs/program-path.ts';
import {
  type Claim,
  type Command,
  type Exit,
  readClaim,
  readCommand,
  readExit,
  readFailure,
  readStarted,
  readStopDeadline,
  runFiles,
  runnerUnavailable,
  writeOnce,
  writeWhole,
} from './runs/run-folder.ts';
import { orphansOf, stopOrphans, supervisorLives } from './runs/run-life.ts';
import { lastOutputOf, readLog, smallestLimitBytes, usualLimitBytes } from './runs/run-log.ts';

const supervisorPath = fileURLToPath(new URL('./runs/supervisor.ts', import.meta.url));
/** A supervisor needs a tenth of a second; on a machine that is slower than this something is broken. */
const startMs = 30_000;
const runnerName = 'process';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProcessRunnerOptions {
  /** What every run's environment begins with; the controller's own when not given. */
  readonly baseEnv?: Environment;
}

/**
 * Runs below `folder`, one folder each, readable by this user only:
 * `RUN-ID/{command,claim,started,stop,exit}.json`, `stdout/`, `stderr/` (pieces named by their offset), `alive`.
 * At most once rests on `claim.json`: a supervisor that could not make it starts nothing.
 */
export function openProcessRunner(folder: string, options: ProcessRunnerOptions = {}): Runner {
  return new ProcessRunner(resolve(folder), options.baseEnv ?? process.env);
}

class ProcessRunner implements Runner {
  readonly #folder: string;
  readonly #baseEnv: Environment;

  constructor(folder: string, baseEnv: Environment) {
    this.#folder = folder;
    this.#baseEnv = baseEnv;
  }

  async start(request: RunRequest): Promise<RunHandle> {
    checkRunId(request.runId);
    const folder = join(this.#folder, request.runId);
    const handle: RunHandle = { runner: runnerName, runId: request.runId, place: folder };
    const env: Environment = { ...this.#baseEnv, ...request.env, PITR_RUN: folder };
    return await guarded(folder, async () => {
      const command = commandOf(request, folder);
      if (readClaim(folder) === undefined) {
        findProgram(command.argv[0] ?? '', env['PATH'] ?? '', command.workFolder);
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeOnce(folder, runFiles.command, command);
      }
      checkSameCommand(readCommand(folder), command);
      await becomeStarted(folder, request.runId, env);
      return handle;
    });
  }

  async poll(handle: RunHandle): Promise<RunState> {
    const folder = folderOf(handle);
    return await guarded(folder, async () => stateOf(folder));
  }

  async output(handle: RunHandle, from: OutputPosition): Promise<OutputPage> {
    const folder = folderOf(handle);
    return await guarded(folder, async () => {
      // Asked before reading: what is printed between the two is not the end.
      const isOver = stateOf(folder).state !== 'running';
      const stdout = readLog(join(folder, 'stdout'), 'stdout', from.stdout, isOver);
      const stderr = readLog(join(folder, 'stderr'), 'stderr', from.stderr, isOver);
      return {
        lines: [...stdout.lines, ...stderr.lines],
        next: { stdout: stdout.next, stderr: stderr.next },
        droppedBytes: stdout.droppedBytes + stderr.droppedBytes,
        isEnd: stdout.isEnd && stderr.isEnd,
      };
    });
  }

  async stop(handle: RunHandle, options: { readonly graceMs: number }): Promise<void> {
    const folder = folderOf(handle);
    await guarded(folder, async () => {
      if (stateOf(folder).state !== 'running') return;
      const wished = Date.now() + Math.max(0, options.graceMs);
      const earlier = readStopDeadline(folder);
      const isFirst = earlier === undefined;
      const deadlineMs = Math.min(wished, earlier ?? wished);
      if (deadlineMs !== earlier) writeWhole(folder, runFiles.stop, { deadlineMs });
      await stopOrphans(folder, deadlineMs, isFirst);
    });
  }
}

function commandOf(request: RunRequest, folder: string): Command {
  const limitBytes = Math.max(request.log?.limitBytes ?? usualLimitBytes, smallestLimitBytes);
  const workFolder = resolve(request.workFolder ?? folder);
  return { runId: request.runId, argv: request.argv, workFolder, limitBytes };
}

/** The rest of the command may differ: an environment with fresh credentials is still the same work. */
function checkSameCommand(found: Command | undefined, wanted: Command): void {
  if (found !== undefined && found.argv.join('\0') === wanted.argv.join('\0')) return;
  throw new PitrError('INTERNAL', `run ${wanted.runId} was started before with another command`, {
    details: { found: found?.argv, wanted: wanted.argv },
  });
}

function folderOf(handle: RunHandle): string {
  if (handle.runner === runnerName) return handle.place;
  throw new PitrError(
    'INTERNAL',
    `run ${handle.runId} is of the runner ${handle.runner}, not of ${runnerName}`,
  );
}

/** Starts supervisors until one has the claim and the program runs, or is over; or says why there is none. */
async function becomeStarted(folder: string, runId: string, env: Environment): Promise<void> {
  const untilMs = Date.now() + startMs;
  let ours: Supervisor | undefined;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 100)) {
    if (readExit(folder) !== undefined || readStarted(folder) !== undefined) return;
    const claim = readClaim(folder);
    if (claim !== undefined && 'givenUp' in claim) throw startFailed(runId, claim.givenUp);
    // Somebody made the claim and died before the program began: it will never begin, and poll says so.
    if (claim !== undefined && !supervisorLives(folder, claim) && readClaim(folder) !== undefined) return;
    if (claim === undefined) {
      if (ours?.hasEnded === true) throw startFailed(runId, readFailure(folder) ?? ours.why);
      ours ??= launchSupervisor(folder, env);
    }
    if (Date.now() > untilMs) throw startFailed(runId, `nothing happened in ${startMs / 1000} s`);
    await setTimeout(waitMs);
  }
}

interface Supervisor {
  hasEnded: boolean;
  why: string;
}

function launchSupervisor(folder: string, env: Environment): Supervisor {
  const supervisor: Supervisor = { hasEnded: false, why: 'its supervisor ended' };
  const child = spawn(process.execPath, [supervisorPath, folder], {
    cwd: folder,
    detached: true,
    env,
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  child.on('error', (error) => Object.assign(supervisor, { hasEnded: true, why: error.message }));
  child.on('exit', (code, signal) =>
    Object.assign(supervisor, { hasEnded: true, why: `its supervisor ended with ${code ?? signal}` }),
  );
  child.unref();
  return supervisor;
}

function startFailed(runId: string, why: string): PitrError {
  return new PitrError('RUNNER_START_FAILED', `run ${runId} could not be started: ${why}`, {
    hint: 'look at the memory, the processes and the disk of this machine; nothing ran, so it can be tried again',
    details: { runId, why },
  });
}

/** The order of the looks matters: a supervisor writes the end before it ends. */
function stateOf(folder: string): RunState {
  const early = readExit(folder);
  if (early !== undefined) return endedAs(early);
  const claim = readClaim(folder) ?? giveUp(folder);
  if ('givenUp' in claim) return { state: 'lost', why: claim.givenUp };
  const isSupervised = supervisorLives(folder, claim);
  const started = readStarted(folder);
  if (isSupervised || orphansOf(folder, started).length > 0) {
    return { state: 'running', sinceMs: started?.atMs ?? claim.atMs, lastOutputMs: lastOutputMs(folder) };
  }
  const late = readExit(folder);
  if (late !== undefined) return endedAs(late);
  const why =
    started === undefined
      ? 'its supervisor died before the program began'
      : 'its supervisor died, and nobody saw how the program ended';
  return { state: 'lost', why };
}

function endedAs(exit: Exit): RunState {
  const end = exit.signal === null ? { exitCode: exit.exitCode ?? 1 } : { signal: exit.signal };
  return { state: 'ended', end, endedMs: exit.atMs, wasStopped: exit.wasStopped };
}

/** Nobody has the claim of a run that somebody has a handle of: it is taken, so that nobody will ever begin. */
function giveUp(folder: string): Claim {
  const givenUp = 'it was never begun, or its files were removed';
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return { givenUp };
  writeOnce(folder, runFiles.claim, { givenUp });
  return readClaim(folder) ?? { givenUp };
}

function lastOutputMs(folder: string): number | undefined {
  const times = ['stdout', 'stderr'].map((stream) => lastOutputOf(join(folder, stream)));
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Failures of the run's own files as one of our errors. */
async function guarded<T>(folder: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof PitrError || errnoOf(error) === undefined) throw error;
    throw runnerUnavailable(`the run in ${folder} cannot be reached: ${String(error)}`, error);
  }
}
