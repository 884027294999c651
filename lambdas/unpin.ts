// unpin: releases a pin.
//
// Invoked by: a person (`pitr unpin ID`).
// Promise: deletes nothing; what it held goes with the next plan of the retention.
// Twice: the second finds it released, and answers the same.
// Steps: read the pin → write it as released.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { unpin } from '../lib/operations/control/retention/unpin.ts';

export const handler = lambdaHandler({
  operation: unpin,
  openDeps: depsOnce('unpin', catalogDeps),
});
