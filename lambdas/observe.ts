// observe: how the log backup task is, as PD and the bucket say, written into the state; plans the task's start when it is wanted
// and not there.
//
// Invoked by: a schedule every minute; the flow log-task, to confirm that what br said is so. In the cluster's network: reaches
// PD, DynamoDB and S3, nothing else.
// Promise: changes nothing in the cluster; a change that it sees is told once.
// Late or twice: writes what it saw; two at once tell one change once. When PD does not answer it writes nothing and fails, so that
// the record says how old it is.
// Steps: PD's keys, safe points, stores and clock, the newest objects of the log → decide (domain) → record and signals in one write.

import { depsOnce } from '../lib/aws/deps.ts';
import { metricsDeps } from '../lib/aws/deps-metrics.ts';
import { networkDeps } from '../lib/aws/deps-network.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { observe } from '../lib/operations/control/keeper/observe.ts';

export const handler = lambdaHandler({
  operation: observe,
  openDeps: depsOnce('observe', (env) => ({ ...networkDeps(env), ...metricsDeps() })),
});
