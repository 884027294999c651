// What `react` is told of the world beyond the table: the flows and functions that it may begin, and who is to be told. The
// stack writes these variables, the functions read them. Must not call anything.

import * as z from 'zod';
import { PitrError } from '../domain/errors.ts';
import type { VariableName } from './functions.ts';

const text = z.string().min(1);

/** ARN of each state machine; the keys are the files `lib/flows/KEY.asl.json`. */
const flowArns = z
  .strictObject({ snapshot: text, truncate: text, 'log-task': text, 'restore-to-point': text })
  .readonly();
export type FlowArns = z.output<typeof flowArns>;

/** The flows, by the name of their file. */
export const deployedFlows = Object.keys(flowArns.unwrap().shape) as readonly (keyof FlowArns)[];

/** Name of each function that is begun without waiting for its answer. */
const begunFunctions = z
  .strictObject({ 'take-snapshot': text, 'truncate-log': text, adopt: text })
  .readonly();
export type BegunFunctions = z.output<typeof begunFunctions>;

const notifyPlaces = z
  .strictObject({
    snsTopics: z.array(text).readonly(),
    /** Name or ARN; null is the default bus of the account. */
    eventBus: text.nullable(),
    /** `secret`: the name or ARN of a secret that holds the URL. */
    webhook: z
      .union([z.strictObject({ url: text }).readonly(), z.strictObject({ secret: text }).readonly()])
      .nullable(),
  })
  .readonly();
export type NotifyPlaces = z.output<typeof notifyPlaces>;

/** PITR_FLOWS. Errors of these three: INVALID_INPUT with the field that is not as expected. */
export function decodeFlows(value: string): FlowArns {
  return decode('PITR_FLOWS', flowArns, value);
}

/** PITR_FUNCTIONS. */
export function decodeFunctions(value: string): BegunFunctions {
  return decode('PITR_FUNCTIONS', begunFunctions, value);
}

/** PITR_NOTIFY. */
export function decodeNotify(value: string): NotifyPlaces {
  return decode('PITR_NOTIFY', notifyPlaces, value);
}

function decode<T>(variable: VariableName, shape: z.ZodType<T>, value: string): T {
  const read = shape.safeParse(jsonOf(value));
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? 'the whole' : issue.path.join('.');
  throw new PitrError('INVALID_INPUT', `${variable}: ${path} is not as expected: ${issue?.message ?? ''}`, {
    hint: 'the stack writes this variable: deploy it again, and change nothing by hand',
    details: { variable },
  });
}

/** undefined, which fits no shape, for what is no JSON. */
function jsonOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
