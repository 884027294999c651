// The stack of this project's own app: one TidbPitr and what a stack as a whole has. The machine of a cluster is cluster-machine.ts.

import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { TidbPitr, type TidbPitrProps } from './tidb-pitr.ts';

export type PitrStackProps = StackProps & TidbPitrProps;

export class PitrStack extends Stack {
  readonly pitr: TidbPitr;

  /** Errors: those of TidbPitr. */
  constructor(scope: Construct, id: string, props: PitrStackProps) {
    super(scope, id, {
      description: 'tidb-pitr: schedules, state and flows that run the backups and restores of TiDB clusters',
      ...props,
    });
    this.pitr = new TidbPitr(this, 'Pitr', props);
  }
}
