// ECS with Fargate as far as our runner calls it; every task really runs its command, as a child process of the test.
//
// What it does: a task goes PROVISIONING → PENDING → RUNNING → DEPROVISIONING → STOPPED, each after `stepMs`; its container is
// STOPPED with its exit code from DEPROVISIONING on (FakeContainer), and its lines go to the log group (FakeLogs).
// RunTask: one task per client token and cluster, ConflictException with its ARN for the token of another request, overrides
// of at most 8192 characters, startedBy of at most 36 letters, digits, - and _ (API pages; newer ones allow 128). StopTask:
// SIGTERM to the first process, SIGKILL to all after `stopTimeoutMs`; a second one changes nothing. ListTasks by startedBy and
// desired status, one task a page. Tasks are not seen until `visibleAfterMs`, and forgotten by `forget()`.
// Faults: `pullFails`, `failures` (RunTask answers without a task), and those of FakeAws.
// What it does not: networks, images, capacity, several containers, roles, events.

import { setTimeout } from 'node:timers/promises';
import { AwsFault, type AwsInput, type FakeAws } from './fake-aws-json.ts';
import { FakeContainer } from './fake-container.ts';
import type { FakeLogs } from './fake-logs.ts';

export interface FakeEcsOptions {
  readonly cluster: string;
  readonly container: string;
  readonly logStreamPrefix: string;
  readonly stepMs: number;
  readonly stopTimeoutMs: number;
  readonly visibleAfterMs: number;
  /** What the container runs for a command; the command itself unless told. */
  readonly programOf: (command: readonly string[], taskDefinition: string) => readonly string[];
  /** Told of each task that came to its end, as DescribeTasks shows it. */
  readonly whenStopped: (task: AwsInput) => void;
}

interface FakeTask {
  readonly arn: string;
  readonly token: string;
  readonly request: string;
  readonly startedBy: string;
  readonly taskDefinition: string;
  readonly command: readonly string[];
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly overrides: unknown;
  readonly createdMs: number;
  status: 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'DEPROVISIONING' | 'STOPPED';
  container?: FakeContainer;
  startedMs?: number;
  stopAskedMs?: number;
  executionStoppedMs?: number;
  stoppedMs?: number;
  exitCode?: number;
  stopCode?: string;
  stoppedReason?: string;
  containerReason?: string;
}

export class FakeEcs {
  readonly tasks: FakeTask[] = [];
  /** Image pulls that will fail. */
  pullFails = 0;
  /** Called when RunTask has made a task, before its answer. */
  whenMade: () => void = () => undefined;
  /** RunTask answers that will have this failure and no task. */
  readonly failures: { readonly reason: string; readonly detail?: string }[] = [];
  readonly #logs: FakeLogs;
  readonly #options: FakeEcsOptions;
  readonly #forgotten = new Set<string>();
  readonly #lives: Promise<void>[] = [];

  constructor(
    aws: FakeAws,
    logs: FakeLogs,
    options: Partial<FakeEcsOptions> & Pick<FakeEcsOptions, 'cluster' | 'container' | 'logStreamPrefix'>,
  ) {
    this.#logs = logs;
    this.#options = {
      ...{ stepMs: 10, stopTimeoutMs: 1000, visibleAfterMs: 0 },
      ...{ programOf: (command) => command, whenStopped: () => undefined },
      ...options,
    };
    const target = 'AmazonEC2ContainerServiceV20141113';
    aws.on(`${target}.RunTask`, (input) => this.#run(input));
    aws.on(`${target}.ListTasks`, (input) => this.#list(input));
    aws.on(`${target}.DescribeTasks`, (input) => this.#describe(input));
    aws.on(`${target}.StopTask`, (input) => this.#stop(input));
  }

  /** What an hour does to a stopped task. */
  forget(arn: string): void {
    this.#forgotten.add(arn);
  }

  /** Ends what still runs. */
  async close(): Promise<void> {
    for (const { container } of this.tasks) container?.kill();
    await Promise.all(this.#lives);
  }

  #checkCluster(input: AwsInput): void {
    const { cluster } = this.#options;
    if (input['cluster'] !== cluster) throw new AwsFault('ClusterNotFoundException');
  }

  #seen(task: FakeTask): boolean {
    return !this.#forgotten.has(task.arn) && Date.now() - task.createdMs >= this.#options.visibleAfterMs;
  }

  #run(input: AwsInput): AwsInput {
    this.#checkCluster(input);
    const overrides = input['overrides'] as { containerOverrides: readonly AwsInput[] };
    const [override] = overrides.containerOverrides;
    if (override?.['name'] !== this.#options.container) throw new AwsFault('InvalidParameterException');
    if (JSON.stringify(overrides).length > 8192)
      throw new AwsFault('InvalidParameterException', 400, 'Container Overrides length must be at most 8192');
    if (input['launchType'] !== 'FARGATE' || input['networkConfiguration'] === undefined)
      throw new AwsFault('InvalidParameterException', 400, 'Network Configuration must be provided');
    const [token, startedBy] = [String(input['clientToken']), String(input['startedBy'])];
    if (token.length > 64 || !/^[A-Za-z0-9_-]{1,36}$/.test(startedBy))
      throw new AwsFault('InvalidParameterException');
    const request = JSON.stringify(input);
    const there = this.tasks.find((task) => task.token === token);
    if (there !== undefined && there.request !== request)
      throw new AwsFault('ConflictException', 400, 'told so', { resourceIds: [there.arn] });
    const failure = there === undefined ? this.failures.shift() : undefined;
    if (failure !== undefined) return { tasks: [], failures: [failure] };
    const taskDefinition = String(input['taskDefinition']);
    const task = there ?? this.#make({ token, startedBy, request, taskDefinition }, override);
    return { tasks: [this.#shown(task)], failures: [] };
  }

  #make(
    asked: Pick<FakeTask, 'token' | 'startedBy' | 'request' | 'taskDefinition'>,
    override: AwsInput,
  ): FakeTask {
    const id = String(this.tasks.length + 1).padStart(32, 'a');
    const task: FakeTask = {
      arn: `arn:aws:ecs:eu-central-1:111122223333:task/${this.#options.cluster}/${id}`,
      ...asked,
      command: override['command'] as readonly string[],
      environment: override['environment'] as FakeTask['environment'],
      overrides: { containerOverrides: [override] },
      createdMs: Date.now(),
      status: 'PROVISIONING',
    };
    this.tasks.push(task);
    this.#lives.push(this.#live(task, id));
    this.whenMade();
    return task;
  }

  async #live(task: FakeTask, id: string): Promise<void> {
    const { stepMs } = this.#options;
    await setTimeout(stepMs);
    task.status = 'PENDING';
    await setTimeout(stepMs);
    if (this.pullFails > 0) {
      this.pullFails -= 1;
      task.stopCode = 'TaskFailedToStart';
      task.stoppedReason = 'CannotPullContainerError: pull image manifest has been retried 5 time(s)';
      task.containerReason = 'CannotPullContainerError: ref does not exist';
    } else if (task.stopAskedMs === undefined) {
      await this.#runContainer(task, id);
    }
    task.executionStoppedMs = Date.now();
    task.status = 'DEPROVISIONING';
    await setTimeout(stepMs);
    task.stoppedMs = Date.now();
    task.status = 'STOPPED';
    this.#options.whenStopped(this.#shown(task));
  }

  async #runContainer(task: FakeTask, id: string): Promise<void> {
    const { logStreamPrefix, container, programOf } = this.#options;
    const stream = `${logStreamPrefix}/${container}/${id}`;
    const program = programOf(task.command, task.taskDefinition);
    task.container = new FakeContainer(program, task.environment, (lines) => this.#logs.write(stream, lines));
    task.startedMs = Date.now();
    task.status = 'RUNNING';
    task.exitCode = await task.container.exitCode;
    if (task.stopAskedMs === undefined) {
      task.stopCode = 'EssentialContainerExited';
      task.stoppedReason = 'Essential container in task exited';
    }
  }

  #list(input: AwsInput): AwsInput {
    this.#checkCluster(input);
    const stopped = input['desiredStatus'] === 'STOPPED';
    const found = this.tasks.filter(
      (task) => this.#seen(task) && task.startedBy === input['startedBy'] && isStopping(task) === stopped,
    );
    const at = Number(input['nextToken'] ?? 0);
    const more = at + 1 < found.length ? { nextToken: String(at + 1) } : {};
    return { taskArns: found.slice(at, at + 1).map(({ arn }) => arn), ...more };
  }

  #describe(input: AwsInput): AwsInput {
    this.#checkCluster(input);
    const arns = input['tasks'] as readonly string[];
    const seen = this.tasks.filter((task) => this.#seen(task) && arns.includes(task.arn));
    const missing = arns.filter((arn) => !seen.some((task) => task.arn === arn));
    return {
      tasks: seen.map((task) => this.#shown(task)),
      failures: missing.map((arn) => ({ arn, reason: 'MISSING' })),
    };
  }

  #stop(input: AwsInput): AwsInput {
    this.#checkCluster(input);
    const task = this.tasks.find(({ arn }) => arn === input['task']);
    if (task === undefined || this.#forgotten.has(task.arn))
      throw new AwsFault('InvalidParameterException', 400, 'The referenced task was not found.');
    if (!isStopping(task)) {
      task.stopAskedMs = Date.now();
      task.stopCode = 'UserInitiated';
      task.stoppedReason = String(input['reason']);
      task.container?.terminate();
      void setTimeout(this.#options.stopTimeoutMs, undefined, { ref: false }).then(() => {
        if (task.executionStoppedMs === undefined) task.container?.kill();
      });
    }
    return { task: this.#shown(task) };
  }

  #shown(task: FakeTask): AwsInput {
    const seconds = (name: string, ms: number | undefined) => (ms === undefined ? {} : { [name]: ms / 1000 });
    const hasEnded = task.executionStoppedMs !== undefined;
    return {
      taskArn: task.arn,
      taskDefinitionArn: task.taskDefinition,
      startedBy: task.startedBy,
      lastStatus: task.status,
      desiredStatus: isStopping(task) ? 'STOPPED' : 'RUNNING',
      overrides: task.overrides,
      stopCode: task.stopCode,
      stoppedReason: task.stoppedReason,
      ...seconds('createdAt', task.createdMs),
      ...seconds('startedAt', task.startedMs),
      ...seconds('executionStoppedAt', task.executionStoppedMs),
      ...seconds('stoppedAt', task.stoppedMs),
      containers: [
        {
          name: this.#options.container,
          lastStatus: hasEnded ? 'STOPPED' : task.status,
          ...(hasEnded && task.exitCode !== undefined ? { exitCode: task.exitCode } : {}),
          reason: task.containerReason,
        },
      ],
    };
  }
}

function isStopping(task: FakeTask): boolean {
  return task.stopAskedMs !== undefined || task.executionStoppedMs !== undefined;
}
