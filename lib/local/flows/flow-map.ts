// A Map state on one machine: a small flow for each of its items, some at once, each of its calls a step of the same execution, known
// by the item's number. On AWS a distributed Map begins an execution for each.

import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { LocalMap, Step } from './flow-definition.ts';
import { FlowError } from './flow-error.ts';
import type { Json } from './flow-records.ts';
import { outcomeOf } from './flow-steps.ts';
import type { Interpreter } from './interpreter.ts';

export interface MapRun {
  readonly interpreter: Interpreter;
  /** `$$.Execution.Name` of the flow that the Map is in. */
  readonly execution: string;
  /** Runs a step of an item's flow: `CutParts[3].CutPart`. */
  readonly runStep: (state: string, step: Step, parameters: unknown) => Promise<unknown>;
}

/**
 * The outputs of all items in their order. The first item that fails ends the Map, once those under way are over: a {@link FlowError}
 * `States.ExceedToleratedFailureThreshold`, which like on AWS does not say why. Throws what the steps throw beside.
 */
export async function runItems(map: LocalMap, parameters: unknown, run: MapRun): Promise<Json> {
  const { items, input }: { readonly items?: unknown; readonly input?: Json } = { ...(parameters as object) };
  if (!Array.isArray(items)) {
    throw new FlowError(
      'States.Runtime',
      `the items of ${map.name} are ${JSON.stringify(items)}, expected a list`,
    );
  }
  const outputs: Json[] = [];
  const one = (value: Json, index: number) => runItem(map, { value, index, input: input ?? null }, run);
  for await (const output of mapBounded<Json, Json>(items, map.concurrency, one)) outputs.push(output);
  const outcome = outcomeOf(outputs);
  if (outcome.kind === 'failed') throw new FlowError(outcome.error, outcome.cause);
  return outcome.output;
}

async function runItem(
  { name, definition, steps }: LocalMap,
  { value, index, input }: { readonly value: Json; readonly index: number; readonly input: Json },
  { interpreter, execution, runStep }: MapRun,
): Promise<Json> {
  const outcome = await interpreter({
    definition,
    input,
    execution,
    item: { index, value },
    steps: new Map(
      [...steps].map(([state, step]) => [
        state,
        (given: unknown) => runStep(`${name}[${index}].${state}`, step, given),
      ]),
    ),
    entered: () => {},
  });
  if (outcome.kind === 'succeeded') return outcome.output;
  throw new FlowError(
    'States.ExceedToleratedFailureThreshold',
    'The specified tolerated failure threshold was exceeded',
  );
}
