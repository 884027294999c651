// A run as a task of ECS: what RunTask is asked, by which names the task is found again, and what its description says of
// the run. Must not call anything.

import { createHash } from 'node:crypto';
import type { RunTaskCommandInput, Task } from '@aws-sdk/client-ecs';
import type { FargatePlace } from '../config/runner-place.ts';
import { PitrError } from '../domain/errors.ts';
import type { RunRequest, RunState } from '../ports/runner.ts';
import { endOfCode } from './exit-code.ts';

/** ECS takes no longer overrides, counted in JSON (API page of RunTask). */
const mostOverrides = 8192;

export type FinalState = Exclude<RunState, { readonly state: 'running' }>;

/** Which tasks are of this run: ListTasks finds them by it. The name itself where ECS takes it, else a hash of it. */
export function startedByOf(runId: string): string {
  return /^[A-Za-z0-9_-]{1,36}$/.test(runId) ? runId : hash(runId).slice(0, 36);
}

/** ECS makes one task of all requests with one token in one cluster, for a day. */
export function clientTokenOf(runId: string): string {
  return hash(runId);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The request of a run: on Fargate, never on spot, whose interruption is a kill. INVALID_INPUT when words and environment
 * are more than ECS takes; UNSUPPORTED for a folder to run in; INTERNAL without rights.
 */
export function runTaskInput(place: FargatePlace, request: RunRequest): RunTaskCommandInput {
  const { runId, argv, env, workFolder, rights } = request;
  if (workFolder !== undefined) {
    throw new PitrError(
      'UNSUPPORTED',
      `run ${runId} asks for the folder ${workFolder}: a task has none of ours`,
      {
        hint: 'leave the folder out, and name every file of the command by its absolute path',
      },
    );
  }
  if (rights === undefined) {
    throw new PitrError('INTERNAL', `run ${runId} does not say whose rights it needs`, {
      hint: 'name the rights in the request: each has a task definition with its own role',
    });
  }
  const overrides = {
    containerOverrides: [
      {
        name: place.container,
        command: [...argv],
        environment: Object.entries(env).map(([name, value]) => ({ name, value })),
      },
    ],
  };
  const length = JSON.stringify(overrides).length;
  if (length > mostOverrides) {
    throw new PitrError(
      'INVALID_INPUT',
      `the command of run ${runId} has ${length} characters, expected at most ${mostOverrides}`,
      {
        hint: 'use fewer or shorter table filters: ECS takes no longer commands',
        details: { runId, length },
      },
    );
  }
  return {
    cluster: place.ecsCluster,
    taskDefinition: place.taskDefinitions[rights],
    launchType: 'FARGATE',
    count: 1,
    clientToken: clientTokenOf(runId),
    startedBy: startedByOf(runId),
    tags: [{ key: 'tidb-pitr:run', value: runId }],
    overrides,
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...place.subnets],
        securityGroups: [...place.securityGroups],
        assignPublicIp: place.assignPublicIp ? 'ENABLED' : 'DISABLED',
      },
    },
  };
}

/** The command that a task was made with. */
export function argvOfTask(task: Task, container: string): readonly string[] {
  return task.overrides?.containerOverrides?.find((override) => override.name === container)?.command ?? [];
}

/** `arn:…:task/CLUSTER/ID`; the cluster may be missing in the ARNs of old accounts. undefined for anything else. */
export function partsOfTaskArn(
  arn: string,
): { readonly id: string; readonly cluster: string | undefined } | undefined {
  const match = /^arn:[^:]+:ecs:[^:]*:\d*:task\/(?:([^/]+)\/)?([^/]+)$/.exec(arn);
  const id = match?.[2];
  return id === undefined ? undefined : { id, cluster: match?.[1] };
}

/** Unix milliseconds since which the task runs, or is being made ready. */
export function sinceOf(task: Task): number | undefined {
  return (task.startedAt ?? task.createdAt)?.getTime();
}

/**
 * How the run ended, or undefined as long as it goes on. A task takes half a minute to be taken apart after its container
 * ended; the container's code and the time of the end are there before.
 */
export function finalStateOf(task: Task, containerName: string): FinalState | undefined {
  const container = task.containers?.find(({ name }) => name === containerName);
  const hasEnded = container?.lastStatus === 'STOPPED' && container.exitCode !== undefined;
  if (task.lastStatus !== 'STOPPED' && !(hasEnded && task.executionStoppedAt !== undefined)) return undefined;
  const endedMs = (task.executionStoppedAt ?? task.stoppedAt)?.getTime();
  if (container?.exitCode === undefined || endedMs === undefined) {
    const hasStarted = task.startedAt !== undefined;
    const reasons = [task.stopCode, task.stoppedReason, container?.reason].filter((text) => text);
    const what = hasStarted ? 'nobody saw how its container ended' : 'its container never started';
    return { state: 'lost', why: [what, ...new Set(reasons)].join(': ') };
  }
  const wasStopped = task.stopCode === 'UserInitiated';
  return { state: 'ended', end: endOfCode(container.exitCode), endedMs, wasStopped };
}
