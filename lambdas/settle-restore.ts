// settle-restore: the last state of a restore, whatever came before: writes how it ended and what it left, takes its own dead locks
// out of the log, and gives the lease back.
//
// Invoked by: the flow restore-to-point, at its state Settle, with the error that was caught, or null.
// Promise: never closes a restore while its br may still be alive: that one is stopped, and the call fails with WORK_IN_PROGRESS
// until it is over. What is not proven to be its own stays, and is told.
// Late or twice: answers what was written the first time.
// Steps: own reader locks → runs of br: stop and wait, or judge → record, audit and signals in one write → lease back.

import { depsOnce } from '../lib/aws/deps.ts';
import { brWorkDeps } from '../lib/aws/deps-br-work.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { settleRestore } from '../lib/operations/control/restore/settle-restore.ts';

export const handler = lambdaHandler({
  operation: settleRestore,
  openDeps: depsOnce('settle-restore', brWorkDeps),
});
