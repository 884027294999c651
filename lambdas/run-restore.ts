// run-restore: begins br for a planned restore, for a flow that waits with a token. The plan is used up by it.
//
// Invoked by: the flow restore-to-point, at its state RunRestore.
// Promise: a plan is carried out once and for one restore; at most one br per attempt, under the lease of restores.
// Late or twice: finds the run that it started before, or its end, and answers the newest token.
// Steps: plan used up → lease → look at the bucket → record of the run → start. `br-ended` answers the token later.

import { depsOnce } from '../lib/aws/deps.ts';
import { brWorkDeps } from '../lib/aws/deps-br-work.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { runRestore } from '../lib/operations/control/restore/run-restore.ts';

export const handler = lambdaHandler({
  operation: runRestore,
  openDeps: depsOnce('run-restore', brWorkDeps),
});
