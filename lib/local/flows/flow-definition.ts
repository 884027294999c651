// A flow's file made ready for the interpreter of one machine: names put in, and everything that waits taken over by the
// runner, because the interpreter waits by the system's clock and knows no heartbeats.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { PitrError } from '../../domain/errors.ts';
import type { FlowName } from '../../ports/launcher.ts';
import type { RetrierDefinition } from './flow-retry.ts';

/** What the runner does itself when the interpreter comes to a state. */
export type Step =
  | {
      /** Calls a function; `waits`: and waits until the token is answered. */
      readonly kind: 'call';
      readonly waits: boolean;
      readonly retriers: readonly RetrierDefinition[];
      readonly timeoutMs: number;
      readonly heartbeatMs: number | undefined;
    }
  | { readonly kind: 'wait' }
  | { readonly kind: 'map'; readonly map: LocalMap };

/** States made ready: those of a flow, or of what a Map does with each item. */
interface Ready {
  readonly definition: StateMachineDefinition;
  /** By the name of the state. */
  readonly steps: ReadonlyMap<string, Step>;
}

/** A Map: its first state makes the input of an item, out of the Map's input and the item. */
export interface LocalMap extends Ready {
  readonly name: string;
  readonly concurrency: number;
}

export interface LocalFlow extends Ready {
  /** Functions that the flow calls. */
  readonly functions: readonly string[];
  /** Of the file's text: what an older file recorded is not played back to a newer one. */
  readonly digest: string;
}

interface StateInFile {
  readonly Type: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly Seconds?: number;
  readonly SecondsPath?: string;
  readonly Parameters?: { readonly FunctionName?: string };
  readonly Retry?: readonly RetrierDefinition[];
  readonly TimeoutSeconds?: number;
  readonly HeartbeatSeconds?: number;
  readonly ItemsPath?: string;
  readonly ItemSelector?: object;
  readonly ItemProcessor?: FlowInFile;
  readonly MaxConcurrency?: number;
}

interface FlowInFile {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, StateInFile>>;
}

/** Of a Map; what else it may have (readers, writers, batches, retries, tolerance) is AWS's alone. */
const mapFields: readonly string[] = [
  ...['Type', 'Comment', 'ItemsPath', 'ItemSelector', 'ItemProcessor', 'MaxConcurrency'],
  ...['ToleratedFailureCount', 'ResultPath', 'Catch', 'Next', 'End'],
];
/** What neither calls nor waits is the interpreter's alone. */
const interpretedTypes: readonly string[] = ['Pass', 'Choice', 'Succeed', 'Fail'];
const call = 'arn:aws:states:::lambda:invoke';
const callAndWait = `${call}.waitForTaskToken`;
/** The most that a timer of the interpreter takes, almost 25 days: the runner's own limits are shorter. */
const interpreterSeconds = 2_147_483;
/** The state that stands before those of a Map's item. */
const selecting = 'the input of the item';
/** AWS: what a task without a limit gets. */
const unlimitedSeconds = 99_999_999;

/** The text of the flow's file, as the stack deploys it. */
export function readFlowFile(name: FlowName): string {
  return readFileSync(new URL(`../../flows/${name}.asl.json`, import.meta.url), 'utf8');
}

/** `${StartBr}` becomes the name of the operation, `start-br`. Errors: INTERNAL for a state that only AWS can run. */
export function localFlow(text: string): LocalFlow {
  const named = text.replace(/\$\{([A-Za-z]+)\}/g, (_, name: string) => operationName(name));
  const file: FlowInFile = JSON.parse(named);
  if (text.includes('"QueryLanguage"')) throw onlyOnAws('the flow names a QueryLanguage', 'JSONPath mode');
  return {
    ...readyOf(file),
    functions: [...new Set(functionsIn(file))],
    digest: createHash('sha256').update(text).digest('hex'),
  };
}

function readyOf(file: FlowInFile): Ready {
  const steps = new Map<string, Step>();
  const interpreted = Object.entries(file.States).map(([name, state]) => {
    const step = stepOf(name, state);
    if (step !== undefined) steps.set(name, step);
    return [name, step === undefined ? state : interpretedAs(state)];
  });
  return { definition: { ...file, States: Object.fromEntries(interpreted) }, steps };
}

function functionsIn({ States }: FlowInFile): readonly string[] {
  return Object.values(States).flatMap(({ Parameters, ItemProcessor }) => [
    ...(Parameters?.FunctionName === undefined ? [] : [Parameters.FunctionName]),
    ...(ItemProcessor === undefined ? [] : functionsIn(ItemProcessor)),
  ]);
}

function operationName(substitution: string): string {
  return substitution.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

function stepOf(name: string, state: StateInFile): Step | undefined {
  if (interpretedTypes.includes(state.Type)) return undefined;
  if (state.Type === 'Wait' && state.Seconds === undefined && state.SecondsPath === undefined) {
    throw onlyOnAws(`the state ${name} waits until a time`, 'Seconds or SecondsPath');
  }
  if (state.Type === 'Wait') return { kind: 'wait' };
  if (state.Type === 'Map') return { kind: 'map', map: mapOf(name, state) };
  // A Parallel would call its tasks on AWS, past the runner.
  if (state.Type !== 'Task') throw onlyOnAws(`the state ${name} is a ${state.Type}`, 'a Task');
  if (state.Resource !== call && state.Resource !== callAndWait) {
    throw onlyOnAws(`the state ${name} calls ${state.Resource}`, call);
  }
  return {
    kind: 'call',
    waits: state.Resource === callAndWait,
    retriers: state.Retry ?? [],
    timeoutMs: 1000 * (state.TimeoutSeconds ?? unlimitedSeconds),
    heartbeatMs: state.HeartbeatSeconds === undefined ? undefined : 1000 * state.HeartbeatSeconds,
  };
}

function mapOf(name: string, state: StateInFile): LocalMap {
  const { ItemProcessor: inner, ItemSelector, ItemsPath, MaxConcurrency } = state;
  const other = Object.keys(state).find((field) => !mapFields.includes(field));
  if (other !== undefined)
    throw onlyOnAws(`the Map ${name} has ${other}`, `no more than ${mapFields.join(', ')}`);
  if (inner === undefined || ItemSelector === undefined || ItemsPath === undefined) {
    throw onlyOnAws(`the Map ${name} is not whole`, 'ItemsPath, ItemSelector and ItemProcessor');
  }
  const first = { Type: 'Pass', Parameters: ItemSelector, Next: inner.StartAt };
  const flow = { ...inner, StartAt: selecting, States: { [selecting]: first, ...inner.States } };
  return { name, concurrency: MaxConcurrency ?? 1, ...readyOf(flow) };
}

function onlyOnAws(found: string, expected: string): PitrError {
  return new PitrError('INTERNAL', `${found}, expected ${expected}`, {
    hint: 'lib/local/BEHAVIOUR.md says what the local runtime runs',
  });
}

/** A task without retries and limits, which the runner keeps instead; a wait becomes a task that changes nothing. */
function interpretedAs(state: StateInFile): object {
  if (state.Type === 'Wait') {
    const seconds =
      state.SecondsPath === undefined ? { seconds: state.Seconds } : { 'seconds.$': state.SecondsPath };
    const { Next } = state;
    return {
      ...{ Type: 'Task', Resource: call, Parameters: seconds, ResultPath: null, Next },
      TimeoutSeconds: interpreterSeconds,
    };
  }
  if (state.Type === 'Map') {
    const { ItemProcessor: _flow, ItemSelector: _selector, ItemsPath: items, ...kept } = state;
    const { MaxConcurrency: _most, ...task } = kept;
    const parameters = { 'items.$': items, 'input.$': '$' };
    return {
      ...task,
      Type: 'Task',
      Resource: call,
      Parameters: parameters,
      TimeoutSeconds: interpreterSeconds,
    };
  }
  const { Retry: _retry, HeartbeatSeconds: _heartbeat, ...kept } = state;
  return { ...kept, TimeoutSeconds: interpreterSeconds };
}
