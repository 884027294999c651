// rebuild: makes the state of a cluster again from its bucket, which is the truth: records of snapshots, the newest checkpoint, the
// log task as far as the bucket tells.
//
// Invoked by: a person (`pitr rebuild`), first with `{"dryRun": true}`.
// Promise: touches no object and forgets no record; refuses while a run of br is not proven over or a lease is held.
// Twice: the second finds nothing to write.
// Steps: read the bucket → compare with the records → plan (domain) → write, a record and its audit at a time.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { rebuild } from '../lib/operations/control/rebuild.ts';

export const handler = lambdaHandler({
  operation: rebuild,
  openDeps: depsOnce('rebuild', catalogDeps),
});
