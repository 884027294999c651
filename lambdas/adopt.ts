// adopt: makes the snapshots that stand in the bucket known to the state once the control plane meets a cluster, and asks for the
// first snapshot.
//
// Invoked by: `react`, once the log task runs or is found; a person.
// Promise: touches no object, and changes no record that is there; what is not ours to record is told with the reason.
// Late or twice: does the same once.
// Steps: complete snapshots of the bucket → decide each (domain) → a record for what has none → first snapshot when it is wanted.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { adopt } from '../lib/operations/control/adopt.ts';

export const handler = lambdaHandler({
  operation: adopt,
  openDeps: depsOnce('adopt', catalogDeps),
});
