// retention-plan: decides what the retention deletes and what it keeps, with a reason for each, and keeps it as a plan.
//
// Invoked by: a daily schedule, a person (`pitr retention plan`, also `{"dryRun": true}`).
// Promise: deletes nothing; for every moment of the promised window a verified base and an unbroken log stay after every step.
// Late or twice: a schedule makes no second plan while one stands whose facts hold, is carried out, or was vetoed.
// Steps: read bucket and records → plan (domain) → count → record and message in one write.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { retentionPlan } from '../lib/operations/control/retention/retention-plan.ts';

export const handler = lambdaHandler({
  operation: retentionPlan,
  openDeps: depsOnce('retention-plan', catalogDeps),
});
