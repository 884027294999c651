// A console of flows that shows what a test scripted: one look after the other, the last one again and again.
//
// What it does: keeps what was started, counts looks, throws what stands in the script instead of a look; shows nothing of a name
// that was not started where another was.
// What it does not: run anything, or know time.

import type { RestoreRun } from '../../lib/domain/state/restore-run.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import type { ExecutionLook, FlowConsole } from '../../lib/ports/flow-console.ts';
import type { FlowName } from '../../lib/ports/launcher.ts';

export type ScriptedLook = ExecutionLook | Error | undefined;

export const runningAt = (at: string): ExecutionLook => ({ state: 'running', at, sinceMs: 0 });

export class FakeFlowConsole implements FlowConsole {
  readonly started: { readonly flow: FlowName; readonly name: string; readonly input: Facts }[] = [];
  readonly outlives: boolean;
  /** What the state says; a test may change it between two looks. */
  run: RestoreRun | Error | undefined;
  looks = 0;
  isClosed = false;
  #script: readonly ScriptedLook[];

  constructor(script: readonly ScriptedLook[], options: { readonly outlives?: boolean } = {}) {
    this.#script = script;
    this.outlives = options.outlives ?? true;
  }

  async place(_flow: FlowName, name: string): Promise<string> {
    return `https://console.example/${name}`;
  }

  async startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'> {
    if (this.started.some((one) => one.flow === flow && one.name === name)) return 'exists';
    this.started.push({ flow, name, input });
    return 'started';
  }

  /** From now on every look shows this. */
  show(look: ScriptedLook): void {
    this.#script = [look];
  }

  async look(flow: FlowName, name: string): Promise<ExecutionLook | undefined> {
    const isStarted = this.started.some((one) => one.flow === flow && one.name === name);
    if (!isStarted && this.started.length > 0) return undefined;
    const look = this.#script[Math.min(this.looks, this.#script.length - 1)];
    this.looks += 1;
    if (look instanceof Error) throw look;
    return look;
  }

  async restores(): Promise<readonly RestoreRun[]> {
    if (this.run instanceof Error) throw this.run;
    return this.run === undefined ? [] : [this.run];
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}
