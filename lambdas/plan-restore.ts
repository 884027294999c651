// plan-restore: reads the request of a restore and answers with the plan, or with the sentence that helps.
//
// Invoked by: the flow restore-to-point, at its first state.
// Promise: begins nothing; a dry run writes nothing; a request that cannot be done is refused here, and kept with its reason once
// its moment is known.
// Late or twice: of one execution there is one restore; asked again it answers the same.
// Steps: catalog of the bucket → window → base and log (domain) → plan, run and signal in one write.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { planRestore } from '../lib/operations/control/restore/plan-restore.ts';

export const handler = lambdaHandler({
  operation: planRestore,
  openDeps: depsOnce('plan-restore', catalogDeps),
});
