// A runner in memory for tests of the control plane: runs begin once per run id, print what they are told (often a recording of
// the real br), and end when told. Keeps the port's word about starts and ends; nothing is executed.

import { readFileSync } from 'node:fs';
import { PitrError } from '../../lib/domain/errors.ts';
import {
  checkRunId,
  type OutputLine,
  type OutputPage,
  type OutputPosition,
  type RunEnd,
  type RunHandle,
  type Runner,
  type RunRequest,
  type RunState,
} from '../../lib/ports/runner.ts';

interface FakeRun {
  readonly request: RunRequest;
  readonly startedMs: number;
  stdout: string;
  stderr: string;
  lastOutputMs: number | undefined;
  over: Exclude<RunState, { state: 'running' }> | undefined;
  stops: number;
}

export class FakeRunner implements Runner {
  readonly runs = new Map<string, FakeRun>();
  /** Every call of start, also of a run that was there. */
  starts = 0;
  /** Thrown by the next starts, before anything runs. */
  readonly startFailures: PitrError[] = [];
  /** Thrown by every poll while set. */
  unavailable: PitrError | undefined;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async start(request: RunRequest): Promise<RunHandle> {
    checkRunId(request.runId);
    this.starts += 1;
    const failure = this.startFailures.shift();
    if (failure !== undefined) throw failure;
    const found = this.runs.get(request.runId);
    if (found === undefined) {
      this.runs.set(request.runId, {
        request,
        startedMs: this.#nowMs(),
        stdout: '',
        stderr: '',
        lastOutputMs: undefined,
        over: undefined,
        stops: 0,
      });
    } else if (found.request.argv.join('\0') !== request.argv.join('\0')) {
      throw new PitrError('INTERNAL', `run ${request.runId} was started before with another command`);
    }
    return { runner: 'fake', runId: request.runId, place: `memory/${request.runId}` };
  }

  async poll({ runId }: RunHandle): Promise<RunState> {
    if (this.unavailable !== undefined) throw this.unavailable;
    const run = this.run(runId);
    return run.over ?? { state: 'running', sinceMs: run.startedMs, lastOutputMs: run.lastOutputMs };
  }

  async output({ runId }: RunHandle, from: OutputPosition): Promise<OutputPage> {
    const run = this.run(runId);
    const isOver = run.over !== undefined;
    const stdout = linesFrom(run.stdout, 'stdout', from.stdout, isOver);
    const stderr = linesFrom(run.stderr, 'stderr', from.stderr, isOver);
    return {
      lines: [...stdout.lines, ...stderr.lines],
      next: { stdout: stdout.next, stderr: stderr.next },
      droppedBytes: 0,
      isEnd: isOver,
    };
  }

  async stop({ runId }: RunHandle): Promise<void> {
    const run = this.run(runId);
    run.stops += 1;
    run.over ??= { state: 'ended', end: { signal: 'SIGTERM' }, endedMs: this.#nowMs(), wasStopped: true };
  }

  run(runId: string): FakeRun {
    const run = this.runs.get(runId);
    if (run === undefined)
      throw new Error(`there is no run ${runId}, only ${[...this.runs.keys()].join(', ')}`);
    return run;
  }

  print(runId: string, text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    const run = this.run(runId);
    run[stream] += text;
    run.lastOutputMs = this.#nowMs();
  }

  end(runId: string, end: RunEnd): void {
    this.run(runId).over = { state: 'ended', end, endedMs: this.#nowMs(), wasStopped: false };
  }

  lose(runId: string, why = 'the machine was switched off'): void {
    this.run(runId).over = { state: 'lost', why };
  }

  /** Ends as the recorded run of the real br did: `NAME.stdout`, `NAME.stderr` and `exit` of `NAME.json`. */
  play(runId: string, recording: string): void {
    this.print(runId, readFileSync(`${recording}.stdout`, 'utf8'));
    this.print(runId, readFileSync(`${recording}.stderr`, 'utf8'), 'stderr');
    const { exit }: { exit: number } = JSON.parse(readFileSync(`${recording}.json`, 'utf8'));
    this.end(runId, exit < 0 ? { signal: 'SIGKILL' } : { exitCode: exit });
  }
}

function linesFrom(
  whole: string,
  stream: 'stdout' | 'stderr',
  from: number,
  isOver: boolean,
): { readonly lines: readonly OutputLine[]; readonly next: number } {
  const bytes = Buffer.from(whole);
  const lines: OutputLine[] = [];
  let offset = from;
  while (offset < bytes.length) {
    const end = bytes.indexOf(10, offset);
    if (end < 0 && !isOver) break;
    const stop = end < 0 ? bytes.length : end;
    lines.push({ stream, offset, text: bytes.subarray(offset, stop).toString('utf8'), isCut: end < 0 });
    offset = end < 0 ? stop : stop + 1;
  }
  return { lines, next: offset };
}
