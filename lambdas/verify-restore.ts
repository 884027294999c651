// verify-restore: reads the target back after br: whether it is what was asked for; or, after a failure, what was left there.
//
// Invoked by: the flow restore-to-point: `{"purpose": "verify"}` after br, `{"purpose": "settle"}` after any failure. In the
// cluster's network: asks the target's PD and stores.
// Promise: changes nothing in the target; a target that is down is an answer for `settle`, not an error.
// Late or twice: reads again; what is final is kept with the run of br, and answered as it was.
// Steps: restore and its last run → target's GC ratio, imports and safe points → judgement (domain) → note on the run.

import { depsOnce } from '../lib/aws/deps.ts';
import { networkDeps } from '../lib/aws/deps-network.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { verifyRestore } from '../lib/operations/control/restore/verify-restore.ts';

export const handler = lambdaHandler({
  operation: verifyRestore,
  openDeps: depsOnce('verify-restore', networkDeps),
});
