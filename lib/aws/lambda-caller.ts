// One operation of a deployed stack, called by a person who waits for its answer: the function is found by its tags, and its error is
// one of ours again.

import {
  type FunctionConfiguration,
  InvokeCommand,
  type InvokeCommandOutput,
  LambdaClient,
  ListFunctionsCommand,
  ListTagsCommand,
} from '@aws-sdk/client-lambda';
import type { FunctionName } from '../config/functions.ts';
import { factsOf } from '../config/functions.ts';
import { stackTags } from '../config/stack-tags.ts';
import { type ErrorCode, errorCodes, PitrError } from '../domain/errors.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import { awsError } from './aws-errors.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';

export interface LambdaCall {
  readonly cluster: string;
  readonly operation: FunctionName;
  /** Without the cluster. */
  readonly input: Facts;
}

export interface LambdaAnswer {
  /** Name of the function. */
  readonly place: string;
  readonly answer: Facts;
  readonly notes: readonly string[];
}

/**
 * Needs lambda:ListFunctions, ListTags and InvokeFunction. Errors: those of the operation by their codes; INVALID_INPUT when no
 * stack has the cluster, or two have; RUNNER_UNAVAILABLE, AWS_DENIED.
 */
export async function callLambda(call: LambdaCall, location: ServiceLocation = {}): Promise<LambdaAnswer> {
  const client = openClient(call.operation, location);
  try {
    const name = await findFunction(client, call);
    const payload = JSON.stringify({ cluster: call.cluster, ...call.input });
    const command = new InvokeCommand({ FunctionName: name, Payload: new TextEncoder().encode(payload) });
    const output = await sent(`function ${name}`, 'lambda:InvokeFunction', () => client.send(command));
    return { place: name, answer: answerOf(name, output), notes: [] };
  } finally {
    client.destroy();
  }
}

/** It is waited for as long as the function may take; what it does twice is done once, but a second wait helps nobody. */
function openClient(operation: FunctionName, location: ServiceLocation): LambdaClient {
  const { requestHandler, ...settings } = serviceSettings(location);
  const requestTimeout = factsOf(operation).timeoutSeconds * 1000 + requestHandler.requestTimeout;
  return new LambdaClient({ ...settings, requestHandler: { ...requestHandler, requestTimeout } });
}

async function findFunction(client: LambdaClient, { cluster, operation }: LambdaCall): Promise<string> {
  const found: string[] = [];
  for (const candidate of await candidates(client, cluster, operation)) {
    const { FunctionArn: Resource, FunctionName: name } = candidate;
    if (Resource === undefined || name === undefined) continue;
    const command = new ListTagsCommand({ Resource });
    const { Tags = {} } = await sent(`function ${name}`, 'lambda:ListTags', () => client.send(command));
    if (Tags[stackTags.cluster] === cluster && Tags[stackTags.function] === operation) found.push(name);
  }
  const [name, other] = found;
  if (name !== undefined && other === undefined) return name;
  const what = `the function ${operation} of ${cluster}`;
  throw new PitrError(
    'INVALID_INPUT',
    name === undefined ? `${what} is not there` : `${what} is there several times: ${found.join(', ')}`,
    {
      hint: `it is found by the tags ${stackTags.cluster} and ${stackTags.function}: check account, region and the name of the cluster, and deploy the stack of this version`,
      details: { cluster, operation, found },
    },
  );
}

/** By the description that the stack gives them: the tags of each function of an account would be too many calls. */
async function candidates(
  client: LambdaClient,
  cluster: string,
  operation: FunctionName,
): Promise<readonly FunctionConfiguration[]> {
  const found: FunctionConfiguration[] = [];
  let Marker: string | undefined;
  do {
    const command = new ListFunctionsCommand(Marker === undefined ? {} : { Marker });
    const page = await sent('the functions', 'lambda:ListFunctions', () => client.send(command));
    found.push(...(page.Functions ?? []));
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== '');
  return found.filter(({ Description }) => Description === functionDescription(operation, cluster));
}

/** As lib/stack/functions.ts describes its functions; test/stack/tags.test.ts holds the two together. */
export function functionDescription(operation: FunctionName, cluster: string): string {
  return `${operation} of the TiDB cluster ${cluster}`;
}

function answerOf(name: string, { Payload, FunctionError }: InvokeCommandOutput): Facts {
  const text = new TextDecoder().decode(Payload);
  const value: unknown = text === '' ? {} : JSON.parse(text);
  const fields: Facts =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  if (FunctionError === undefined) return fields;
  const [type, message] = [`${fields['errorType'] ?? ''}`, `${fields['errorMessage'] ?? text}`];
  const known = Object.hasOwn(errorCodes, type);
  throw new PitrError(
    known ? (type as ErrorCode) : 'INTERNAL',
    known ? message : `${type || FunctionError}: ${message}`,
    {
      hint: `look at the log of the function ${name}`,
      details: { function: name },
    },
  );
}

async function sent<T>(place: string, action: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsError(error, { place, action, unavailable: 'RUNNER_UNAVAILABLE' });
  }
}
