// The runner of a simulated cluster: starts br's commands as scripts over virtual time, on the simulated PD and bucket, and lets them
// die, hang, get lost, be refused, or lie. Keeps the port's word about starts and ends; executes nothing.

import { PitrError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import {
  checkRunId,
  type OutputPage,
  type OutputPosition,
  type RunHandle,
  type Runner,
  type RunRequest,
  type RunState,
} from '../ports/runner.ts';
import { scriptOf, wordsOf } from './commands/br-commands.ts';
import { BrPrinter } from './commands/br-printer.ts';
import { BrFlags, BrRefusal, type BrScript, type BrScriptContext } from './commands/br-script.ts';
import type { RestoreReceiver } from './commands/restore-point.ts';
import { linesFrom } from './commands/run-output.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimCluster } from './sim-cluster.ts';

/** What goes wrong with one run; steps count from 0. */
export type BrFault =
  /** SIGKILL before that step. */
  | { readonly kind: 'die'; readonly atStep: number }
  /** The machine is gone, and nobody knows how far it came. */
  | { readonly kind: 'lose'; readonly atStep: number }
  /** It stands still for so long, alive. */
  | { readonly kind: 'hang'; readonly atStep: number; readonly forMs: number }
  /** It ends with 1 and these words before it does anything. */
  | { readonly kind: 'refuse'; readonly text: string }
  /** It says that it succeeded, and leaves out what counts. */
  | { readonly kind: 'lie' };

/** `backup full`, `log truncate` …: the words of a call. */
export type BrKind = string;

export interface SimRun {
  readonly runId: string;
  readonly kind: BrKind;
  readonly request: RunRequest;
  readonly startedMs: number;
  readonly fault: BrFault | undefined;
  stdout: string;
  stderr: string;
  lastOutputMs: number | undefined;
  over: Exclude<RunState, { state: 'running' }> | undefined;
  isStopping: boolean;
}

export interface SimBrParts {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly cluster: SimCluster;
  readonly bucket: ObjectStore;
  readonly isPdHidden: () => boolean;
  readonly targetAt: BrScriptContext['targetAt'];
  /** Asked once for each run that begins. */
  readonly faultOf: (kind: BrKind, runId: string) => BrFault | undefined;
  readonly receive: RestoreReceiver;
  /** Told of each run that begins, before it does anything, and of each that is over. */
  readonly onChange?: (run: SimRun) => void;
}

const unreachable = (what: string) =>
  new BrRefusal(`failed to dial ${what}: rpc error: code = Unavailable desc = connection refused`);

export class SimBr implements Runner {
  readonly runs = new Map<string, SimRun>();
  readonly #parts: SimBrParts;
  #pid = 1000;

  constructor(parts: SimBrParts) {
    this.#parts = parts;
  }

  async start(request: RunRequest): Promise<RunHandle> {
    const { runId, argv } = request;
    checkRunId(runId);
    const handle = { runner: 'sim', runId, place: `sim/${runId}` };
    const found = this.runs.get(runId);
    if (found !== undefined) {
      if (found.request.argv.join('\0') === argv.join('\0')) return handle;
      throw new PitrError('INTERNAL', `run ${runId} was started before with another command`);
    }
    const flags = new BrFlags(argv);
    const kind = flags.words.join(' ');
    const fault = this.#parts.faultOf(kind, runId);
    const run: SimRun = {
      runId,
      kind,
      request,
      startedMs: this.#parts.clock.nowMs(),
      fault,
      stdout: '',
      stderr: '',
      lastOutputMs: undefined,
      over: undefined,
      isStopping: false,
    };
    this.runs.set(runId, run);
    this.#parts.onChange?.(run);
    void this.#live(run, flags);
    return handle;
  }

  async poll({ runId }: RunHandle): Promise<RunState> {
    const run = this.#run(runId);
    return run.over ?? { state: 'running', sinceMs: run.startedMs, lastOutputMs: run.lastOutputMs };
  }

  async output({ runId }: RunHandle, from: OutputPosition): Promise<OutputPage> {
    const run = this.#run(runId);
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

  /** br takes its locks away at its next step; a run that hangs is killed when the grace is over. */
  async stop({ runId }: RunHandle, { graceMs }: { readonly graceMs: number }): Promise<void> {
    const run = this.#run(runId);
    if (run.over !== undefined || run.isStopping) return;
    run.isStopping = true;
    void this.#parts.clock.sleep(graceMs).then(() => this.#end(run, { signal: 'SIGKILL' }));
  }

  #run(runId: string): SimRun {
    const run = this.runs.get(runId);
    if (run !== undefined) return run;
    throw new PitrError('INTERNAL', `there is no run ${runId}`);
  }

  #end(run: SimRun, end: { readonly exitCode: number } | { readonly signal: string }): void {
    if (run.over !== undefined) return;
    run.over = { state: 'ended', end, endedMs: this.#parts.clock.nowMs(), wasStopped: run.isStopping };
    this.#parts.onChange?.(run);
  }

  async #live(run: SimRun, flags: BrFlags): Promise<void> {
    const context = this.#contextOf(run, flags);
    const script = scriptOf(context, this.#parts.receive);
    try {
      if (run.fault?.kind === 'refuse') throw new BrRefusal(run.fault.text);
      for (let step = 0; run.over === undefined; step++) {
        if (await this.#isStruck(run, step)) return;
        if (run.isStopping) return await this.#cancel(run, script, context.print);
        if (this.#parts.isPdHidden() && flags.words[1] !== 'truncate') throw unreachable('PD');
        const next = await script.next();
        if (run.over !== undefined) return;
        if (next.done === true) return this.#end(run, { exitCode: 0 });
        await this.#parts.clock.sleep(next.value);
      }
    } catch (caught) {
      if (run.over !== undefined) return;
      context.print.failed(flags.words.join(' '), wordsOf(caught));
      this.#end(run, { exitCode: 1 });
    }
  }

  /** True when the run is over by it. */
  async #isStruck(run: SimRun, step: number): Promise<boolean> {
    const { fault } = run;
    if (fault === undefined || !('atStep' in fault) || fault.atStep !== step) return false;
    switch (fault.kind) {
      case 'die':
        this.#end(run, { signal: 'SIGKILL' });
        return true;
      case 'lose':
        run.over = { state: 'lost', why: 'the machine is gone' };
        this.#parts.onChange?.(run);
        return true;
      case 'hang':
        for (let leftMs = fault.forMs; leftMs > 0 && !run.isStopping; leftMs -= 60_000) {
          await this.#parts.clock.sleep(Math.min(leftMs, 60_000));
        }
        return run.over !== undefined;
      default:
        return fault satisfies never;
    }
  }

  async #cancel(run: SimRun, script: BrScript, print: BrPrinter): Promise<void> {
    await script.return();
    print.interrupted();
    this.#end(run, { exitCode: 1 });
  }

  #contextOf(run: SimRun, flags: BrFlags): BrScriptContext {
    const { clock, random, cluster, bucket, isPdHidden, targetAt } = this.#parts;
    this.#pid += 1;
    const print = new BrPrinter(
      (stream, text) => {
        if (run.over !== undefined) return;
        run[stream] += text;
        run.lastOutputMs = clock.nowMs();
      },
      () => clock.nowMs(),
    );
    const [host, pid, operationId] = ['br-host', this.#pid, random.uuid()];
    const lies = run.fault?.kind === 'lie';
    print.welcome(cluster.options.version, run.kind, flags.argv);
    if (cluster.version.major >= 9) print.operation(operationId, host, pid, run.kind);
    return {
      clock,
      random,
      cluster,
      bucket,
      isPdHidden,
      targetAt,
      print,
      flags,
      host,
      pid,
      operationId,
      lies,
    };
  }
}
