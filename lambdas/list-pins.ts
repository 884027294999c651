// list-pins: what is pinned, until when and why.
//
// Invoked by: a person (`pitr pins`).
// Promise: writes nothing.
// Twice: the same answer.
// Steps: read the pins.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { listPins } from '../lib/operations/control/retention/list-pins.ts';

export const handler = lambdaHandler({
  operation: listPins,
  openDeps: depsOnce('list-pins', catalogDeps),
});
