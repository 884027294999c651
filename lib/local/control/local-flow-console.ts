// Flows of one machine for a person's program: handed over to the runtime that has the state folder, or run by this process where
// none has it. What is left unfinished is on disk.

import type { RestoreRun } from '../../domain/state/restore-run.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import type { ExecutionLook, FlowConsole } from '../../ports/flow-console.ts';
import type { FlowName } from '../../ports/launcher.ts';
import { newestRestores } from '../../ports/newest-restores.ts';
import type { FlowExecution } from '../flows/flow-records.ts';
import { runningIn } from './daemon-claim.ts';
import type { LocalRuntime, LocalRuntimeOptions } from './local-runtime.ts';

export interface LocalConsoleOptions extends LocalRuntimeOptions {
  /** Whose flows are started and watched. */
  readonly cluster: string;
}

/** Errors: those of `openLocalRuntime` and of the state files. */
export async function openLocalFlowConsole(options: LocalConsoleOptions): Promise<FlowConsole> {
  if (runningIn(options.folder) !== undefined) {
    const { openNeighbourConsole } = await import('./neighbour-flow-console.ts');
    return await openNeighbourConsole(options);
  }
  const { openLocalRuntime } = await import('./local-runtime.ts');
  return new OwnFlowConsole(await openLocalRuntime(options), options.cluster);
}

/** What of a runtime is needed; the console closes it. */
export type OwnRuntime = Pick<LocalRuntime, 'flows' | 'store' | 'run' | 'close'> & {
  readonly options: Pick<LocalRuntimeOptions, 'clock' | 'folder'>;
};

/** How often runs of br are looked at while a flow waits for them. */
const sweepMs = 1_000;

/** No schedule fires and no signal is answered here: only the flows that are started or looked at go on, and their br. */
export class OwnFlowConsole implements FlowConsole {
  readonly outlives = false;
  readonly #runtime: OwnRuntime;
  readonly #cluster: string;
  readonly #closing = new AbortController();
  #sweeping: Promise<void> | undefined;

  constructor(runtime: OwnRuntime, cluster: string) {
    this.#runtime = runtime;
    this.#cluster = cluster;
  }

  async place(): Promise<string> {
    return `this machine, state in ${this.#runtime.options.folder}`;
  }

  async startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'> {
    const outcome = await this.#runtime.flows.start(flow, name, input);
    this.#sweep();
    return outcome;
  }

  async look(flow: FlowName, name: string): Promise<ExecutionLook | undefined> {
    const key = { flow, name };
    // Of an earlier process, or stopped by a fault of this one: it goes on here.
    if (await this.#runtime.flows.resume(key)) this.#sweep();
    const execution = this.#runtime.flows.execution(key);
    return execution === undefined ? undefined : lookOf(execution);
  }

  async restores(): Promise<readonly RestoreRun[]> {
    const { store, options } = this.#runtime;
    return await newestRestores(store, this.#cluster, options.clock.nowMs());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sweeping;
    await this.#runtime.close();
  }

  /** What the daemon does besides: it sees that br ended, and lets the waiting flow know. */
  #sweep(): void {
    this.#sweeping ??= (async () => {
      const { signal } = this.#closing;
      while (!signal.aborted) {
        await this.#runtime.run('br-ended', { cluster: this.#cluster });
        await this.#runtime.options.clock.sleep(sweepMs, signal);
      }
    })();
  }
}

/** The words of Step Functions for what the flow runner keeps. */
export function lookOf(execution: FlowExecution): ExecutionLook {
  switch (execution.state) {
    case 'running':
      return { state: 'running', at: execution.at ?? '', sinceMs: execution.startedMs };
    case 'succeeded':
      return { state: 'succeeded', output: factsOf(execution.output) };
    case 'failed':
      return { state: 'failed', code: execution.error, message: execution.cause };
    default:
      return execution satisfies never;
  }
}

function factsOf(output: unknown): Facts {
  return typeof output === 'object' && output !== null && !Array.isArray(output) ? { ...output } : {};
}
