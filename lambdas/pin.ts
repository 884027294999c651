// pin: keeps a snapshot, a moment or a range of moments, whatever the retention says.
//
// Invoked by: a person (`pitr pin snapshot|moment|range`).
// Promise: what is pinned can be restored until the pin is over or released; what cannot be restored now is refused.
// Twice: two pins, which hold the same.
// Steps: read the bucket → look whether it is there (domain) → write the pin.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { pin } from '../lib/operations/control/retention/pin.ts';

export const handler = lambdaHandler({
  operation: pin,
  openDeps: depsOnce('pin', catalogDeps),
});
