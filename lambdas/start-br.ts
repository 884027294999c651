// start-br: begins br for a snapshot, a cut of the log or a change of the log task, for a flow that waits with a token.
//
// Invoked by: the flows snapshot, truncate and log-task, at their state RunBr.
// Promise: at most one br per attempt, under the lease of its kind of work; what a dead attempt left is proven to be ours and
// dead before it is taken out of the way.
// Late or twice: finds the run that it started before, or its end, and answers the newest token.
// Steps: lease → look at the bucket → record of the run → start → record of its handle. `br-ended` answers the token later.

import { depsOnce } from '../lib/aws/deps.ts';
import { brWorkDeps } from '../lib/aws/deps-br-work.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { startBr } from '../lib/operations/control/runs/start-br.ts';

export const handler = lambdaHandler({
  operation: startBr,
  openDeps: depsOnce('start-br', brWorkDeps),
});
