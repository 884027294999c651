// Runs the flows of lib/flows on one machine, and keeps their executions: what was running when the process died goes on when
// it is resumed. The fake of Step Functions; BEHAVIOUR.md says what it does and does not do.

import { PitrError } from '../domain/errors.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import type { RandomFraction } from '../ports/clock.ts';
import { type CallbackFailure, type FlowCallbacks, outputText } from '../ports/flow-callbacks.ts';
import { checkExecutionName, type FlowName, flowNames } from '../ports/launcher.ts';
import { type LocalFlow, localFlow, readFlowFile, type Step } from './flows/flow-definition.ts';
import { Abandoned } from './flows/flow-error.ts';
import { runItems } from './flows/flow-map.ts';
import type { EnteredState, ExecutionKey, FlowExecution, Json, Outcome } from './flows/flow-records.ts';
import { type FlowFunction, FlowSteps, outcomeOf, type StepDeps } from './flows/flow-steps.ts';
import { type FlowStore, openFlowStore } from './flows/flow-store.ts';
import { type Interpreter, loadInterpreter } from './flows/interpreter.ts';
import { Waiters } from './flows/waiters.ts';
import type { LocalClock } from './local-clock.ts';

export interface FlowRunnerOptions {
  /** The SQLite file of the executions. */
  readonly path: string;
  /** Every function that the flows call, by the name of its operation (`start-br`). */
  readonly functions: Readonly<Record<string, FlowFunction>>;
  readonly clock: LocalClock;
  readonly random: RandomFraction;
  /** Told when an execution cannot go on because of the runner itself (its file, say). It stays unfinished. */
  readonly onFault: (key: ExecutionKey, error: unknown) => void;
  /** Told of each state that an execution enters, also again after a restart. */
  readonly onEntered?: (key: ExecutionKey, state: string) => void;
  /** Texts to run instead of the files of lib/flows. */
  readonly flows?: Readonly<Partial<Record<FlowName, string>>>;
}

/**
 * Opens the file, or makes it. Nothing runs until `start` or `resumeAll`. Errors: INVALID_INPUT (the file is something else),
 * STATE_SHAPE_UNKNOWN, STORAGE_DENIED, LOCAL_IO, STATE_UNAVAILABLE; INTERNAL when a flow calls a function that is not given.
 */
export async function openFlowRunner(options: FlowRunnerOptions): Promise<FlowRunner> {
  const flows = new Map(
    flowNames.map((name) => [name, localFlow(options.flows?.[name] ?? readFlowFile(name))]),
  );
  for (const [name, flow] of flows) {
    const missing = flow.functions.find((called) => options.functions[called] === undefined);
    if (missing !== undefined) {
      throw new PitrError('INTERNAL', `the flow ${name} calls ${missing}, and there is no such function`);
    }
  }
  return new FlowRunner(options, flows, await loadInterpreter(), openFlowStore(options.path));
}

/** Errors of all calls: STATE_UNAVAILABLE, LOCAL_IO and STORAGE_DENIED of the file. */
export class FlowRunner implements FlowCallbacks {
  readonly #options: FlowRunnerOptions;
  readonly #flows: ReadonlyMap<FlowName, LocalFlow>;
  readonly #interpreter: Interpreter;
  readonly #store: FlowStore;
  readonly #closing = new AbortController();
  readonly #running = new Map<number, Promise<void>>();
  readonly #deps: StepDeps;

  constructor(
    options: FlowRunnerOptions,
    flows: ReadonlyMap<FlowName, LocalFlow>,
    interpreter: Interpreter,
    store: FlowStore,
  ) {
    this.#options = options;
    this.#flows = flows;
    this.#interpreter = interpreter;
    this.#store = store;
    const { clock, random, functions } = options;
    this.#deps = { store, clock, random, functions, waiters: new Waiters(), closed: this.#closing.signal };
  }

  /**
   * Starts an execution, at most one per flow and name, also after it ended; it is on disk when this returns. Errors:
   * INVALID_INPUT for a name that Step Functions would refuse.
   */
  async start(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'> {
    checkExecutionName(name);
    const text = JSON.stringify(input);
    const key = { flow, name };
    if (!this.#store.add(key, this.#flow(flow).digest, text, this.#options.clock.nowMs())) return 'exists';
    const execution = this.#store.execution(key);
    if (execution !== undefined) this.#launch(execution);
    return 'started';
  }

  /** Takes up one execution, if no end was written of it and it does not run here already. */
  async resume(key: ExecutionKey): Promise<boolean> {
    const execution = this.#store.execution(key);
    if (execution?.state !== 'running' || this.#running.has(execution.id)) return false;
    this.#launch(execution);
    return true;
  }

  /** Takes up every execution that no end was written of and that does not run here already; how many. */
  async resumeAll(): Promise<number> {
    const left = this.#store.unfinished().filter(({ id }) => !this.#running.has(id));
    for (const execution of left) this.#launch(execution);
    return left.length;
  }

  async succeed(token: string, output: Facts): Promise<'delivered' | 'gone'> {
    outputText(output);
    return this.#answer(token, outcomeOf(output));
  }

  async fail(token: string, { code, message }: CallbackFailure): Promise<'delivered' | 'gone'> {
    return this.#answer(token, { kind: 'failed', error: code, cause: message });
  }

  async heartbeat(token: string): Promise<'alive' | 'gone'> {
    return this.#store.beat(token, this.#options.clock.nowMs()) ? 'alive' : 'gone';
  }

  execution(key: ExecutionKey): FlowExecution | undefined {
    return this.#store.execution(key);
  }

  /** The newest first. */
  executions({
    flow,
    limit = 100,
  }: {
    readonly flow?: FlowName;
    readonly limit?: number;
  } = {}): readonly FlowExecution[] {
    return this.#store.executions(flow, limit);
  }

  /** The states that it entered, in their order, those of every beginning. */
  history(key: ExecutionKey): readonly EnteredState[] {
    const execution = this.#store.execution(key);
    return execution === undefined ? [] : this.#store.history(execution.id);
  }

  /** The execution after it stopped running here: ended, or left unfinished by a fault or by `close`. */
  async whenEnded(key: ExecutionKey): Promise<FlowExecution | undefined> {
    const execution = this.#store.execution(key);
    if (execution === undefined) return undefined;
    await this.#running.get(execution.id);
    return this.#closing.signal.aborted ? execution : this.#store.execution(key);
  }

  /** Forgets executions that ended before a time (AWS does after 90 days); how many. */
  async removeEnded(beforeMs: number): Promise<number> {
    return this.#store.removeEnded(beforeMs);
  }

  /** Lets go of everything at once. What runs stays unfinished; a function that is under way ends, and nobody hears it. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running.values());
    this.#store.close();
  }

  #flow(name: FlowName): LocalFlow {
    const flow = this.#flows.get(name);
    if (flow === undefined) throw new PitrError('INVALID_INPUT', `there is no flow ${name}`);
    return flow;
  }

  #answer(token: string, outcome: Outcome): 'delivered' | 'gone' {
    if (!this.#store.answer(token, outcome)) return 'gone';
    this.#deps.waiters.tell(token, outcome);
    return 'delivered';
  }

  #launch(execution: FlowExecution): void {
    const running = this.#run(execution)
      .catch((error: unknown) => {
        if (!(error instanceof Abandoned)) this.#options.onFault(execution, error);
      })
      .finally(() => this.#running.delete(execution.id));
    this.#running.set(execution.id, running);
  }

  async #run({ id, flow, name, input }: FlowExecution): Promise<void> {
    const { steps: definitions, definition, digest } = this.#flow(flow);
    const begun = this.#store.begin(id, digest);
    const steps = new FlowSteps(this.#deps, { id, name });
    const runStep = async (state: string, step: Step, given: unknown): Promise<unknown> => {
      if (step.kind !== 'map') return await steps.run(state, step, given);
      return await runItems(step.map, given, { interpreter: this.#interpreter, execution: name, runStep });
    };
    const outcome = await this.#interpreter({
      definition,
      input: input as Json,
      execution: name,
      steps: new Map(
        [...definitions].map(([state, step]) => [state, (given: unknown) => runStep(state, step, given)]),
      ),
      entered: (state) => {
        if (this.#closing.signal.aborted) return;
        this.#store.enter(id, begun, state, this.#options.clock.nowMs());
        this.#options.onEntered?.({ flow, name }, state);
      },
    });
    if (this.#closing.signal.aborted) throw new Abandoned();
    this.#store.finish(id, outcome, this.#options.clock.nowMs());
  }
}
