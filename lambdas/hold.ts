// hold: what people do to keep things from the retention: pins, their release, their list, and the veto against a plan.
//
// Invoked by: a person (`pitr pin`, `pitr unpin`, `pitr pins`, `pitr retention veto`).
// Promise: deletes nothing. What is pinned can be restored until the pin is over or released; what cannot be restored now is refused,
//          and so is a veto against a plan that was begun.
// Twice: two pins, which hold the same; a second release or veto finds the first, and answers the same.
// Steps: read what it is about, a pin the bucket too → look whether it is there (domain) → write the pin, its release or the veto.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { hold } from '../lib/operations/control/retention/hold.ts';

export const handler = lambdaHandler({
  operation: hold,
  openDeps: depsOnce('hold', catalogDeps),
});
