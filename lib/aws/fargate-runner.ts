// Runs br as tasks of ECS on Fargate: one task per run, found again by its name, read through CloudWatch Logs. Must not
// begin a task while it is possible that one of this run was there already.
//
// At most once rests on three things. ECS makes one task of all RunTask with one client token, in a cluster and for at most a
// day; ListTasks shows the run's tasks, up to an hour after their end; and the record (fargate-record.ts) holds every try.
// A try whose outcome nobody knows, and that is older than what the first two cover, is never repeated: the run is lost.

import { randomUUID } from 'node:crypto';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ConflictException, type ECSClient, type Task } from '@aws-sdk/client-ecs';
import type { FargatePlace } from '../config/runner-place.ts';
import { PitrError } from '../domain/errors.ts';
import {
  checkRunId,
  type OutputPage,
  type OutputPosition,
  type RunHandle,
  type Runner,
  type RunRequest,
  type RunState,
} from '../ports/runner.ts';
import { CloudWatchOutput } from './cloudwatch-output.ts';
import { EcsTasks } from './ecs-tasks.ts';
import { FargateRecords } from './fargate-record.ts';
import {
  argvOfTask,
  type FinalState,
  finalStateOf,
  partsOfTaskArn,
  runTaskInput,
  sinceOf,
} from './fargate-task.ts';

const runnerName = 'fargate';
/** ECS may forget a token earlier than its day (API page "Ensuring idempotency"), and a task an hour after its end. */
const tryCoveredMs = 45 * 60_000;
/** DescribeTasks may not see a new task for some seconds. */
const newTaskMs = 10 * 60_000;

export interface FargateParts {
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly nowMs: () => number;
  /** How long after a run's end its last lines may still be on their way into CloudWatch. */
  readonly settleMs: number;
}

/**
 * Needs ecs:RunTask (with iam:PassRole for the task's roles and ecs:TagResource), ecs:ListTasks, ecs:DescribeTasks,
 * ecs:StopTask on the cluster; logs:GetLogEvents, logs:CreateLogStream and logs:PutLogEvents on the log group. A handle's
 * place is the task's ARN. Sends nothing yet.
 */
export function fargateRunner(place: FargatePlace, parts: FargateParts): Runner {
  return new FargateRunner(place, parts);
}

interface Look {
  readonly task: Task | undefined;
  readonly final: FinalState | undefined;
  /** When it was begun, for a task that ECS does not show yet. */
  readonly begunMs?: number;
}

class FargateRunner implements Runner {
  readonly #place: FargatePlace;
  readonly #parts: FargateParts;
  readonly #tasks: EcsTasks;
  readonly #records: FargateRecords;
  readonly #outputs = new Map<string, CloudWatchOutput>();
  /** By ARN: what we began is not lost because neither ECS nor the record shows it in the first seconds. */
  readonly #begunMs = new Map<string, number>();

  constructor(place: FargatePlace, parts: FargateParts) {
    this.#place = place;
    this.#parts = parts;
    this.#tasks = new EcsTasks(parts.ecs, place.ecsCluster);
    this.#records = new FargateRecords(parts.logs, place, parts.nowMs);
  }

  async start(request: RunRequest): Promise<RunHandle> {
    const { runId, argv } = request;
    checkRunId(runId);
    const input = runTaskInput(this.#place, request);
    const { started, unknownTry } = await this.#records.read(runId);
    const earlier = started ?? unknownTry;
    if (earlier !== undefined) checkSameCommand(runId, earlier.argv, argv);
    if (started !== undefined) return handleOf(runId, started.taskArn);
    const found = await this.#tasks.find(runId);
    if (found !== undefined) return await this.#handOut(runId, randomUUID(), found, argv);
    if (unknownTry !== undefined && this.#parts.nowMs() - unknownTry.atMs > tryCoveredMs) {
      // Poll finds no task by this name, and says so for ever.
      return handleOf(runId, this.#records.streamOf(runId));
    }
    return await this.#begin(runId, argv, input);
  }

  async poll(handle: RunHandle): Promise<RunState> {
    const { task, final, begunMs } = await this.#look(handle);
    if (final !== undefined) return final;
    const last = await this.#outputOf(handle)?.last();
    const sinceMs = (task === undefined ? begunMs : sinceOf(task)) ?? this.#parts.nowMs();
    return { state: 'running', sinceMs, lastOutputMs: last?.atMs };
  }

  async output(handle: RunHandle, from: OutputPosition): Promise<OutputPage> {
    // Asked before reading: what is printed between the two is not the end.
    const { final } = await this.#look(handle);
    const isComplete = final !== undefined && this.#isSettled(final);
    const output = this.#outputOf(handle);
    if (output === undefined) return { lines: [], next: from, droppedBytes: 0, isEnd: isComplete };
    return await output.page(from, isComplete);
  }

  /**
   * StopTask: SIGTERM to the container's first process, and after the task definition's stopTimeout (120 s at most on
   * Fargate) SIGKILL to all of it. ECS knows no other grace, so `graceMs` is not looked at.
   */
  async stop(handle: RunHandle): Promise<void> {
    const { task, final } = await this.#look(handle);
    // A second StopTask is not sent: whether it would bring a second SIGTERM is nowhere promised.
    if (final !== undefined || task === undefined || task.desiredStatus === 'STOPPED') return;
    await this.#tasks.stop(handle.place, `tidb-pitr was told to stop run ${handle.runId}`);
  }

  async #begin(
    runId: string,
    argv: readonly string[],
    input: ReturnType<typeof runTaskInput>,
  ): Promise<RunHandle> {
    const attempt = randomUUID();
    await this.#records.write(runId, { event: 'starting', attempt, argv });
    const task = await this.#tasks.run(runId, input).catch(async (error: unknown) => {
      if (error instanceof ConflictException) return await this.#taskOfToken(runId, error);
      if (error instanceof PitrError && error.code !== 'RUNNER_UNAVAILABLE') {
        await this.#records.write(runId, { event: 'refused', attempt, why: error.message });
      }
      throw error;
    });
    return await this.#handOut(runId, attempt, task, argv);
  }

  /** No handle goes out before the task is written down: what ECS and the record do not show is only not there yet. */
  async #handOut(runId: string, attempt: string, task: Task, wanted: readonly string[]): Promise<RunHandle> {
    const taskArn = task.taskArn ?? '';
    const argv = argvOfTask(task, this.#place.container);
    await this.#records.write(runId, { event: 'started', attempt, taskArn, argv });
    this.#begunMs.set(taskArn, this.#parts.nowMs());
    checkSameCommand(runId, argv, wanted);
    return handleOf(runId, taskArn);
  }

  /** The token made a task before, of a request that differs: in its command, or only in its environment. */
  async #taskOfToken(runId: string, conflict: ConflictException): Promise<Task> {
    const [arn] = conflict.resourceIds ?? [];
    const task = arn === undefined ? await this.#tasks.find(runId) : await this.#tasks.describe(arn);
    if (task !== undefined) return task;
    throw new PitrError('RUNNER_UNAVAILABLE', `run ${runId} has a task that ECS does not show yet`, {
      hint: 'try again in a minute',
      cause: conflict,
    });
  }

  /** The task as ECS has it, and how the run ended: once told, told for ever, also when ECS has forgotten the task. */
  async #look(handle: RunHandle): Promise<Look> {
    if (handle.runner !== runnerName) {
      throw new PitrError(
        'INTERNAL',
        `run ${handle.runId} is of the runner ${handle.runner}, not of ${runnerName}`,
      );
    }
    const isTask = partsOfTaskArn(handle.place) !== undefined;
    const task = isTask ? await this.#tasks.describe(handle.place) : undefined;
    const now = task === undefined ? undefined : finalStateOf(task, this.#place.container);
    if (task !== undefined && now === undefined) return { task, final: undefined };
    const record = await this.#records.read(handle.runId);
    if (record.final !== undefined) return { task, final: record.final };
    const begunMs = this.#begunMs.get(handle.place) ?? record.started?.atMs;
    if (now === undefined && isTask) {
      if (begunMs === undefined) throw notShown(handle);
      if (this.#parts.nowMs() - begunMs < newTaskMs) return { task, final: undefined, begunMs };
    }
    const final = now ?? { state: 'lost', why: await this.#whyLost(handle, isTask) };
    await this.#records.write(handle.runId, { event: 'over', final });
    return { task, final };
  }

  async #whyLost(handle: RunHandle, isTask: boolean): Promise<string> {
    if (!isTask) return 'nobody knows whether its start made a task, and ECS shows none';
    const last = await this.#outputOf(handle)?.last();
    const says =
      last === undefined
        ? 'it has no log'
        : `its log ends at ${new Date(last.atMs).toISOString()} with ${JSON.stringify(last.text.slice(0, 200))}`;
    return `ECS no longer knows its task, and nobody saw how it ended; ${says}`;
  }

  #isSettled(final: FinalState): boolean {
    return final.state === 'lost' || this.#parts.nowMs() - final.endedMs >= this.#parts.settleMs;
  }

  #outputOf(handle: RunHandle): CloudWatchOutput | undefined {
    const id = partsOfTaskArn(handle.place)?.id;
    if (id === undefined) return undefined;
    const { logStreamPrefix, container, logGroup } = this.#place;
    const made = this.#outputs.get(id);
    const output =
      made ?? new CloudWatchOutput(this.#parts.logs, logGroup, `${logStreamPrefix}/${container}/${id}`);
    this.#outputs.set(id, output);
    return output;
  }
}

function handleOf(runId: string, place: string): RunHandle {
  return { runner: runnerName, runId, place };
}

function notShown(handle: RunHandle): PitrError {
  return new PitrError(
    'RUNNER_UNAVAILABLE',
    `run ${handle.runId}: neither ECS nor the record shows the task ${handle.place}`,
    {
      hint: 'right after a start try again in a minute; much later its records were removed from the log group: then nobody will know how it ended',
      details: { runId: handle.runId, place: handle.place },
    },
  );
}

/** The rest may differ: an environment with another value is still the same work. */
function checkSameCommand(runId: string, found: readonly string[], wanted: readonly string[]): void {
  if (found.join('\0') === wanted.join('\0')) return;
  throw new PitrError('INTERNAL', `run ${runId} was started before with another command`, {
    details: { found, wanted },
  });
}
