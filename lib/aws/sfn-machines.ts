// The state machine of a cluster's flow, by the tags that the stack gives it. Asks Step Functions only; knows no settings.

import {
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  type SFNClient,
  type StateMachineListItem,
} from '@aws-sdk/client-sfn';
import { stackTags } from '../config/stack-tags.ts';
import { PitrError } from '../domain/errors.ts';
import type { FlowName } from '../ports/launcher.ts';
import { awsError } from './aws-errors.ts';

export interface FoundMachine {
  readonly arn: string;
  /** The state table; undefined where the tag is not there. */
  readonly table: string | undefined;
}

interface Wanted {
  readonly cluster: string;
  readonly flow: FlowName;
}

/**
 * Needs states:ListStateMachines and states:ListTagsForResource. Errors: INVALID_INPUT when there is none, or more than one;
 * RUNNER_UNAVAILABLE, AWS_DENIED.
 */
export async function findMachine(client: SFNClient, wanted: Wanted): Promise<FoundMachine> {
  const all = await listMachines(client);
  // CloudFormation's names hold the one of the flow: these are asked first, and the others only when none of them is it.
  const likely = all.filter((one) => holdsName(one, wanted.flow));
  const unlikely = all.filter((one) => !holdsName(one, wanted.flow));
  const found = await matching(client, likely, wanted);
  const machines = found.length > 0 ? found : await matching(client, unlikely, wanted);
  const [machine, other] = machines;
  if (machine === undefined) throw notFound(wanted, all.length, await regionOf(client));
  if (other !== undefined) throw ambiguous(wanted, machines);
  return machine;
}

/** The region that the client asks. Errors: INVALID_INPUT when nothing names one. */
export async function regionOf(client: SFNClient): Promise<string> {
  try {
    return await client.config.region();
  } catch (cause) {
    throw new PitrError(
      'INVALID_INPUT',
      'no region of AWS is known, expected AWS_REGION or a profile with one',
      {
        hint: 'set AWS_REGION to the region of the stack, and AWS_PROFILE to its account',
        cause,
      },
    );
  }
}

async function listMachines(client: SFNClient): Promise<readonly StateMachineListItem[]> {
  await regionOf(client);
  const found: StateMachineListItem[] = [];
  let nextToken: string | undefined;
  do {
    const command = new ListStateMachinesCommand({ maxResults: 1000, ...(nextToken && { nextToken }) });
    const page = await call('states:ListStateMachines', () => client.send(command));
    found.push(...(page.stateMachines ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

function holdsName({ name }: StateMachineListItem, flow: FlowName): boolean {
  const squeeze = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  return squeeze(name ?? '').includes(squeeze(flow));
}

/** One after the other: the API lets few through in a second. */
async function matching(
  client: SFNClient,
  machines: readonly StateMachineListItem[],
  { cluster, flow }: Wanted,
): Promise<readonly FoundMachine[]> {
  const found: FoundMachine[] = [];
  for (const { stateMachineArn: arn } of machines) {
    if (arn === undefined) continue;
    const command = new ListTagsForResourceCommand({ resourceArn: arn });
    const { tags = [] } = await call('states:ListTagsForResource', () => client.send(command));
    const tagOf = (key: string) => tags.find((tag) => tag.key === key)?.value;
    if (tagOf(stackTags.cluster) !== cluster || tagOf(stackTags.flow) !== flow) continue;
    found.push({ arn, table: tagOf(stackTags.table) });
  }
  return found;
}

async function call<T>(action: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsError(error, { place: 'the state machines', action, unavailable: 'RUNNER_UNAVAILABLE' });
  }
}

function notFound({ cluster, flow }: Wanted, count: number, region: string): PitrError {
  return new PitrError(
    'INVALID_INPUT',
    `none of the ${count} state machines in ${region} is ${flow} of ${cluster}`,
    {
      hint: `they are found by the tags ${stackTags.cluster} and ${stackTags.flow}: check account, region and the name of the cluster, and deploy the stack of this version`,
      details: { cluster, flow, region },
    },
  );
}

function ambiguous({ cluster, flow }: Wanted, machines: readonly FoundMachine[]): PitrError {
  const arns = machines.map(({ arn }) => arn);
  return new PitrError(
    'INVALID_INPUT',
    `several state machines are ${flow} of ${cluster}: ${arns.join(', ')}`,
    {
      hint: 'two stacks have a cluster of this name: start the execution of the right one in the console of Step Functions',
      details: { cluster, flow, arns },
    },
  );
}
