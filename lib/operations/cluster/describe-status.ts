// `pitr status`: how the backup of a cluster is right now, from PD and the bucket. Reads and decides; writes and heals nothing.

import { describeSituation, type StatusQuestion, type StatusReport } from '../../domain/status/status.ts';
import { type LookDeps, lookAtBucket, lookAtCluster } from './look-around.ts';

export interface StatusInput extends StatusQuestion {
  /** For people: the name in the settings, or the addresses of PD. */
  readonly name: string;
}

/** A cluster or bucket that cannot be read is part of the report. Errors: none of the ports'. */
export async function describeStatus(deps: LookDeps, input: StatusInput): Promise<StatusReport> {
  const look = await lookAtCluster(deps.cluster);
  const bucket = await lookAtBucket(deps.bucket);
  return describeSituation(input.name, look, bucket, input, deps.nowMs());
}
