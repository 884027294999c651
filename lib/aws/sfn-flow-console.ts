// The flows of a deployed stack for a person's program: executions of Step Functions, and the state table for how far br is.
// Finds both by tags; changes nothing but what it starts.

import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { RestoreRun } from '../domain/state/restore-run.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import type { ExecutionLook, FlowConsole } from '../ports/flow-console.ts';
import type { FlowName } from '../ports/launcher.ts';
import { newestRestores } from '../ports/newest-restores.ts';
import type { TaskStore } from '../ports/task-store.ts';
import { awsClock } from './aws-clock.ts';
import { awsError } from './aws-errors.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';
import { type FoundMachine, findMachine, regionOf } from './sfn-machines.ts';
import { startExecution } from './sfn-start.ts';

export interface SfnConsoleOptions {
  /** Whose flows, by the name in the settings. */
  readonly cluster: string;
  readonly location?: ServiceLocation;
  readonly nowMs?: () => number;
  /** Opens the state table by its name; DynamoDB unless told. */
  readonly openStore?: (table: string) => Promise<TaskStore>;
}

/**
 * Needs states:ListStateMachines, ListTagsForResource, StartExecution, DescribeExecution and GetExecutionHistory, and for how far br
 * is dynamodb:Query on the table. Sends nothing yet.
 */
export function openSfnFlowConsole(options: SfnConsoleOptions): FlowConsole {
  return new SfnFlowConsole(options);
}

class SfnFlowConsole implements FlowConsole {
  readonly outlives = true;
  readonly #options: SfnConsoleOptions;
  readonly #client: SFNClient;
  readonly #machines = new Map<FlowName, Promise<FoundMachine>>();
  #store: Promise<TaskStore> | undefined;

  constructor(options: SfnConsoleOptions) {
    this.#options = options;
    this.#client = new SFNClient(serviceSettings(options.location ?? {}));
  }

  async place(flow: FlowName, name: string): Promise<string> {
    return linkOf(await this.#executionArn(flow, name), await regionOf(this.#client));
  }

  async startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'> {
    const { arn } = await this.#machine(flow);
    return await startExecution(this.#client, { stateMachineArn: arn, name, input }, this.#nowMs());
  }

  async look(flow: FlowName, name: string): Promise<ExecutionLook | undefined> {
    const executionArn = await this.#executionArn(flow, name);
    const found = await this.#describe(executionArn);
    return found && (endOf(found) ?? (await this.#stateOf(executionArn, found.startDate)));
  }

  async restores(): Promise<readonly RestoreRun[]> {
    const { table } = await this.#machine('restore-to-point');
    if (table === undefined) return [];
    this.#store ??= (this.#options.openStore ?? openTable(this.#options.location))(table);
    return await newestRestores(await this.#store, this.#options.cluster, this.#nowMs());
  }

  async close(): Promise<void> {
    this.#client.destroy();
    await (await this.#store)?.close();
  }

  async #describe(executionArn: string): Promise<DescribeExecutionOutput | undefined> {
    try {
      return await this.#client.send(new DescribeExecutionCommand({ executionArn }));
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw consoleError(error, executionArn, 'states:DescribeExecution');
    }
  }

  /** The state entered last. Its attempts may fill many pages, for they are events, too. */
  async #stateOf(executionArn: string, startDate: Date | undefined): Promise<ExecutionLook> {
    let nextToken: string | undefined;
    do {
      const command = new GetExecutionHistoryCommand({
        ...{ executionArn, reverseOrder: true, includeExecutionData: false, maxResults: 100 },
        ...(nextToken && { nextToken }),
      });
      const page = await this.#client.send(command).catch((error: unknown) => {
        throw consoleError(error, executionArn, 'states:GetExecutionHistory');
      });
      const entered = page.events?.find(
        ({ stateEnteredEventDetails }) => stateEnteredEventDetails !== undefined,
      );
      if (entered !== undefined) {
        const { timestamp, stateEnteredEventDetails } = entered;
        return runningAt(stateEnteredEventDetails?.name ?? '', timestamp);
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return runningAt('', startDate);
  }

  async #executionArn(flow: FlowName, name: string): Promise<string> {
    const { arn } = await this.#machine(flow);
    return `${arn.replace(':stateMachine:', ':execution:')}:${name}`;
  }

  #machine(flow: FlowName): Promise<FoundMachine> {
    const known = this.#machines.get(flow);
    if (known !== undefined) return known;
    const found = findMachine(this.#client, { cluster: this.#options.cluster, flow });
    this.#machines.set(flow, found);
    // A search that failed is made again by the next call.
    found.catch(() => this.#machines.delete(flow));
    return found;
  }

  #nowMs(): number {
    return (this.#options.nowMs ?? awsClock.nowMs)();
  }
}

function openTable(location: ServiceLocation = {}): (table: string) => Promise<TaskStore> {
  return async (table) => {
    const { openDynamoTaskStore } = await import('./dynamo-task-store.ts');
    return openDynamoTaskStore({ table, ...location });
  };
}

/** undefined: it runs. */
function endOf({ status, output, error, cause }: DescribeExecutionOutput): ExecutionLook | undefined {
  switch (status) {
    case 'RUNNING':
    case 'PENDING_REDRIVE':
      return undefined;
    case 'SUCCEEDED':
      return { state: 'succeeded', output: factsIn(output) };
    case 'ABORTED':
      return { state: 'failed', code: 'aborted', message: cause ?? '' };
    case 'TIMED_OUT':
      return { state: 'failed', code: 'States.Timeout', message: cause ?? '' };
    default:
      return { state: 'failed', code: error ?? 'States.Unknown', message: cause ?? '' };
  }
}

function factsIn(output: string | undefined): Facts {
  const value: unknown = output === undefined ? {} : JSON.parse(output);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function runningAt(at: string, since: Date | undefined): ExecutionLook {
  return { state: 'running', at, sinceMs: since?.getTime() ?? 0 };
}

function consoleError(error: unknown, executionArn: string, action: string): Error {
  return awsError(error, { place: executionArn, action, unavailable: 'RUNNER_UNAVAILABLE' });
}

/** The console's page of an execution, in the partition of its ARN. */
function linkOf(executionArn: string, region: string): string {
  const [, partition = 'aws'] = executionArn.split(':');
  const hosts: Readonly<Record<string, string>> = {
    'aws-cn': 'console.amazonaws.cn',
    'aws-us-gov': 'console.amazonaws-us-gov.com',
  };
  const host = hosts[partition] ?? `${region}.console.aws.amazon.com`;
  return `https://${host}/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}
