// Fargate for an emulator that cannot run containers: ECS is FakeEcs, everything around a task is what was deployed.
//
// What it does: a task runs the entry point and the environment of the deployed task definition, with the rights of its task
// role, on a program in place of `/br`; its lines go to the deployed log group, its end comes as an event on the default bus,
// and a second time, as events may.
// What it does not: ask whether a function may run tasks and pass roles; pull images; put a task into a network.

import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { type ContainerDefinition, DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { FargatePlace } from '../../lib/config/runner-place.ts';
import { type AwsInput, FakeAws } from './fake-aws-json.ts';
import { FakeEcs } from './fake-ecs.ts';
import { FakeLogs } from './fake-logs.ts';
import { emulatedAccount, emulatedRegion, type Ministack, type SessionKeys } from './ministack.ts';

const secondEventMs = 2_000;
const mostEvents = 500;

export class EmulatedFargate {
  readonly #aws = new FakeAws();
  #ecs: FakeEcs | undefined;
  #logs: EmulatorLogs | undefined;

  /** The endpoint for functions: AWS_ENDPOINT_URL_ECS. */
  listen(): Promise<string> {
    return this.#aws.listen();
  }

  /** What was run, `/br` and its arguments, in the order in which it began. */
  get commands(): readonly (readonly string[])[] {
    return this.#ecs?.tasks.map(({ command }) => command) ?? [];
  }

  /** From now on tasks run: `program` is what stands for `/br`. */
  async open(ministack: Ministack, place: FargatePlace, program: string): Promise<void> {
    const runs = await deployedTasks(ministack, place);
    this.#logs = new EmulatorLogs(this.#aws, ministack, place.logGroup);
    this.#ecs = new FakeEcs(this.#aws, this.#logs, {
      cluster: place.ecsCluster,
      container: place.container,
      logStreamPrefix: place.logStreamPrefix,
      programOf: ([br, ...words], taskDefinition) => {
        const run = runs.get(taskDefinition);
        if (br !== '/br' || run === undefined) throw new Error(`${taskDefinition} was told to run ${br}`);
        return [...run, program, ...words];
      },
      whenStopped: (task) => void this.#tell(ministack, place, task),
    });
  }

  async close(): Promise<void> {
    await this.#ecs?.close();
    await this.#logs?.written.catch(() => undefined);
    await this.#aws.close();
  }

  async #tell(ministack: Ministack, { ecsCluster }: FargatePlace, task: AwsInput): Promise<void> {
    const clusterArn = `arn:aws:ecs:${emulatedRegion}:${emulatedAccount}:cluster/${ecsCluster}`;
    const client = new EventBridgeClient({ endpoint: ministack.endpoint });
    const event = {
      Source: 'aws.ecs',
      DetailType: 'ECS Task State Change',
      Detail: JSON.stringify({ ...task, clusterArn }),
    };
    const put = () => client.send(new PutEventsCommand({ Entries: [event] }));
    await this.#logs?.written;
    const { FailedEntryCount, Entries } = await put();
    if (FailedEntryCount !== 0)
      throw new Error(`the end of a task was not taken: ${JSON.stringify(Entries)}`);
    setTimeout(() => void put().catch(() => undefined), secondEventMs).unref();
  }
}

/** What FakeEcs prints, put into the emulator's log group instead. */
class EmulatorLogs extends FakeLogs {
  written: Promise<void> = Promise.resolve();
  readonly #client: CloudWatchLogsClient;
  readonly #group: string;
  readonly #made = new Set<string>();

  constructor(aws: FakeAws, ministack: Ministack, group: string) {
    super(aws, { group });
    this.#client = new CloudWatchLogsClient({ endpoint: ministack.endpoint });
    this.#group = group;
  }

  override write(stream: string, messages: readonly string[]): void {
    const timestamp = Date.now();
    this.written = this.written.then(() => this.#put(stream, messages, timestamp));
  }

  async #put(logStreamName: string, messages: readonly string[], timestamp: number): Promise<void> {
    const place = { logGroupName: this.#group, logStreamName };
    if (!this.#made.has(logStreamName)) await this.#client.send(new CreateLogStreamCommand(place));
    this.#made.add(logStreamName);
    for (let at = 0; at < messages.length; at += mostEvents) {
      const logEvents = messages.slice(at, at + mostEvents).map((message) => ({ timestamp, message }));
      await this.#client.send(new PutLogEventsCommand({ ...place, logEvents }));
    }
  }
}

/** By the ARN of a task definition: the words that begin its container, before the program. */
async function deployedTasks(
  ministack: Ministack,
  place: FargatePlace,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const client = new ECSClient({ endpoint: ministack.endpoint });
  const runs = new Map<string, readonly string[]>();
  for (const arn of Object.values(place.taskDefinitions)) {
    const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
    const container = taskDefinition?.containerDefinitions?.find(({ name }) => name === place.container);
    if (container === undefined) throw new Error(`${arn} has no container ${place.container}`);
    const keys = variablesOf(ministack.sessionOf(taskDefinition?.taskRoleArn ?? ''));
    runs.set(arn, [...environmentOf(ministack, container, keys), ...(container.entryPoint ?? [])]);
  }
  return runs;
}

function variablesOf(keys: SessionKeys): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
  };
}

function environmentOf(
  { environment }: Ministack,
  { environment: own = [] }: ContainerDefinition,
  keys: Readonly<Record<string, string>>,
): readonly string[] {
  const variables = {
    ...environment,
    ...keys,
    ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
  };
  return ['/usr/bin/env', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
}
