// The interpreter of the Amazon States Language, of the package aws-local-stepfunctions: which state comes next, and with what
// data. It calls nothing and waits for nothing by itself: every Task is one of the steps that it is given.

import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { Abandoned, FlowError } from './flow-error.ts';
import type { Json, Outcome } from './flow-records.ts';
import { tokenPlaceholder } from './flow-steps.ts';

export interface Interpretation {
  readonly definition: StateMachineDefinition;
  readonly input: Json;
  /** `$$.Execution.Name` */
  readonly execution: string;
  /** `$$.Map.Item` in the flow of an item. */
  readonly item?: { readonly index: number; readonly value: Json };
  /** By the name of the state; gets the parameters, and gives the result. */
  readonly steps: ReadonlyMap<string, (parameters: unknown) => Promise<unknown>>;
  /** Called for each state in the order of entering, soon after it. */
  readonly entered: (state: string) => void;
}

/** How the execution ends. Throws {@link Abandoned}, and any other error of a step that is none of the flow's. */
export type Interpreter = (interpretation: Interpretation) => Promise<Outcome>;

/** Its package brings the SDK for Lambda along and takes its time: it is loaded only where flows run. */
export async function loadInterpreter(): Promise<Interpreter> {
  const { StateMachine } = await import('aws-local-stepfunctions');
  return async ({ definition, input, execution, item, steps, entered }) => {
    // Checked by the tests of the files, and changed by us since: the checker would miss ARNs.
    const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
    const faults: Faults = { first: undefined };
    const handlers = [...steps].map(([state, run]) => [state, stoppingAtFaults(run, faults)]);
    const run = machine.run(input as Parameters<typeof machine.run>[0], {
      overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) },
      context: {
        Execution: { Name: execution },
        Task: { Token: tokenPlaceholder },
        ...(item === undefined ? {} : { Map: { Item: { Index: item.index, Value: item.value } } }),
      },
    });
    // Taken at once: a rejection that nobody listens to would end the process.
    const ended = run.result.then((output): Outcome => ({ kind: 'succeeded', output }), outcomeOfError);
    for await (const event of run.eventLogs) {
      if (event.type === 'StateEntered') noteFault(faults, () => entered(event.state.name));
    }
    const outcome = await ended;
    if (faults.first !== undefined) throw faults.first.error;
    return outcome;
  };
}

/** The first error that is none of the flow's. After it the flow must not go on, and no end may be written. */
interface Faults {
  first: { readonly error: unknown } | undefined;
}

function noteFault(faults: Faults, run: () => void): void {
  try {
    run();
  } catch (error) {
    faults.first ??= { error };
  }
}

function stoppingAtFaults(run: (parameters: unknown) => Promise<unknown>, faults: Faults) {
  return async (parameters: unknown): Promise<unknown> => {
    try {
      if (faults.first === undefined) return await run(parameters);
    } catch (error) {
      if (error instanceof FlowError) throw error;
      faults.first ??= { error };
    }
    throw new Abandoned();
  };
}

/** The interpreter wraps what ended it; a Fail state and an error that nothing catches look alike, as on AWS. */
function outcomeOfError(caught: unknown): Outcome {
  const error = caught instanceof Error && caught.cause instanceof Error ? caught.cause : caught;
  return error instanceof Error
    ? { kind: 'failed', error: error.name, cause: error.message }
    : { kind: 'failed', error: 'States.Runtime', cause: String(error) };
}
