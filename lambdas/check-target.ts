// check-target: looks at the target of a planned restore before anything begins there.
//
// Invoked by: the flow restore-to-point. In the cluster's network: asks the target's PD, with the certificate of the settings.
// Promise: writes nothing; a target that cannot take the restore fails here, with all that is wrong in one answer.
// Late or twice: looks again; once br has begun there is nothing to look at any more, and it says so.
// Steps: planned restore → version, tasks, imports, GC ratio and clock of the target → findings (domain).

import { depsOnce } from '../lib/aws/deps.ts';
import { networkDeps } from '../lib/aws/deps-network.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { checkTarget } from '../lib/operations/control/restore/check-target.ts';

export const handler = lambdaHandler({
  operation: checkTarget,
  openDeps: depsOnce('check-target', networkDeps),
});
