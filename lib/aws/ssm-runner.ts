// Runs br on a machine that Systems Manager reaches, as a process of its own there: a run is a folder on that machine and a
// small shell program beside it (ssm-run-script.ts), and every question is a short command. Must not tie the life of br to
// that of a command.
//
// Why not one long command: SSM ends it after 48 hours at the latest, keeps 24,000 characters of what it printed and shows
// them only when it is over, and an agent that is restarted forgets it. A process in a session of its own outlives all of that
// (the agent's unit has KillMode=process). Its output stays on the machine and is fetched packed, a part per command: that
// needs no agent of CloudWatch there, keeps the two streams apart, and has its offsets for nothing.

import { isAbsolute } from 'node:path';
import type { SsmPlace } from '../config/runner-place.ts';
import { PitrError } from '../domain/errors.ts';
import { endsBefore, holdsLine, linesOf, type Stretch } from '../ports/output-lines.ts';
import {
  checkRunId,
  type OutputPage,
  type OutputPosition,
  type RunHandle,
  type Runner,
  type RunRequest,
  type RunState,
} from '../ports/runner.ts';
import { readRead, readStart, readState } from './ssm-answers.ts';
import { CommandNotRun, patience, SsmCommands, type SsmParts } from './ssm-commands.ts';
import { SsmInstances } from './ssm-instances.ts';
import { lookScript, readScript, startScript, stopScript } from './ssm-scripts.ts';

const runnerName = 'ssm';
/** SSM keeps 24,000 characters of what a command prints; the rest is for the numbers. */
const answerCharacters = 23_000;
/** A line of a mebibyte that cannot be packed needs so many parts. */
const mostReads = 120;

export interface SsmRunnerParts extends SsmParts {
  /** Where the folders of runs are on the machine. */
  readonly runsFolder: string;
}

/**
 * Needs ssm:SendCommand on the document and the machines, ssm:GetCommandInvocation and ssm:DescribeInstanceInformation; where
 * there is a choice of machines also ssm:GetParameter, PutParameter, GetParametersByPath and DeleteParameters below
 * `/tidb-pitr/machines/`. A handle's place is `INSTANCE:FOLDER`. Sends nothing yet.
 */
export function ssmRunner(place: SsmPlace, parts: SsmRunnerParts): Runner {
  return new SsmRunner(place, parts);
}

class SsmRunner implements Runner {
  readonly #runsFolder: string;
  readonly #commands: SsmCommands;
  readonly #instances: SsmInstances;

  constructor(place: SsmPlace, parts: SsmRunnerParts) {
    this.#runsFolder = parts.runsFolder;
    this.#commands = new SsmCommands(parts, place.document);
    this.#instances = new SsmInstances(parts.ssm, place, parts.nowMs);
  }

  async start(request: RunRequest): Promise<RunHandle> {
    const { runId, argv } = request;
    checkRequest(request);
    const instanceId = await this.#instances.choose(runId);
    const folder = `${this.#runsFolder}/${runId}`;
    const script = startScript(folder, request);
    const comment = `tidb-pitr: start ${runId}`;
    const text = await this.#commands
      .run(instanceId, script, comment, patience.longMs)
      .catch((error: unknown) => {
        throw error instanceof CommandNotRun ? startFailed(runId, error.message, error) : error;
      });
    const answer = readStart(text);
    switch (answer.kind) {
      case 'began':
        return { runner: runnerName, runId, place: `${instanceId}:${folder}` };
      case 'missing':
        throw missingProgram(argv[0] ?? '', instanceId);
      case 'other':
        throw new PitrError('INTERNAL', `run ${runId} was started before with another command`, {
          details: { wanted: argv, folder, instanceId },
        });
      case 'slow':
        throw new PitrError('RUNNER_UNAVAILABLE', `run ${runId} did not begin within half a minute`, {
          hint: `start it again, which does not begin it twice; look at the load of ${instanceId}`,
        });
      case 'failed':
        throw startFailed(runId, answer.why);
      default: {
        const unknown: never = answer;
        return unknown;
      }
    }
  }

  async poll(handle: RunHandle): Promise<RunState> {
    const { instanceId, folder } = placeOf(handle);
    const text = await this.#ask(handle, instanceId, lookScript(folder), 'look at');
    return text === undefined ? gone(instanceId) : readState(text);
  }

  async output(handle: RunHandle, from: OutputPosition): Promise<OutputPage> {
    const { instanceId, folder } = placeOf(handle);
    const stdout = new StreamReader(from.stdout);
    const stderr = new StreamReader(from.stderr);
    for (let reads = 0; reads < mostReads; reads++) {
      const at = { stdout: stdout.at, stderr: stderr.at };
      const text = await this.#ask(handle, instanceId, readScript(folder, at, answerCharacters), 'read');
      if (text === undefined) return { lines: [], next: from, droppedBytes: 0, isEnd: true };
      const answer = readRead(text);
      stdout.take(answer.stdout);
      stderr.take(answer.stderr);
      if (!stdout.hasEnough || !stderr.hasEnough) continue;
      // Asked on the machine before the streams were read: what is printed between the two is not the end.
      const isOver = answer.state.state !== 'running';
      const out = linesOf(stdout.stretch, 'stdout', from.stdout, isOver);
      const err = linesOf(stderr.stretch, 'stderr', from.stderr, isOver);
      return {
        lines: [...out.lines, ...err.lines],
        next: { stdout: out.next, stderr: err.next },
        droppedBytes: out.droppedBytes + err.droppedBytes,
        isEnd: out.isEnd && err.isEnd,
      };
    }
    throw new PitrError('RUNNER_UNAVAILABLE', `run ${handle.runId}: no whole line in ${mostReads} reads`);
  }

  async stop(handle: RunHandle, options: { readonly graceMs: number }): Promise<void> {
    const { instanceId, folder } = placeOf(handle);
    await this.#ask(handle, instanceId, stopScript(folder, options.graceMs), 'stop');
  }

  /** undefined when the machine is none of SSM's any more: with it went the run. */
  async #ask(
    handle: RunHandle,
    instanceId: string,
    script: string,
    what: string,
  ): Promise<string | undefined> {
    try {
      const comment = `tidb-pitr: ${what} ${handle.runId}`;
      return await this.#commands.run(instanceId, script, comment, patience.shortMs);
    } catch (error) {
      if (!(error instanceof CommandNotRun)) throw error;
      if (error.isNoMachine && !(await this.#instances.isKnown(instanceId))) return undefined;
      throw new PitrError('RUNNER_UNAVAILABLE', `run ${handle.runId} cannot be asked: ${error.message}`, {
        hint: `look whether ${instanceId} runs, and its agent (amazon-ssm-agent)`,
        details: { instanceId },
        cause: error,
      });
    }
  }
}

/** Gathers parts of one stream until a page can be made of them. */
class StreamReader {
  readonly #from: number;
  #stretch: Stretch | undefined;

  constructor(from: number) {
    this.#from = from;
  }

  /** One byte more in front, as `linesOf` wants it. */
  get at(): number {
    const { offset, bytes } = this.stretch;
    return this.#stretch === undefined ? Math.max(0, this.#from - 1) : offset + bytes.length;
  }

  get stretch(): Stretch {
    const none = { offset: this.#from, bytes: new Uint8Array(0), endsAtGap: false, isLast: false };
    return this.#stretch ?? none;
  }

  get hasEnough(): boolean {
    const found = this.stretch;
    if (endsBefore(found, this.#from)) return false;
    return found.isLast || found.endsAtGap || holdsLine(found, this.#from);
  }

  take(part: Stretch): void {
    const before = this.#stretch;
    // Behind a gap begins another stretch, which the next page reads; in front of the position nothing is wanted.
    if (before === undefined || endsBefore(before, this.#from)) this.#stretch = part;
    else if (!before.endsAtGap && part.offset === before.offset + before.bytes.length) {
      this.#stretch = {
        offset: before.offset,
        bytes: Buffer.concat([before.bytes, part.bytes]),
        endsAtGap: part.endsAtGap,
        isLast: part.isLast,
      };
    } else this.#stretch = { ...before, endsAtGap: true, isLast: false };
  }
}

const noNul = (text: string): boolean => !text.includes('\0');

function checkRequest({ runId, argv, env, workFolder }: RunRequest): void {
  checkRunId(runId);
  const bad = (what: string): PitrError => new PitrError('INVALID_INPUT', `run ${runId}: ${what}`);
  if (argv.length === 0 || !argv.every(noNul)) throw bad('its command is empty, or has a NUL character');
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || !noNul(value)) {
      throw bad(`${JSON.stringify(name)} is not a variable of the environment, or has a NUL character`);
    }
  }
  if (workFolder !== undefined && !(isAbsolute(workFolder) && noNul(workFolder))) {
    throw bad(`the folder ${JSON.stringify(workFolder)} is not an absolute path`);
  }
}

function placeOf(handle: RunHandle): { readonly instanceId: string; readonly folder: string } {
  const match = /^([^:]+):(\/.+)$/.exec(handle.place);
  const [, instanceId, folder] = match ?? [];
  if (handle.runner === runnerName && instanceId !== undefined && folder !== undefined) {
    return { instanceId, folder };
  }
  throw new PitrError(
    'INTERNAL',
    `run ${handle.runId} is of the runner ${handle.runner}, not of ${runnerName}`,
  );
}

function gone(instanceId: string): RunState {
  return {
    state: 'lost',
    why: `its machine ${instanceId} is no longer one of SSM: terminated or deregistered`,
  };
}

function missingProgram(program: string, instanceId: string): PitrError {
  return new PitrError(
    'DEPENDENCY_MISSING',
    `the program ${JSON.stringify(program)} is not on ${instanceId}, or may not be executed`,
    {
      hint: "install br of the cluster's own version there (or tiup), or name its place in the settings: runner.brPath",
      details: { program, instanceId },
    },
  );
}

function startFailed(runId: string, why: string, cause?: unknown): PitrError {
  return new PitrError('RUNNER_START_FAILED', `run ${runId} could not be started: ${why}`, {
    hint: 'nothing ran, so it can be tried again: look at the machine, its agent (amazon-ssm-agent) and its disk',
    details: { runId, why },
    ...(cause === undefined ? {} : { cause }),
  });
}
