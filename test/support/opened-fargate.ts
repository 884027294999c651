// The Fargate runner of a test, over an ECS and a CloudWatch Logs that run on this machine.

import { join } from 'node:path';
import { test } from 'node:test';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { fargateRunner } from '../../lib/aws/fargate-runner.ts';
import { serviceSettings } from '../../lib/aws/service-client.ts';
import type { FargatePlace } from '../../lib/config/runner-place.ts';
import type { Runner, RunRequest } from '../../lib/ports/runner.ts';
import { type OpenedRunner, request, sh } from '../contracts/runner-steps.ts';
import { FakeAws } from './fake-aws-json.ts';
import { FakeEcs } from './fake-ecs.ts';
import { FakeLogs } from './fake-logs.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const runTask = 'AmazonEC2ContainerServiceV20141113.RunTask';
export const hour = 3_600_000;

export const place: FargatePlace = {
  kind: 'fargate',
  ecsCluster: 'pitr',
  taskDefinitions: { writer: 'shop-writer:1', deleter: 'shop-deleter:1', restorer: 'shop-restorer:1' },
  container: 'br',
  subnets: ['subnet-0a1b2c3d4e5f60718'],
  securityGroups: ['sg-0a1b2c3d4e5f60718'],
  assignPublicIp: false,
  logGroup: '/pitr/shop/br',
  logStreamPrefix: 'br',
};

/** What is put into CloudWatch can be read so much later. */
export const ingestionMs = 30;

export interface FargateOptions {
  readonly ingestionMs?: number;
  readonly pageEvents?: number;
  readonly visibleAfterMs?: number;
  readonly settleMs?: number;
}

export interface OpenedFargate extends OpenedRunner {
  readonly aws: FakeAws;
  readonly ecs: FakeEcs;
  readonly logs: FakeLogs;
  /** Added to the clock of the controller, not to that of AWS. */
  readonly later: (milliseconds: number) => void;
}

/** The contract's requests name no rights, which every run on Fargate needs. */
function asWriter(runner: Runner): Runner {
  return {
    start: (asked) => runner.start({ rights: 'writer', ...asked }),
    poll: (handle) => runner.poll(handle),
    output: (handle, from) => runner.output(handle, from),
    stop: (handle, options) => runner.stop(handle, options),
  };
}

export async function openFargate(options: FargateOptions = {}): Promise<OpenedFargate> {
  const folder = await temporaryFolder();
  const aws = new FakeAws();
  const logs = new FakeLogs(aws, { group: place.logGroup, ingestionMs, ...options });
  const ecs = new FakeEcs(aws, logs, {
    cluster: place.ecsCluster,
    container: place.container,
    logStreamPrefix: place.logStreamPrefix,
    ...options,
  });
  const settings = serviceSettings({ endpoint: await aws.listen() });
  const clients = { ecs: new ECSClient(settings), logs: new CloudWatchLogsClient(settings) };
  let shiftMs = 0;
  const openAgain = () =>
    asWriter(
      fargateRunner(place, {
        ...clients,
        nowMs: () => Date.now() + shiftMs,
        settleMs: options.settleMs ?? 100,
      }),
    );
  return {
    runner: openAgain(),
    openAgain,
    scratch: folder.path,
    aws,
    ecs,
    logs,
    later: (milliseconds) => {
      shiftMs += milliseconds;
    },
    close: async () => {
      await ecs.close();
      clients.ecs.destroy();
      clients.logs.destroy();
      await aws.close();
      await folder.remove();
    },
  };
}

/** A test with a Fargate of its own. */
export function withFargate(
  title: string,
  run: (opened: OpenedFargate) => Promise<void>,
  options?: FargateOptions,
): void {
  test(title, { timeout: 60_000 }, async () => {
    const opened = await openFargate(options);
    try {
      await run(opened);
    } finally {
      await opened.close();
    }
  });
}

/** A run that tells in a file of its name how often it ran. */
export const counting = (runId: string, scratch: string): RunRequest =>
  request(runId, sh('echo x >> "$1"', join(scratch, runId)));
