// What runs br of a cluster, as the rest of the stack needs to know it: where, by whose rights it is started, and by which event
// it ends. Must not know what br is told.

import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { AwsRunnerPlace } from '../config/runner-place.ts';
import type { RunnerSettings } from '../config/settings-types.ts';
import { FargateRunner } from './fargate-runner.ts';
import type { Network } from './network.ts';
import { SsmRunner } from './ssm-runner.ts';
import type { BackupPlace } from './storage.ts';

export interface MadeRunner {
  /** For PITR_RUNNER; may hold tokens. */
  readonly place: AwsRunnerPlace;
  /** What a function may do that starts, asks and stops runs. */
  readonly launcherRights: readonly PolicyStatement[];
  /** The event that says that a run is over; undefined where there is none, and the sweep of every minute finds it. */
  readonly endEvent: EventPattern | undefined;
}

export interface RunnerNeeds {
  readonly network: Network;
  readonly place: BackupPlace;
  /** Certificates for PD, TiKV and TiDB: `ca`, `cert` and `key`. */
  readonly tlsSecret: ISecret | undefined;
}

/** Not for clusters whose runner is local: those have no stack. */
export function makeRunner(
  scope: Construct,
  settings: Exclude<RunnerSettings, { readonly kind: 'local' }>,
  needs: RunnerNeeds,
): MadeRunner {
  return settings.kind === 'fargate'
    ? new FargateRunner(scope, settings, needs)
    : new SsmRunner(scope, settings);
}
