// settle-run: the last state of the flows snapshot, truncate and log-task, whatever came before: writes how the work ended and
// gives the lease back.
//
// Invoked by: the state Settle of these flows, with the error that was caught, or null.
// Promise: never closes work while its br may still be alive: that one is stopped, and the call fails with WORK_IN_PROGRESS
// until it is over.
// Late or twice: answers what was written the first time.
// Steps: runs of the work → stop and wait, or judge → record, audit and signals in one write → lease back.

import { depsOnce } from '../lib/aws/deps.ts';
import { brWorkDeps } from '../lib/aws/deps-br-work.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { settleRun } from '../lib/operations/control/runs/settle-run.ts';

export const handler = lambdaHandler({
  operation: settleRun,
  openDeps: depsOnce('settle-run', brWorkDeps),
});
