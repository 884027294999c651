// veto: keeps a plan of the retention from ever being carried out.
//
// Invoked by: a person (`pitr retention veto PLAN-ID`).
// Promise: a plan that was begun is not stopped halfway: it is refused then.
// Twice: the second finds it vetoed, and answers the same.
// Steps: read the plan → write it as vetoed.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { veto } from '../lib/operations/control/retention/veto.ts';

export const handler = lambdaHandler({
  operation: veto,
  openDeps: depsOnce('veto', catalogDeps),
});
