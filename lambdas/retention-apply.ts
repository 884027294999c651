// retention-apply: carries out a plan of the retention that has cooled off, or goes on with one that a dead call left.
//
// Invoked by: an hourly schedule, a person (`pitr retention apply PLAN-ID`).
// Promise: each step is checked again from the bucket; a plan is used once, and only if the facts it was made from still hold.
// Late or twice: a plan that was carried out gives the same answer; one lease keeps two calls, restores and cuts apart.
// Steps: read the plan → lease → for each step: read the bucket → check (domain) → delete, or plan the cut → record.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { retentionApply } from '../lib/operations/control/retention/retention-apply.ts';

export const handler = lambdaHandler({
  operation: retentionApply,
  openDeps: depsOnce('retention-apply', catalogDeps),
});
