// The calls of ECS that a run needs, and what each refusal means: nothing ran, nobody knows, or not allowed. Must not decide
// whether a task may be made.

import {
  ConflictException,
  DescribeTasksCommand,
  type DesiredStatus,
  type ECSClient,
  type Failure,
  InvalidParameterException,
  ListTasksCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { PitrError } from '../domain/errors.ts';
import { awsError, isNoAnswer, isPassing, isRefusal, sdkFailure } from './aws-errors.ts';
import { partsOfTaskArn, startedByOf } from './fargate-task.ts';

/** ECS says so in its errors and in its failures: no machine for the task just now. */
const noCapacity = /capacity is unavailable|^RESOURCE|CAPACITY/i;

export class EcsTasks {
  readonly #ecs: ECSClient;
  readonly #cluster: string;

  constructor(ecs: ECSClient, cluster: string) {
    this.#ecs = ecs;
    this.#cluster = cluster;
  }

  /**
   * Makes the task, or gives the one that its token made. Errors: the SDK's ConflictException when that was made otherwise;
   * RUNNER_START_FAILED and AWS_DENIED: there is no task; RUNNER_UNAVAILABLE: nobody knows whether there is one.
   */
  async run(runId: string, input: RunTaskCommandInput): Promise<Task> {
    const answer = await this.#ecs.send(new RunTaskCommand(input)).catch((error: unknown) => {
      throw error instanceof ConflictException ? error : this.#notRun(runId, error);
    });
    const task = answer.tasks?.[0];
    if (task !== undefined) return task;
    throw startFailed(runId, reasonOf(answer.failures?.[0]));
  }

  /** The task of a run that ECS still shows, running or stopped. */
  async find(runId: string): Promise<Task | undefined> {
    const statuses: readonly DesiredStatus[] = ['RUNNING', 'STOPPED'];
    const lists = await Promise.all(statuses.map((status) => this.#list(runId, status)));
    const described = await Promise.all(lists.flat().map((arn) => this.describe(arn)));
    const tasks = described.filter((task) => task?.startedBy === startedByOf(runId));
    return tasks.sort((a, b) => (a?.createdAt?.getTime() ?? 0) - (b?.createdAt?.getTime() ?? 0))[0];
  }

  /** undefined when ECS does not know it: not yet, or an hour after its end no longer. */
  async describe(arn: string): Promise<Task | undefined> {
    const cluster = partsOfTaskArn(arn)?.cluster ?? this.#cluster;
    const command = new DescribeTasksCommand({ cluster, tasks: [arn] });
    const { tasks, failures } = await this.#ask('ecs:DescribeTasks', `task ${arn}`, () =>
      this.#ecs.send(command),
    );
    const [task] = tasks ?? [];
    if (task !== undefined || failures?.[0]?.reason === 'MISSING') return task;
    throw new PitrError('RUNNER_UNAVAILABLE', `task ${arn}: ECS says ${reasonOf(failures?.[0])}`, {
      hint: 'try again later',
      details: { arn },
    });
  }

  /** Does nothing to a task that ECS has forgotten. */
  async stop(arn: string, reason: string): Promise<void> {
    const cluster = partsOfTaskArn(arn)?.cluster ?? this.#cluster;
    const command = new StopTaskCommand({ cluster, task: arn, reason });
    await this.#ask('ecs:StopTask', `task ${arn}`, async () => {
      try {
        await this.#ecs.send(command);
      } catch (error) {
        if (!(error instanceof InvalidParameterException && /not found/i.test(error.message))) throw error;
      }
    });
  }

  async #list(runId: string, desiredStatus: DesiredStatus): Promise<readonly string[]> {
    const place = `tasks of run ${runId} in ${this.#cluster}`;
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const command = new ListTasksCommand({
        cluster: this.#cluster,
        startedBy: startedByOf(runId),
        desiredStatus,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      const page = await this.#ask('ecs:ListTasks', place, () => this.#ecs.send(command));
      arns.push(...(page.taskArns ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return arns;
  }

  async #ask<T>(action: string, place: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw awsError(error, { action, place, unavailable: 'RUNNER_UNAVAILABLE' });
    }
  }

  /** Of what ECS refuses by name nothing ran; of what got no answer or a fault of the service nobody knows. */
  #notRun(runId: string, error: unknown): PitrError {
    const failure = sdkFailure(error);
    const { name, message, status } = failure;
    const place = `run ${runId} in ${this.#cluster}`;
    if (isRefusal(failure)) {
      const action = /PassRole/.test(message) ? 'iam:PassRole' : 'ecs:RunTask';
      return awsError(error, { action, place, unavailable: 'RUNNER_UNAVAILABLE' });
    }
    if (noCapacity.test(message)) return startFailed(runId, `${name}: ${message}`, error);
    const isUnknown = isNoAnswer(failure) || status === undefined || status >= 500;
    if (isUnknown || isPassing(failure)) {
      return awsError(error, { action: 'ecs:RunTask', place, unavailable: 'RUNNER_UNAVAILABLE' });
    }
    return startFailed(runId, `${name}: ${message}`, error);
  }
}

function reasonOf(failure: Failure | undefined): string {
  const { reason, detail } = failure ?? {};
  return [reason ?? 'no task and no reason', detail].filter((text) => text !== undefined).join(': ');
}

function startFailed(runId: string, why: string, cause?: unknown): PitrError {
  return new PitrError('RUNNER_START_FAILED', `run ${runId} could not be started: ${why}`, {
    hint: noCapacity.test(why)
      ? 'Fargate has no machine of this size in the zones of the subnets just now: try again later, or name subnets in more zones'
      : 'nothing ran: look at the cluster, the task definition, the subnets and security groups of the stack',
    details: { runId, why },
    ...(cause === undefined ? {} : { cause }),
  });
}
