// The runner of a place on AWS. Sends nothing: what is missing shows at the first call. Clients are loaded for the place that
// it is, as each is a good part of a function's start.

import { setTimeout } from 'node:timers/promises';
import type { AwsRunnerPlace } from '../config/runner-place.ts';
import type { Runner } from '../ports/runner.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';

/** The log driver sends every five seconds, and CloudWatch shows what it has some seconds later. */
const settleMs = 30_000;
/** Where programs keep what belongs to the machine (Filesystem Hierarchy Standard); commands of SSM run as root. */
const runsFolder = '/var/lib/tidb-pitr/runs';
/** An agent that is idle takes a command within a second; a look too early costs one request. */
const firstWaitMs = 400;

/** Credentials by the default chain of AWS. The rights that each needs are told at its own function. */
export async function openAwsRunner(place: AwsRunnerPlace, location: ServiceLocation = {}): Promise<Runner> {
  const settings = serviceSettings(location);
  const nowMs = () => Date.now();
  switch (place.kind) {
    case 'fargate': {
      const [{ ECSClient }, { CloudWatchLogsClient }, { fargateRunner }] = await Promise.all([
        import('@aws-sdk/client-ecs'),
        import('@aws-sdk/client-cloudwatch-logs'),
        import('./fargate-runner.ts'),
      ]);
      const clients = { ecs: new ECSClient(settings), logs: new CloudWatchLogsClient(settings) };
      return fargateRunner(place, { ...clients, nowMs, settleMs });
    }
    case 'ssm': {
      const [{ SSMClient }, { ssmRunner }] = await Promise.all([
        import('@aws-sdk/client-ssm'),
        import('./ssm-runner.ts'),
      ]);
      const sleep = (milliseconds: number) => setTimeout(milliseconds);
      return ssmRunner(place, { ssm: new SSMClient(settings), nowMs, sleep, firstWaitMs, runsFolder });
    }
    default: {
      const unknown: never = place;
      return unknown;
    }
  }
}
