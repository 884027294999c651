// A flow runner on a virtual clock, with functions that do as a test tells them, call by call, and else what goes well.

import { join } from 'node:path';
import { type FlowRunner, openFlowRunner } from '../../lib/local/flow-runner.ts';
import type { ExecutionKey, FlowExecution, Json } from '../../lib/local/flows/flow-records.ts';
import { VirtualClock } from '../../lib/local/virtual-clock.ts';
import type { FlowName } from '../../lib/ports/launcher.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

export type Payload = Readonly<Record<string, Json>>;
/** One call: gets the payload, gives the answer. */
export type Behaviour = (payload: Payload, stage: FlowStage) => Promise<unknown>;

export const startMs = Date.UTC(2026, 10, 22, 12);
export const settledWell = { state: 'complete', outcome: 'succeeded', code: '', message: '' };

/** Ends br at once: the token is answered before the function returns. */
export const brEnds =
  (answer: Payload): Behaviour =>
  async ({ token }, stage) => {
    await stage.runner.succeed(String(token), answer);
    return { started: true };
  };
export const brFails =
  (code: string, message: string): Behaviour =>
  async ({ token }, stage) => {
    await stage.runner.fail(String(token), { code, message });
    return {};
  };
export const answers =
  (answer: unknown): Behaviour =>
  async () =>
    answer;
export const throws =
  (error: Error): Behaviour =>
  async () => {
    throw error;
  };

const goesWell: Readonly<Record<string, Behaviour>> = {
  'start-br': brEnds({ next: 'done' }),
  'cut-log': async ({ step }) => (step === 'begin' ? { engine: 'br' } : {}),
  'settle-run': answers(settledWell),
  observe: answers({ next: 'done', waitSeconds: 0 }),
  'plan-restore': answers({ cluster: 'shop', id: '20261122120000', dryRun: false, plan: { base: 'x' } }),
  'check-target': answers({ databases: [] }),
  'run-restore': brEnds({ next: 'done' }),
  'verify-restore': async ({ purpose }) =>
    purpose === 'verify' ? { next: 'done', waitSeconds: 0 } : { left: [] },
  'settle-restore': answers(settledWell),
};

export const inputOf = (flow: FlowName) =>
  flow === 'restore-to-point'
    ? { cluster: 'shop', restoreTo: '2026-11-22T11:00:00Z', target: { pd: ['http://127.0.0.1:2379'] } }
    : { cluster: 'shop', id: '20261122120000' };

export interface StageOptions {
  readonly script?: Readonly<Record<string, readonly Behaviour[]>>;
  readonly flows?: Readonly<Partial<Record<FlowName, string>>>;
  readonly random?: () => number;
}

/** The script is used up call by call, also over several runners; those need a file, for what is in memory dies with its runner. */
export class FlowStage {
  readonly clock = new VirtualClock(startMs);
  readonly calls: { readonly name: string; readonly payload: Payload; readonly atMs: number }[] = [];
  readonly faults: unknown[] = [];
  runner!: FlowRunner;
  /** Stands before each call, with its number from 0; `putBack` makes the next call of the function do the same. */
  intercept: (
    made: { readonly call: number; readonly name: string; readonly putBack: () => void },
    run: () => Promise<unknown>,
  ) => Promise<unknown> = (_, run) => run();
  #flows: StageOptions['flows'];
  readonly #random: () => number;
  readonly path: string;
  readonly #script: Map<string, Behaviour[]>;

  constructor(
    folder: TemporaryFolder | 'in memory',
    { script = {}, flows, random = () => 1 - Number.EPSILON }: StageOptions = {},
  ) {
    this.path =
      folder === 'in memory'
        ? ':memory:'
        : join(folder.path, `flows-${Math.random().toString(36).slice(2)}.sqlite`);
    this.#script = new Map(Object.entries(script).map(([name, list]) => [name, [...list]]));
    this.#flows = flows;
    this.#random = random;
  }

  /** A new runner on the same file, as after a crash. Resumes nothing. */
  async open(flows = this.#flows): Promise<FlowRunner> {
    this.#flows = flows;
    this.runner = await openFlowRunner({
      path: this.path,
      functions: Object.fromEntries(
        Object.keys(goesWell).map((name) => [name, (payload: Json) => this.#call(name, payload as Payload)]),
      ),
      clock: this.clock,
      random: this.#random,
      onFault: (_, error) => this.faults.push(error),
      ...(flows === undefined ? {} : { flows }),
    });
    return this.runner;
  }

  async start(flow: FlowName, name = 'one'): Promise<ExecutionKey> {
    await this.runner.start(flow, name, inputOf(flow));
    return { flow, name };
  }

  /** Moves the clock until the execution is over. */
  async end(key: ExecutionKey): Promise<FlowExecution> {
    const execution = await this.clock.advanceUntil(this.runner.whenEnded(key));
    if (execution === undefined) throw new Error(`no execution ${key.name}`);
    return execution;
  }

  namesOf(): string[] {
    return this.calls.map(({ name }) => name);
  }

  async #call(name: string, payload: Payload): Promise<unknown> {
    this.calls.push({ name, payload, atMs: this.clock.nowMs() });
    let done: Behaviour | undefined;
    const script = this.#script.get(name) ?? [];
    const putBack = () => {
      if (done !== undefined) script.unshift(done);
    };
    return this.intercept({ call: this.calls.length - 1, name, putBack }, () => {
      done = script.shift();
      return (done ?? goesWell[name]!)(payload, this);
    });
  }
}
